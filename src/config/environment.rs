//! Settings from the environment, named as Kafka's official images name them.
//!
//! `KAFKA_LOG_DIRS` sets `log.dirs`: after the prefix one underscore is a dot, two are an underscore, three a hyphen.

/// Variables that steer Kafka's launcher scripts and its JVM.
const LAUNCHER: [&str; 10] = [
    "KAFKA_HEAP_OPTS",
    "KAFKA_HEAP_OPT",
    "KAFKA_OPTS",
    "KAFKA_JVM_PERFORMANCE_OPTS",
    "KAFKA_GC_LOG_OPTS",
    "KAFKA_CLASSPATH",
    "KAFKA_HOME",
    "KAFKA_VERSION",
    "KAFKA_TOOLS_LOG4J_LOGLEVEL",
    "KAFKA_DEBUG",
];

/// Prefixes of more such variables.
const LAUNCHER_PREFIXES: [&str; 3] = ["KAFKA_LOG4J_", "KAFKA_JMX_", "KAFKA_DEBUG_"];

/// The key that a variable sets; `None` for variables that set none.
pub fn key_of_variable(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("KAFKA_")?;
    let launches = LAUNCHER.contains(&variable) || LAUNCHER_PREFIXES.iter().any(|prefix| variable.starts_with(prefix));
    if launches || name.is_empty() {
        return None;
    }
    let lower = name.to_lowercase();
    Some(lower.replace("___", "-").replace("__", "\u{0}").replace('_', ".").replace('\u{0}', "_"))
}
