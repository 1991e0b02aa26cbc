//! Directories: reading the schema and Kafka's definitions, writing and checking what is generated.

use crate::kafka::{Definition, parse_definition};
use crate::{SchemaError, emit, emit_index, parse, schema::Schema};
use esker_env::Disk;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// No file of a schema, and none that is generated, comes near this.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Why the tool could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A file or directory could not be read or written.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A schema file is wrong.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A definition of Kafka's cannot be understood.
    #[error("{file}: {what}")]
    Kafka {
        /// Name of the file.
        file: String,
        /// Why not.
        what: String,
    },
    /// Files are not what the schema generates.
    #[error("not what the schema generates: {}", .0.join(", "))]
    Drift(Vec<String>),
}

fn disk_error(path: &Path, error: std::io::Error) -> ToolError {
    ToolError::Disk { path: path.to_owned(), error }
}

/// The text files of a directory whose names end with `ending`, by name.
fn texts(disk: &dyn Disk, directory: &Path, ending: &str) -> Result<BTreeMap<String, String>, ToolError> {
    let entries = disk.list(directory).map_err(|error| disk_error(directory, error))?;
    let names = entries.into_iter().filter(|entry| !entry.is_dir && entry.name.ends_with(ending));
    let read = |name: String| {
        let path = directory.join(&name);
        let bytes = disk.read_small(&path, FILE_BYTES_MAX).map_err(|error| disk_error(&path, error))?;
        let text = String::from_utf8(bytes).map_err(|error| disk_error(&path, std::io::Error::other(error)))?;
        Ok((name, text))
    };
    names.map(|entry| read(entry.name)).collect()
}

/// Reads every schema file of a directory.
///
/// # Errors
/// The first file that is wrong.
pub fn load(disk: &dyn Disk, directory: &Path) -> Result<Vec<Schema>, ToolError> {
    let files = texts(disk, directory, ".schema")?;
    files.iter().map(|(name, text)| Ok(parse(name, text)?)).collect()
}

/// Reads Kafka's own message definitions from the directory into which a jar was unpacked.
///
/// # Errors
/// The first file that cannot be understood.
pub fn load_kafka(disk: &dyn Disk, directory: &Path) -> Result<Vec<Definition>, ToolError> {
    let files = texts(disk, directory, ".json")?;
    let parse = |(name, text): (&String, &String)| {
        parse_definition(text).map_err(|what| ToolError::Kafka { file: name.clone(), what })
    };
    files.iter().map(parse).collect()
}

/// Every generated file, by name.
fn generated(schemas: &[Schema]) -> BTreeMap<String, String> {
    let modules = schemas.iter().map(|schema| (format!("{}.rs", schema.stem), emit::module(schema)));
    modules.chain(emit_index::index(schemas)).collect()
}

/// Writes what the schema generates into `directory`, and removes what it no longer does.
///
/// # Errors
/// The first file that cannot be written.
pub fn generate(disk: &dyn Disk, schemas: &[Schema], directory: &Path) -> Result<(), ToolError> {
    let wanted = generated(schemas);
    let present = texts(disk, directory, ".rs")?;
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        let path = directory.join(name);
        disk.remove_file(&path).map_err(|error| disk_error(&path, error))?;
    }
    for (name, text) in wanted.iter().filter(|(name, text)| present.get(*name) != Some(*text)) {
        let path = directory.join(name);
        disk.replace_small(&path, text.as_bytes()).map_err(|error| disk_error(&path, error))?;
    }
    Ok(())
}

/// Compares what the schema generates with what is in `directory`.
///
/// # Errors
/// [`ToolError::Drift`] names the files that differ, are missing, or should not be there.
pub fn check(disk: &dyn Disk, schemas: &[Schema], directory: &Path) -> Result<(), ToolError> {
    let wanted = generated(schemas);
    let present = texts(disk, directory, ".rs")?;
    let changed = wanted.iter().filter(|(name, text)| present.get(*name) != Some(*text)).map(|(name, _)| name);
    let extra = present.keys().filter(|name| !wanted.contains_key(*name));
    let names: Vec<String> = changed.chain(extra).cloned().collect();
    if names.is_empty() { Ok(()) } else { Err(ToolError::Drift(names)) }
}
