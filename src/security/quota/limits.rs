//! Which limit is whose: the most specific quota counts, in Kafka's order.
//!
//! user and client, user and any client, user, any user and client, any user and any client, any user, client, any client.
//! The limit also says who shares a sensor: all clients of a user under a quota for users, all users of a client id under one for clients.

use super::QuotaKind;
use esker_metadata::{QuotaEntity, QuotaMap, QuotaName};
use std::collections::HashMap;
use std::sync::Arc;

/// Whose sensor it is. A part that the quota does not look at is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SensorKey {
    pub user: Option<Arc<str>>,
    pub client_id: Option<Arc<str>>,
}

/// A limit, and whose use counts for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit {
    pub key: SensorKey,
    pub value: f64,
}

/// The limits of one kind.
#[derive(Debug, Default)]
pub(crate) struct KindLimits {
    both: HashMap<(QuotaName, QuotaName), f64>,
    users: HashMap<QuotaName, f64>,
    clients: HashMap<QuotaName, f64>,
}

impl KindLimits {
    fn add(&mut self, entity: &QuotaEntity, value: f64) {
        match (entity.user.clone(), entity.client_id.clone()) {
            (Some(user), Some(client)) => self.both.insert((user, client), value),
            (Some(user), None) => self.users.insert(user, value),
            (None, Some(client)) => self.clients.insert(client, value),
            (None, None) => None,
        };
    }

    fn is_empty(&self) -> bool {
        self.both.is_empty() && self.users.is_empty() && self.clients.is_empty()
    }

    /// The limit of a client, if it has one. An empty client id is nobody's name.
    pub fn find(&self, user: &str, client_id: &str) -> Option<Limit> {
        let (user, client): (Arc<str>, Arc<str>) = (user.into(), client_id.into());
        let users = [QuotaName::Named(Arc::clone(&user)), QuotaName::Default];
        let clients = [QuotaName::Named(Arc::clone(&client)), QuotaName::Default];
        let of_client = !client_id.is_empty();
        let limit = |by_user: bool, by_client: bool, value: &f64| Limit {
            key: SensorKey {
                user: by_user.then(|| Arc::clone(&user)),
                client_id: by_client.then(|| Arc::clone(&client)),
            },
            value: *value,
        };
        for name in users {
            if of_client && !self.both.is_empty() {
                let mut pairs = clients.iter().map(|client| (name.clone(), client.clone()));
                if let Some(value) = pairs.find_map(|pair| self.both.get(&pair)) {
                    return Some(limit(true, true, value));
                }
            }
            if let Some(value) = self.users.get(&name) {
                return Some(limit(true, false, value));
            }
        }
        let value = clients.iter().filter(|_| of_client).find_map(|client| self.clients.get(client))?;
        Some(limit(false, true, value))
    }
}

/// All limits of an image, and where they came from.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    quotas: QuotaMap,
    kinds: [KindLimits; QuotaKind::ALL.len()],
}

impl Limits {
    /// The limits that these quotas say.
    pub fn new(quotas: &QuotaMap) -> Self {
        let mut kinds: [KindLimits; QuotaKind::ALL.len()] = Default::default();
        for (entity, set) in quotas.iter().filter(|(entity, _)| entity.ip.is_none()) {
            for (limits, kind) in kinds.iter_mut().zip(QuotaKind::ALL) {
                if let Some(value) = set.get(kind.key()).filter(|value| **value > 0.0) {
                    limits.add(entity, *value);
                }
            }
        }
        Self { quotas: quotas.clone(), kinds }
    }

    /// Whether these are the limits that `quotas` say, by identity: an image shares what did not change with the one before.
    pub fn are_of(&self, quotas: &QuotaMap) -> bool {
        self.quotas.ptr_eq(quotas) || (self.quotas.is_empty() && quotas.is_empty())
    }

    /// The limits of one kind; `None` where there are none.
    pub fn of(&self, kind: QuotaKind) -> Option<&KindLimits> {
        self.kinds.get(kind as usize).filter(|limits| !limits.is_empty())
    }
}
