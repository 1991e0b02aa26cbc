//! Whose quotas somebody wants to see.

use crate::{Refusal, RefusalKind};
use esker_metadata::{ClusterImage, QuotaEntity, QuotaName};
use std::collections::BTreeMap;

/// What is meant of one type of entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaMatch {
    /// The one of this name, or the default.
    Exactly(QuotaName),
    /// Everybody who is named, and the default.
    Anybody,
}

/// Whose quotas are meant: those whose entity has a matching part for each one here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaFilter {
    parts: BTreeMap<&'static str, QuotaMatch>,
    /// Whether the entity must have no other part.
    strict: bool,
}

impl QuotaFilter {
    /// A filter that means everybody. A strict one means those only whose entity has no other parts than are added.
    pub fn new(strict: bool) -> Self {
        Self { parts: BTreeMap::new(), strict }
    }

    /// Adds what is meant of one type of entity.
    ///
    /// # Errors
    /// Types that are not known, come twice or do not go together; what is wrong with `meant` itself.
    pub fn add(&mut self, kind: &str, meant: Result<QuotaMatch, Refusal>) -> Result<(), Refusal> {
        if kind.is_empty() {
            return Err(Refusal::invalid("Invalid empty entity type."));
        }
        if self.parts.contains_key(kind) {
            return Err(Refusal::invalid(format!("Entity type {kind} cannot appear more than once in the filter.")));
        }
        let known = match kind {
            "user" => "user",
            "client-id" => "client-id",
            "ip" => "ip",
            _ => return Err(Refusal::new(RefusalKind::UnsupportedVersion, format!("Unsupported entity type {kind}"))),
        };
        self.parts.insert(known, meant?);
        Ok(())
    }

    /// Whether the parts go together.
    ///
    /// # Errors
    /// An address together with anything else.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.parts.contains_key("ip") && self.parts.len() > 1 {
            return Err(Refusal::invalid(
                "Invalid entity filter component combination. IP filter component should not be used with user or \
                 clientId filter component.",
            ));
        }
        Ok(())
    }

    fn matches(&self, entity: &QuotaEntity) -> bool {
        let parts: BTreeMap<&str, &QuotaName> = entity.parts().collect();
        let is_meant = |(kind, meant): (&&str, &QuotaMatch)| match (parts.get(kind), meant) {
            (None, _) => false,
            (Some(_), QuotaMatch::Anybody) => true,
            (Some(name), QuotaMatch::Exactly(wanted)) => *name == wanted,
        };
        (!self.strict || parts.len() == self.parts.len()) && self.parts.iter().all(is_meant)
    }

    /// The entities that are meant, with their quotas.
    pub fn select<'a>(
        &'a self,
        image: &'a ClusterImage,
    ) -> impl Iterator<Item = (&'a QuotaEntity, &'a BTreeMap<String, f64>)> + 'a {
        let all = image.quotas().iter().map(|(entity, set)| (entity, &**set));
        all.filter(|(entity, _)| self.matches(entity))
    }
}
