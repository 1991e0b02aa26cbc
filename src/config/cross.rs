//! Rules between broker keys, with Kafka's sentences.

use crate::broker::{log_dirs, node_id};
use crate::endpoint::parse_voter;
use crate::listeners::Fault;
use crate::value::Value;
use crate::values::BrokerValues;

/// Kinds of groups and their settings that lie between a least and a greatest value.
const GROUP_BOUNDS: [(&str, &[&str]); 3] = [
    ("consumer", &["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"]),
    (
        "share",
        &[
            "session.timeout.ms",
            "heartbeat.interval.ms",
            "assignment.interval.ms",
            "record.lock.duration.ms",
            "delivery.count.limit",
            "partition.max.record.locks",
        ],
    ),
    ("streams", &["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"]),
];

fn number(values: &BrokerValues, name: &str) -> i64 {
    values.get(name).as_i64().unwrap_or(0)
}

/// Every rule that the values break.
pub(crate) fn cross_checks(values: &BrokerValues) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_logs(values, &mut faults);
    check_requests(values, &mut faults);
    check_roles(values, &mut faults);
    if values.tier_enabled() {
        faults.extend(local_retention_fault(values).map(|(key, _, text)| (key, text)));
    }
    faults.extend(group_faults(&|name| number(values, name)).into_iter().map(|text| ("group", text)));
    faults
}

fn check_logs(values: &BrokerValues, faults: &mut Vec<Fault>) {
    let mut require = |good: bool, key: &'static str, text: &str| {
        if !good {
            faults.push((key, text.to_owned()));
        }
    };
    let roll_ms = values.first_of(&["log.roll.ms", "log.roll.hours"]).as_i64().unwrap_or(1);
    require(roll_ms >= 1, "log.roll.ms", "log.roll.ms must be greater than or equal to 1");
    let jitter_ms = values.first_of(&["log.roll.jitter.ms", "log.roll.jitter.hours"]).as_i64().unwrap_or(0);
    require(jitter_ms >= 0, "log.roll.jitter.ms", "log.roll.jitter.ms must be greater than or equal to 0");
    require(
        values.retention_ms() != 0,
        "log.retention.ms",
        "log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
    );
    let threads = number(values, "log.cleaner.threads").max(1);
    require(
        number(values, "log.cleaner.dedupe.buffer.size") / threads > 1 << 20,
        "log.cleaner.dedupe.buffer.size",
        "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
    );
    let (least, most) =
        (number(values, "log.cleaner.min.compaction.lag.ms"), number(values, "log.cleaner.max.compaction.lag.ms"));
    if least > most {
        faults.push(("log.cleaner.min.compaction.lag.ms", compaction_lag_conflict(least, most)));
    }
    check_directories(values, faults);
}

fn check_directories(values: &BrokerValues, faults: &mut Vec<Fault>) {
    let Value::List(cordoned) = values.get("cordoned.log.dirs") else { return };
    let dirs = log_dirs(values);
    let missing: Vec<_> = cordoned
        .iter()
        .filter(|dir| *dir != "*" && !dirs.iter().any(|known| known.as_os_str() == dir.as_str()))
        .collect();
    if let Some(first) = missing.first() {
        faults.push((
            "cordoned.log.dirs",
            format!(
                "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : {first}"
            ),
        ));
    }
}

/// Kafka's sentence for a least compaction lag above the greatest.
pub(crate) fn compaction_lag_conflict(least: i64, most: i64) -> String {
    format!("conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})")
}

