//! How much this process logs, by logger: what Kafka's tools call broker loggers (KIP-412).
//!
//! A logger is a room of the broker, or `root`, from which the others take their level as long as they have none of their own.
//! Levels last as long as the process. Whoever sets up logging says by [`LogLevels::follow`] how they come into effect.

use esker_config::{AlterKind, AlterOp, Rejection, RejectionKind};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// The logger of everything that has no level of its own.
const ROOT: &str = "root";

/// The loggers beside [`ROOT`], as they are named in the lines that they write.
const LOGGERS: [&str; 14] = [
    "esker",
    "esker_api",
    "esker_config",
    "esker_controller",
    "esker_coordinator",
    "esker_env",
    "esker_log",
    "esker_metadata",
    "esker_quorum",
    "esker_replication",
    "esker_security",
    "esker_server",
    "esker_tiering",
    "openraft",
];

/// Kafka's levels, each with what it is here.
const LEVELS: [(&str, &str); 6] = [
    ("DEBUG", "debug"),
    ("ERROR", "error"),
    ("FATAL", "error"),
    ("INFO", "info"),
    ("TRACE", "trace"),
    ("WARN", "warn"),
];

type Apply = Box<dyn Fn(&str) + Send>;

#[derive(Default)]
struct State {
    /// What the process was started with, as a filter of lines.
    base: String,
    /// Levels that were set, by logger.
    set: BTreeMap<&'static str, &'static str>,
    apply: Option<Apply>,
}

/// The levels of this process.
#[derive(Default)]
pub struct LogLevels(Mutex<State>);

impl fmt::Debug for LogLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogLevels").field(&self.0.lock().set).finish()
    }
}

impl State {
    /// The filter of all levels together. Of two parts about the same logger the later one counts.
    fn filter(&self) -> String {
        let part = |(logger, level): (&&str, &&str)| {
            let level = LEVELS.iter().find(|(name, _)| name == level).map_or("info", |(_, here)| here);
            if *logger == ROOT { level.to_owned() } else { format!("{logger}={level}") }
        };
        let own = self.set.iter().map(part);
        std::iter::once(self.base.clone()).chain(own).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",")
    }

    /// The level of everything that has none of its own: the part of the base that names no logger.
    fn root(&self) -> &'static str {
        let plain = self.base.split(',').map(str::trim).find(|part| !part.contains('='));
        let known = |here: &str| LEVELS.iter().find(|(name, level)| *level == here && *name != "FATAL");
        self.set.get(ROOT).copied().or_else(|| Some(known(plain?)?.0)).unwrap_or("INFO")
    }
}

fn invalid(kind: RejectionKind, text: String) -> Rejection {
    Rejection { kind, text }
}

fn check(op: &AlterOp) -> Result<(), Rejection> {
    let name = &op.name;
    let known = name == ROOT || LOGGERS.contains(&name.as_str());
    let unknown = || Err(invalid(RejectionKind::InvalidConfig, format!("Logger {name} does not exist!")));
    let forbidden = |what| {
        let text = format!("{what} operation is not allowed for the BROKER_LOGGER resource");
        Err(invalid(RejectionKind::InvalidRequest, text))
    };
    match (op.kind, op.value.as_deref()) {
        (AlterKind::Append, _) => forbidden("APPEND"),
        (AlterKind::Subtract, _) => forbidden("SUBTRACT"),
        (AlterKind::Set | AlterKind::Delete, _) if !known => unknown(),
        (AlterKind::Delete, _) if name == ROOT => {
            let text = "Removing the log level of the root logger is not allowed".to_owned();
            Err(invalid(RejectionKind::InvalidRequest, text))
        }
        (AlterKind::Set, Some(level)) if !LEVELS.iter().any(|(name, _)| *name == level) => {
            let names: Vec<&str> = LEVELS.iter().map(|(name, _)| *name).collect();
            let text = format!(
                "Cannot set the log level of {name} to {level} as it is not a supported log level. Valid log levels are {}",
                names.join(", ")
            );
            Err(invalid(RejectionKind::InvalidConfig, text))
        }
        (AlterKind::Set | AlterKind::Delete, _) => Ok(()),
    }
}

impl LogLevels {
    /// The one of this process: logging is the process' own.
    pub fn of_process() -> &'static LogLevels {
        static LEVELS: LazyLock<LogLevels> = LazyLock::new(LogLevels::default);
        &LEVELS
    }

    /// Has `apply` called with a new filter of lines whenever a level changes. `base` is the one that the process started with.
    pub fn follow(&self, base: &str, apply: impl Fn(&str) + Send + 'static) {
        let mut state = self.0.lock();
        state.base = base.to_owned();
        state.apply = Some(Box::new(apply));
    }

    /// Every logger with the level that holds for it, Kafka's way.
    pub(crate) fn all(&self) -> Vec<(&'static str, &'static str)> {
        let state = self.0.lock();
        let root = state.root();
        let own = |logger: &&'static str| (*logger, state.set.get(logger).copied().unwrap_or(root));
        std::iter::once((ROOT, root)).chain(LOGGERS.iter().map(own)).collect()
    }

    /// Sets and removes levels, all or none.
    pub(crate) fn alter(&self, ops: &[AlterOp], validate_only: bool) -> Result<(), Rejection> {
        if let Some(op) = ops.iter().find(|op| op.kind == AlterKind::Set && op.value.is_none()) {
            let text = format!("Null value not supported for : {}", op.name);
            return Err(invalid(RejectionKind::InvalidRequest, text));
        }
        ops.iter().try_for_each(check)?;
        if validate_only {
            return Ok(());
        }
        let mut state = self.0.lock();
        for op in ops {
            let Some(logger) = [ROOT].iter().chain(&LOGGERS).find(|known| **known == op.name) else { continue };
            match LEVELS.iter().find(|(name, _)| op.value.as_deref() == Some(*name)) {
                Some((level, _)) if op.kind == AlterKind::Set => drop(state.set.insert(logger, level)),
                _ => drop(state.set.remove(logger)),
            }
        }
        let filter = state.filter();
        if let Some(apply) = &state.apply {
            apply(&filter);
        }
        Ok(())
    }
}
