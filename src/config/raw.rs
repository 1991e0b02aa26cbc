//! What was typed: the settings of file, environment and command line, each with the place where it was written.

use crate::environment::key_of_variable;
use crate::error::{ConfigErrors, Origin};
use crate::properties;
use crate::table;
use crate::value::shorten;
use esker_env::Disk;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The configuration that is used where no file is named; the same text as `config/server.properties`.
pub const EMBEDDED: &str = include_str!("../../config/server.properties");

/// Longest configuration file, in bytes.
const FILE_LEN_MAX: u64 = 8 << 20;

/// One setting as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The text.
    pub value: String,
    /// Where it was written.
    pub origin: Origin,
}

/// All settings as they were typed, the last one of each name.
#[derive(Clone, Default)]
pub struct RawConfig {
    settings: BTreeMap<String, Setting>,
    cluster_id: Option<String>,
    repeated: Vec<String>,
}

impl RawConfig {
    /// Reads the file, or the built-in text where none is named, then the environment, then `key=value` overrides.
    ///
    /// # Errors
    /// The file cannot be read or is no properties file; an override has no `=`.
    pub fn load(
        disk: &dyn Disk,
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &[String],
    ) -> Result<Self, ConfigErrors> {
        let mut raw = Self::default();
        match file {
            Some(path) => raw.read_file(disk, path)?,
            None => raw.add_properties(EMBEDDED.as_bytes(), "built-in", |line| Origin::Embedded { line })?,
        }
        for (variable, value) in environment {
            if variable == "CLUSTER_ID" && !value.is_empty() {
                raw.cluster_id = Some(value);
            } else if let Some(key) = key_of_variable(&variable) {
                raw.settings.insert(key, Setting { value, origin: Origin::Environment(variable) });
            }
        }
        for text in overrides {
            let (key, value) = text.split_once('=').ok_or_else(|| {
                // The text may be a secret's beginning, so only its length is told.
                let text = format!("an override of {} characters has no '='; write key=value", text.chars().count());
                ConfigErrors::single(Some(Origin::Override), "", text)
            })?;
            let setting = Setting { value: value.to_owned(), origin: Origin::Override };
            raw.settings.insert(key.trim().to_owned(), setting);
        }
        Ok(raw)
    }

    fn read_file(&mut self, disk: &dyn Disk, path: &Path) -> Result<(), ConfigErrors> {
        let bytes = disk
            .read_small(path, FILE_LEN_MAX)
            .map_err(|error| ConfigErrors::single(None, "", format!("cannot read {}: {error}", path.display())))?;
        let shared = Arc::new(path.to_owned());
        self.add_properties(&bytes, &path.display().to_string(), |line| Origin::File { path: shared.clone(), line })
    }

    /// Adds the settings of a properties text.
    fn add_properties(&mut self, bytes: &[u8], name: &str, origin: impl Fn(u32) -> Origin) -> Result<(), ConfigErrors> {
        let properties = properties::parse(bytes).map_err(|error| {
            ConfigErrors::single(Some(origin(error.line)), "", format!("{name} is no properties file: {}", error.fact))
        })?;
        for property in properties {
            let setting = Setting { value: property.value, origin: origin(property.line) };
            let place = setting.origin.to_string();
            if let Some(before) = self.settings.insert(property.key.clone(), setting) {
                let key = shorten(&property.key);
                self.repeated.push(format!("{place}: {key} is set again; {} has no effect", before.origin));
            }
        }
        Ok(())
    }

    /// The settings of a properties text alone, for tests and tools.
    pub fn from_text(text: &str) -> Result<Self, ConfigErrors> {
        let mut raw = Self::default();
        let path = Arc::new(Path::new("server.properties").to_owned());
        raw.add_properties(text.as_bytes(), "the text", |line| Origin::File { path: path.clone(), line })?;
        Ok(raw)
    }

    /// The settings by name.
    pub fn settings(&self) -> &BTreeMap<String, Setting> {
        &self.settings
    }

    /// The environment's `CLUSTER_ID`, with which Kafka's images name a new cluster.
    pub fn cluster_id(&self) -> Option<&str> {
        self.cluster_id.as_deref()
    }

    /// A sentence for each setting that a later line of the same file replaced.
    pub(crate) fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// Where a key was set.
    pub(crate) fn origin(&self, key: &str) -> Option<Origin> {
        self.settings.get(key).map(|setting| setting.origin.clone())
    }
}

/// Secrets, and what might be one because nobody knows the key, are left out.
impl fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.settings.iter().map(|(key, setting)| (key, shown_value(key, &setting.value)));
        f.debug_map().entries(shown).finish()
    }
}

/// A setting's text, or a word instead of it where it is or may be a secret.
pub(crate) fn shown_value<'a>(key: &str, value: &'a str) -> &'a str {
    match table::find_broker(key) {
        Some(known) if !known.sensitive() => value,
        _ => "[hidden]",
    }
}
