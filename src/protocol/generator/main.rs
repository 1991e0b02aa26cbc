//! The command line of the generator.

use esker_env::Env;
use esker_protocol_generator::{ToolError, check, compare, generate, load, load_kafka};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: esker-protocol-generator COMMAND
  generate       write generated/ from schema/
  check          fail where generated/ is not what schema/ generates
  compare DIR    fail where schema/ differs from Kafka's message definitions, unpacked into DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<bool, ToolError> {
    let disk = Env::system().disk;
    let room = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let (schema, generated) = (room.join("schema"), room.join("generated"));
    match *args {
        ["generate"] => generate(&*disk, &load(&*disk, &schema)?, &generated).map(|()| true),
        ["check"] => check(&*disk, &load(&*disk, &schema)?, &generated).map(|()| true),
        ["compare", directory] => {
            let comparison = compare(&load(&*disk, &schema)?, &load_kafka(&*disk, Path::new(directory))?);
            for difference in &comparison.differences {
                println!("{difference}");
            }
            let (messages, fields) = (comparison.messages, comparison.fields);
            println!("{messages} messages, {fields} fields compared: {} differences", comparison.differences.len());
            Ok(comparison.differences.is_empty())
        }
        _ => {
            eprintln!("{USAGE}");
            Ok(false)
        }
    }
}
