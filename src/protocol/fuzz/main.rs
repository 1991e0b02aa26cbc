//! Feeds spoiled messages to the decoders for some seconds and stops at the first that breaks one.

use clap::{Parser, ValueEnum};
use esker_env::Env;
use esker_protocol::arbitrary::Rng;
use esker_protocol_fuzz::{Outcome, Target, mutate, samples, seeds};
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Duration;

/// Feeds spoiled messages to the decoders of the wire protocol.
#[derive(Debug, Parser)]
struct Args {
    /// How long to go on.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// What to start from; equal seeds feed equal inputs. Drawn, and printed, where it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Feed one input only, as a finding prints it: TARGET HEX.
    #[arg(long, num_args = 2, value_names = ["TARGET", "HEX"])]
    replay: Option<Vec<String>>,
    /// Print this many valid messages of every key and version instead, one per line: direction, key, version, hexadecimal body.
    #[arg(long)]
    samples: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TargetName {
    Frame,
    Header,
    Request,
    Response,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Self {
        match name {
            TargetName::Frame => Target::Frame,
            TargetName::Header => Target::Header,
            TargetName::Request => Target::Request,
            TargetName::Response => Target::Response,
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let env = Env::system();
    let seed = args.seed.unwrap_or_else(|| env.random.next_u64());
    match (&args.replay, args.samples) {
        (Some(finding), _) => replay(finding),
        (None, Some(count)) => print_samples(seed, count),
        (None, None) => run(&env, seed, Duration::from_secs(args.seconds)),
    }
}

fn run(env: &Env, seed: u64, duration: Duration) -> ExitCode {
    let seeds = seeds(seed, 4);
    println!("seed {seed}, {} valid inputs", seeds.len());
    let mut rng = Rng::new(seed);
    let (start, mut read, mut refused) = (env.clock.now(), 0u64, 0u64);
    // The clock costs more than many an input.
    while (read + refused) % 256 != 0 || env.clock.now().since(start) < duration {
        let (target, input) = &seeds[rng.below(seeds.len())];
        let mut input = input.clone();
        mutate(&mut input, &seeds[rng.below(seeds.len())].1, &mut rng);
        match catch_unwind(|| target.feed(&input)) {
            Ok(Outcome::Read) => read += 1,
            Ok(Outcome::Refused) => refused += 1,
            Err(_) => {
                let target = format!("{target:?}").to_lowercase();
                println!("FOUND after {} inputs: --replay {target} {}", read + refused, hex(&input));
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{} inputs: {read} read, {refused} refused, nothing found", read + refused);
    if read == 0 || refused == 0 {
        println!("a run without both outcomes proves nothing");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn replay(finding: &[String]) -> ExitCode {
    let [target, input] = finding else { return ExitCode::FAILURE };
    match (TargetName::from_str(target, true), bytes_of(input)) {
        (Ok(target), Some(input)) => {
            println!("{:?}", Target::from(target).feed(&input));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("expected frame, header, request or response, and an even number of hexadecimal digits");
            ExitCode::FAILURE
        }
    }
}

fn print_samples(seed: u64, count: u64) -> ExitCode {
    for sample in samples(seed, count) {
        let direction = format!("{:?}", sample.target).to_lowercase();
        println!("{direction} {} {} {}", sample.key.number(), sample.version, hex(&sample.body));
    }
    ExitCode::SUCCESS
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}
