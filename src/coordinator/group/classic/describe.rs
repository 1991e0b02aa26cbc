//! A classic group as operators see it.

use crate::group::classic::group::{ClassicGroup, ClassicState};
use bytes::Bytes;
use std::sync::Arc;

/// A classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicDescription {
    /// Its state.
    pub state: &'static str,
    /// Its kind of members; empty for none yet.
    pub protocol_type: Arc<str>,
    /// The chosen protocol; empty while none is.
    pub protocol: Arc<str>,
    /// Its members.
    pub members: Vec<ClassicMemberDescription>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMemberDescription {
    /// Its id.
    pub id: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// The client's id.
    pub client_id: Arc<str>,
    /// The client's address.
    pub client_host: Arc<str>,
    /// What it sent for the chosen protocol; empty while the group is not stable.
    pub metadata: Bytes,
    /// What it was given.
    pub assignment: Bytes,
}

impl ClassicGroup {
    pub fn describe(&self) -> ClassicDescription {
        let protocol = self.protocol.as_deref().filter(|_| self.state == ClassicState::Stable);
        let members = self.members.values().map(|member| ClassicMemberDescription {
            id: Arc::clone(&member.id),
            instance: member.instance.clone(),
            client_id: Arc::clone(&member.client_id),
            client_host: Arc::clone(&member.client_host),
            metadata: protocol.map(|protocol| member.metadata(protocol)).unwrap_or_default(),
            assignment: member.assignment.clone(),
        });
        ClassicDescription {
            state: self.state.name(),
            protocol_type: self.protocol_type.clone().unwrap_or_else(|| Arc::from("")),
            protocol: protocol.map_or_else(|| Arc::from(""), Arc::from),
            members: members.collect(),
        }
    }
}
