//! Levels of loggers: what is refused in Kafka's words, and what comes into effect.

use crate::log_levels::LogLevels;
use esker_config::{AlterKind, AlterOp, RejectionKind};
use parking_lot::Mutex;
use std::sync::Arc;

fn op(name: &str, kind: AlterKind, value: Option<&str>) -> AlterOp {
    AlterOp { name: name.into(), kind, value: value.map(str::to_owned) }
}

#[test]
fn levels_come_into_effect_together_and_go_back_to_roots() {
    let levels = LogLevels::default();
    let filter = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&filter);
    levels.follow("warn,openraft=error", move |text| *seen.lock() = text.to_owned());
    let of = |name: &str| levels.all().into_iter().find(|(logger, _)| *logger == name).unwrap().1;
    assert_eq!((of("root"), of("esker_api")), ("WARN", "WARN"));
    let set = [op("esker_api", AlterKind::Set, Some("TRACE")), op("root", AlterKind::Set, Some("FATAL"))];
    levels.alter(&set, true).unwrap();
    assert_eq!((of("esker_api"), filter.lock().as_str()), ("WARN", ""), "only checked");
    levels.alter(&set, false).unwrap();
    assert_eq!(filter.lock().as_str(), "warn,openraft=error,esker_api=trace,error");
    assert_eq!((of("root"), of("esker_api"), of("esker_log")), ("FATAL", "TRACE", "FATAL"));
    levels.alter(&[op("esker_api", AlterKind::Delete, None)], false).unwrap();
    assert_eq!(filter.lock().as_str(), "warn,openraft=error,error");
}

#[test]
fn what_cannot_be_is_refused_in_kafkas_words_and_changes_nothing() {
    let levels = LogLevels::default();
    let table = [
        (op("nope", AlterKind::Set, Some("DEBUG")), "Logger nope does not exist!"),
        (op("nope", AlterKind::Delete, None), "Logger nope does not exist!"),
        (op("root", AlterKind::Delete, None), "Removing the log level of the root logger is not allowed"),
        (op("root", AlterKind::Append, Some("WARN")), "APPEND operation is not allowed for the BROKER_LOGGER resource"),
        (
            op("root", AlterKind::Subtract, Some("WARN")),
            "SUBTRACT operation is not allowed for the BROKER_LOGGER resource",
        ),
        (op("root", AlterKind::Set, None), "Null value not supported for : root"),
        (
            op("root", AlterKind::Set, Some("debug")),
            "Cannot set the log level of root to debug as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
        ),
    ];
    for (bad, text) in table {
        let rejection = levels.alter(&[op("esker", AlterKind::Set, Some("ERROR")), bad], false).unwrap_err();
        assert_eq!(rejection.text, text);
        assert!(matches!(rejection.kind, RejectionKind::InvalidConfig | RejectionKind::InvalidRequest));
    }
    assert!(levels.all().iter().all(|(_, level)| *level == "INFO"));
}
