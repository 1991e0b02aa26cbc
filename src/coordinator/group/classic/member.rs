//! A member of a classic group.

use crate::group::effects::Ticket;
use crate::group::record::ClassicMemberValue;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::Arc;

/// A protocol that a member can do, with what belongs to it. The bytes pass through.
pub(crate) type Protocol = (Arc<str>, Bytes);

/// A member of a classic group.
#[derive(Clone, Debug)]
pub(crate) struct ClassicMember {
    pub id: Arc<str>,
    pub instance: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    pub rebalance_timeout: i32,
    pub session_timeout: i32,
    /// In the member's order.
    pub protocols: Vec<Protocol>,
    pub assignment: Bytes,
    /// Set while it waits for the others to join.
    pub joining: Option<Ticket>,
    /// Set while it waits for its assignment.
    pub syncing: Option<Ticket>,
    /// Not answered since it came.
    pub is_new: bool,
}

impl ClassicMember {
    /// What it sent for `protocol`; nothing where it cannot do that.
    pub fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols.iter().find(|(name, _)| &**name == protocol).map(|(_, data)| data.clone()).unwrap_or_default()
    }

    /// Whether it need not be heard of: it waits for an answer.
    pub fn is_excused(&self) -> bool {
        !self.is_new && (self.joining.is_some() || self.syncing.is_some())
    }

    /// The first of its protocols that is a candidate.
    pub fn vote<'a>(&'a self, candidates: &HashSet<&str>) -> Option<&'a Arc<str>> {
        self.protocols.iter().map(|(name, _)| name).find(|name| candidates.contains(&***name))
    }

    /// The member as it was stored, which knows the chosen protocol only.
    pub fn loaded(value: ClassicMemberValue, protocol: Option<&Arc<str>>) -> Self {
        let protocol = protocol.cloned().unwrap_or_else(|| Arc::from(""));
        Self {
            id: value.id,
            instance: value.instance,
            client_id: value.client_id,
            client_host: value.client_host,
            rebalance_timeout: value.rebalance_timeout,
            session_timeout: value.session_timeout,
            protocols: vec![(protocol, value.subscription)],
            assignment: value.assignment,
            joining: None,
            syncing: None,
            is_new: false,
        }
    }

    /// The member as it is stored, with `assignment`.
    pub fn stored(&self, protocol: &str, assignment: Bytes) -> ClassicMemberValue {
        ClassicMemberValue {
            id: Arc::clone(&self.id),
            instance: self.instance.clone(),
            client_id: Arc::clone(&self.client_id),
            client_host: Arc::clone(&self.client_host),
            rebalance_timeout: self.rebalance_timeout,
            session_timeout: self.session_timeout,
            subscription: self.metadata(protocol),
            assignment,
        }
    }

    /// Memory that it takes, about.
    pub fn weight(&self) -> usize {
        let protocols: usize = self.protocols.iter().map(|(name, data)| 48 + name.len() + data.len()).sum();
        320 + 2 * self.id.len() + self.client_id.len() + self.client_host.len() + protocols + self.assignment.len()
    }
}