fn check_requests(values: &BrokerValues, faults: &mut Vec<Fault>) {
    let mut require = |good: bool, key: &'static str, text: String| {
        if !good {
            faults.push((key, text));
        }
    };
    let n = |name| number(values, name);
    require(
        n("replica.fetch.wait.max.ms") <= n("replica.socket.timeout.ms"),
        "replica.fetch.wait.max.ms",
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket \
         timeouts"
            .to_owned(),
    );
    require(
        n("replica.fetch.wait.max.ms") <= n("replica.lag.time.max.ms"),
        "replica.fetch.wait.max.ms",
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent \
         changes in ISR"
            .to_owned(),
    );
    let queued = n("queued.max.request.bytes");
    require(
        queued <= 0 || queued >= n("socket.request.max.bytes"),
        "queued.max.request.bytes",
        "queued.max.request.bytes must be larger or equal to socket.request.max.bytes".to_owned(),
    );
    let overrides = values.get("max.connections.per.ip.overrides");
    require(
        n("max.connections.per.ip") != 0 || overrides != Value::Text(String::new()),
        "max.connections.per.ip",
        "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set."
            .to_owned(),
    );
    let (delay, idle) = (n("connection.failed.authentication.delay.ms"), n("connections.max.idle.ms"));
    require(
        idle < 0 || delay < idle,
        "connections.max.idle.ms",
        format!(
            "connection.failed.authentication.delay.ms={delay} should always be less than \
             connections.max.idle.ms={idle} to prevent failed authentication responses from timing out"
        ),
    );
}

/// One process plays both roles, and the metadata quorum has this one voter.
fn check_roles(values: &BrokerValues, faults: &mut Vec<Fault>) {
    const ROLES: &str = "process.roles";
    if let Value::List(roles) = values.get(ROLES)
        && roles.len() != 2
    {
        let text = "this build runs broker and controller in one process; set process.roles=broker,controller";
        faults.push((ROLES, text.to_owned()));
    }
    let id = node_id(values);
    if number(values, "broker.id") != i64::from(id) {
        faults.push(("broker.id", "You must set `node.id` to the same value as `broker.id`.".to_owned()));
    }
    let list = |name| match values.get(name) {
        Value::List(entries) => entries,
        _ => Vec::new(),
    };
    let (voters, servers) = (list("controller.quorum.voters"), list("controller.quorum.bootstrap.servers"));
    let ids: Vec<i32> = voters.iter().filter_map(|text| Some(parse_voter(text).ok()?.id)).collect();
    match ids.as_slice() {
        [] if servers.is_empty() => faults.push((
            "controller.quorum.voters",
            "If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap \
             controllers or controller.quorum.voters must contain a parseable set of controllers."
                .to_owned(),
        )),
        [] if servers.len() > 1 => {
            faults.push(("controller.quorum.bootstrap.servers", only_one_controller(servers.len())))
        }
        [] => {}
        ids if !ids.contains(&id) => faults.push((
            "controller.quorum.voters",
            format!(
                "If process.roles contains the 'controller' role, the node id {id} must be included in the set of \
                 voters controller.quorum.voters=Set({})",
                ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
            ),
        )),
        [_] => {}
        ids => faults.push(("controller.quorum.voters", only_one_controller(ids.len()))),
    }
}

fn only_one_controller(count: usize) -> String {
    format!(
        "{count} controllers are named, and this build's metadata quorum has one; starting alone would make a cluster of \
         its own"
    )
}

/// The local part of a tiered log cannot outlast the whole: key, value and sentence of the first breach, by the names
/// of the broker's keys.
pub(crate) fn local_retention_fault(values: &BrokerValues) -> Option<(&'static str, i64, String)> {
    let bytes = (number(values, "log.retention.bytes"), number(values, "log.local.retention.bytes"));
    let ms = (values.retention_ms(), number(values, "log.local.retention.ms"));
    local_above_total("log.retention.bytes", bytes.0, bytes.1)
        .map(|text| ("log.local.retention.bytes", bytes.1, text))
        .or_else(|| {
            local_above_total("log.retention.ms", ms.0, ms.1).map(|text| ("log.local.retention.ms", ms.1, text))
        })
        .or_else(|| copy_lag_fault(values, bytes, ms))
}

