//! Changing quotas, checked as Kafka checks them.

use crate::{Change, Refusal, RefusalKind};
use esker_metadata::{ClusterImage, QUOTA_ENTITIES_MAX, QuotaEntity, QuotaName, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What somebody wants of one entity's quotas.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaAlteration {
    /// The entity's parts by type, without a name where the default is meant.
    pub entity: BTreeMap<String, Option<String>>,
    /// Keys, each with its new value, or none where it is to be removed.
    pub ops: Vec<(String, Option<f64>)>,
}

/// What a quota's value may be.
#[derive(Clone, Copy)]
enum Number {
    Int,
    Long,
    Double,
}

/// The keys that users and clients may have.
const OF_CLIENTS: [(&str, Number); 4] = [
    ("consumer_byte_rate", Number::Long),
    ("controller_mutation_rate", Number::Double),
    ("producer_byte_rate", Number::Long),
    ("request_percentage", Number::Double),
];

/// The keys that addresses may have.
const OF_ADDRESSES: [(&str, Number); 1] = [("connection_creation_rate", Number::Int)];

/// A name in an answer, with what became of it.
pub type QuotaAnswer = (BTreeMap<String, Option<String>>, Result<(), Refusal>);

/// Changes quotas. The answer says of each entity once, in the order of the request, whether it could be.
pub fn alter_quotas(image: &ClusterImage, alterations: &[QuotaAlteration]) -> Change<Vec<QuotaAnswer>> {
    let mut change = Change { records: Vec::new(), answer: Vec::<QuotaAnswer>::new() };
    let mut entities = image.quotas().len();
    for alteration in alterations {
        let repeated = change.answer.iter().position(|(entity, _)| *entity == alteration.entity);
        let mut keys = BTreeSet::new();
        let twice = alteration.ops.iter().any(|(key, _)| !keys.insert(key));
        let outcome = if repeated.is_some() || twice {
            Err(Refusal::invalid(format!("Ignoring duplicate entity {}", shown(&alteration.entity))))
        } else {
            alter_entity(image, alteration, &mut entities)
        };
        let outcome = outcome.map(|records| change.records.extend(records));
        match repeated.and_then(|at| change.answer.get_mut(at)) {
            Some(row) => row.1 = outcome,
            None => change.answer.push((alteration.entity.clone(), outcome)),
        }
    }
    change
}

/// An entity as Kafka writes it.
fn shown(entity: &BTreeMap<String, Option<String>>) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "null".to_owned());
    let parts: Vec<String> = entity.iter().map(|(kind, of)| format!("{kind}={}", name(of))).collect();
    format!("ClientQuotaEntity(entries={{{}}})", parts.join(", "))
}

fn alter_entity(
    image: &ClusterImage,
    alteration: &QuotaAlteration,
    entities: &mut usize,
) -> Result<Vec<Record>, Refusal> {
    let entity = entity(&alteration.entity)?;
    let keys: &[(&str, Number)] = if entity.ip.is_some() { &OF_ADDRESSES } else { &OF_CLIENTS };
    let present = image.quotas().get(&entity);
    let mut records = Vec::new();
    for (key, value) in &alteration.ops {
        let now = present.and_then(|set| set.get(key));
        let changes = match value {
            None => now.is_some(),
            Some(value) => {
                check_value(keys, key, *value)?;
                now != Some(value)
            }
        };
        if changes {
            records.push(Record::QuotaSet { entity: entity.clone(), key: key.clone(), value: *value });
        }
    }
    if present.is_none() && !records.is_empty() {
        *entities += 1;
        if *entities > QUOTA_ENTITIES_MAX {
            let text = format!("A cluster keeps quotas of at most {QUOTA_ENTITIES_MAX} entities.");
            return Err(Refusal::new(RefusalKind::PolicyViolation, text));
        }
    }
    Ok(records)
}

fn entity(parts: &BTreeMap<String, Option<String>>) -> Result<QuotaEntity, Refusal> {
    let mut entity = QuotaEntity::default();
    for (kind, name) in parts {
        let part = match kind.as_str() {
            "user" => &mut entity.user,
            "client-id" => &mut entity.client_id,
            "ip" => &mut entity.ip,
            _ => return Err(Refusal::invalid(format!("Unhandled client quota entity type: {kind}"))),
        };
        if name.as_deref() == Some("") {
            return Err(Refusal::invalid(format!("Empty {kind} not supported")));
        }
        *part = Some(QuotaName::of(name.as_deref()));
    }
    match &entity.ip {
        Some(_) if entity.user.is_some() || entity.client_id.is_some() => Err(Refusal::invalid(
            "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId",
        )),
        Some(QuotaName::Named(ip)) if ip.parse::<IpAddr>().is_err() => {
            Err(Refusal::invalid(format!("{ip} is not a valid IP or resolvable host.")))
        }
        None if parts.is_empty() => Err(Refusal::invalid("Invalid empty client quota entity")),
        _ => Ok(entity),
    }
}

fn check_value(keys: &[(&str, Number)], key: &str, value: f64) -> Result<(), Refusal> {
    let Some((_, kind)) = keys.iter().find(|(known, _)| *known == key) else {
        return Err(Refusal::invalid(format!("Invalid configuration key {key}")));
    };
    if value <= 0.0 || value.is_nan() {
        return Err(Refusal::invalid(format!("Quota {key} must be greater than 0")));
    }
    let (largest, name) = match kind {
        Number::Int => (f64::from(i32::MAX), "an INT"),
        Number::Long => (i64::MAX as f64, "a LONG"),
        Number::Double => (f64::MAX, "a DOUBLE"),
    };
    if value > largest {
        return Err(Refusal::invalid(format!("Proposed value for {key} is too large for {name}.")));
    }
    if !matches!(kind, Number::Double) && (value % 1.0).abs() > 1e-6 {
        return Err(Refusal::invalid(format!("{key} cannot be a fractional value.")));
    }
    Ok(())
}