/// A segment that waits for its upload longer than it may stay local would never leave the disk in time.
fn copy_lag_fault(values: &BrokerValues, bytes: (i64, i64), ms: (i64, i64)) -> Option<(&'static str, i64, String)> {
    let local = |(total, local): (i64, i64)| if local == -2 { total } else { local };
    let (lag_bytes, lag_ms) = (number(values, "log.remote.copy.lag.bytes"), number(values, "log.remote.copy.lag.ms"));
    let by_time = lag_above_local("log.local.retention.ms", local(ms), lag_ms);
    by_time.map(|text| ("log.remote.copy.lag.ms", lag_ms, text)).or_else(|| {
        let by_size = lag_above_local("log.local.retention.bytes", local(bytes), lag_bytes);
        by_size.map(|text| ("log.remote.copy.lag.bytes", lag_bytes, text))
    })
}

/// Kafka's sentence where a copy lag is above the bounded local retention; `local_key` is the name of the latter.
pub(crate) fn lag_above_local(local_key: &str, local: i64, lag: i64) -> Option<String> {
    let is_above = lag > 0 && local >= 0 && lag > local;
    is_above.then(|| format!("Value must not exceed {local_key} (effective value: {local})"))
}

/// Kafka's sentence where `local` is above the bounded `total`; `total_key` is the name of the latter.
pub(crate) fn local_above_total(total_key: &str, total: i64, local: i64) -> Option<String> {
    if total < 0 || local == -2 {
        None
    } else if local == -1 {
        Some(format!("Value must not be -1 as {total_key} value is set as {total}."))
    } else if local > total {
        Some(format!("Value must not be more than {total_key} property value: {total}"))
    } else {
        None
    }
}

/// Defaults of groups that lie outside of the bounds for groups, by the names of the broker's keys.
fn group_faults(number: &dyn Fn(&str) -> i64) -> Vec<String> {
    let mut faults = Vec::new();
    for (kind, settings) in GROUP_BOUNDS {
        for setting in settings {
            faults.extend(bounds_fault(&format!("group.{kind}.{setting}"), kind, setting, number, number));
        }
        let (heartbeat, session) =
            (format!("group.{kind}.heartbeat.interval.ms"), format!("group.{kind}.session.timeout.ms"));
        if number(&heartbeat) >= number(&session) {
            faults.push(format!("{heartbeat} must be less than {session}"));
        }
    }
    if number("group.streams.num.standby.replicas") > number("group.streams.max.standby.replicas") {
        let text =
            "group.streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas";
        faults.push(text.to_owned());
    }
    faults
}

/// The sentence where `name` lies outside of the broker's bounds for `setting`.
fn bounds_fault(
    name: &str,
    kind: &str,
    setting: &str,
    value_of: &dyn Fn(&str) -> i64,
    bound_of: &dyn Fn(&str) -> i64,
) -> Option<String> {
    let (least, most) = (format!("group.{kind}.min.{setting}"), format!("group.{kind}.max.{setting}"));
    let value = value_of(name);
    if value < bound_of(&least) {
        Some(format!("{name} must be greater than or equal to {least}"))
    } else if value > bound_of(&most) {
        Some(format!("{name} must be less than or equal to {most}"))
    } else {
        None
    }
}

/// The first rule that a group's own settings break. `value_of` reads the group's keys.
pub(crate) fn group_override_fault(values: &BrokerValues, value_of: &dyn Fn(&str) -> i64) -> Option<String> {
    let bound_of = |name: &str| number(values, name);
    for (kind, settings) in GROUP_BOUNDS {
        // Kafka looks at heartbeats first.
        let order = ["heartbeat.interval.ms", "session.timeout.ms"];
        let rest = settings.iter().copied().filter(|setting| !order.contains(setting));
        for setting in order.into_iter().chain(rest) {
            let fault = bounds_fault(&format!("{kind}.{setting}"), kind, setting, value_of, &bound_of);
            if fault.is_some() {
                return fault;
            }
        }
        let (heartbeat, session) = (format!("{kind}.heartbeat.interval.ms"), format!("{kind}.session.timeout.ms"));
        if value_of(&session) <= value_of(&heartbeat) {
            return Some(format!("{session} must be greater than {heartbeat}"));
        }
    }
    let standby = "streams.num.standby.replicas";
    let most = "group.streams.max.standby.replicas";
    (value_of(standby) > bound_of(most)).then(|| format!("{standby} must be less than or equal to {most}"))
}
