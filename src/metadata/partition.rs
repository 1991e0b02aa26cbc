//! What the cluster knows of one partition, and how one record changes it.

use crate::DirectoryId;
use esker_model::{BrokerId, LeaderEpoch};
use serde::{Deserialize, Serialize};

/// Whether the leader was elected among replicas that had every acknowledged record (KIP-704).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaderRecovery {
    /// It was, or the leader has recovered since.
    #[default]
    Recovered,
    /// It was elected uncleanly and has not yet said that it recovered.
    Recovering,
}

fn is_recovered(state: &LeaderRecovery) -> bool {
    *state == LeaderRecovery::Recovered
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// One partition's replicas and leadership.
///
/// Lists that are nearly always empty or hold a single broker are boxed slices: an empty one takes no heap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// All replicas, the preferred leader first. Never empty, no broker twice.
    pub replicas: Box<[BrokerId]>,
    /// Replicas that hold every acknowledged record. A subset of `replicas`; may be empty (KIP-966).
    pub isr: Box<[BrokerId]>,
    /// Replicas that a reassignment adds; they are in `replicas` too.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub adding: Box<[BrokerId]>,
    /// Replicas that a reassignment will remove; they are in `replicas` still.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub removing: Box<[BrokerId]>,
    /// Replicas outside the in-sync set that hold every acknowledged record all the same, because the high watermark
    /// has not moved since they left (KIP-966). Disjoint from `isr`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub elr: Box<[BrokerId]>,
    /// The leader before the partition lost its last in-sync replica (KIP-966).
    #[serde(default, skip_serializing_if = "is_empty")]
    pub last_known_elr: Box<[BrokerId]>,
    /// The log directory of each replica, in the order of `replicas`; the nil id where the broker has not chosen yet.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub directories: Box<[DirectoryId]>,
    /// The leader, a member of `isr`; `None` while the partition is offline.
    pub leader: Option<BrokerId>,
    /// Grows with every record that names a leader, also with one that names the same again.
    pub leader_epoch: LeaderEpoch,
    /// Grows with every record.
    pub partition_epoch: i32,
    /// Whether the leader still has to recover from an unclean election.
    #[serde(default, skip_serializing_if = "is_recovered")]
    pub recovery: LeaderRecovery,
}

/// What one record changes in a partition; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionChange {
    /// The new in-sync replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isr: Option<Box<[BrokerId]>>,
    /// The new leader; `Some(None)` takes the partition offline. Its presence alone raises the leader epoch.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "named_or_none")]
    pub leader: Option<Option<BrokerId>>,
    /// The new replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Box<[BrokerId]>>,
    /// The new replicas being added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adding: Option<Box<[BrokerId]>>,
    /// The new replicas being removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removing: Option<Box<[BrokerId]>>,
    /// The new eligible leader replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elr: Option<Box<[BrokerId]>>,
    /// The new last known leader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_known_elr: Option<Box<[BrokerId]>>,
    /// The new directories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directories: Option<Box<[DirectoryId]>>,
    /// The new recovery state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<LeaderRecovery>,
}

/// In a change, no leader is written as -1: an absent field and a null one would be the same to a reader.
mod named_or_none {
    use esker_model::BrokerId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(leader: &Option<Option<BrokerId>>, to: S) -> Result<S::Ok, S::Error> {
        leader.map(|leader| leader.unwrap_or(-1)).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<BrokerId>>, D::Error> {
        let leader = Option::<BrokerId>::deserialize(from)?;
        Ok(leader.map(|id| (id >= 0).then_some(id)))
    }
}

impl PartitionChange {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Partition {
    /// The partition after `change`. The partition epoch grows by one; the leader epoch only where a leader is named.
    pub fn with(&self, change: &PartitionChange) -> Partition {
        let pick = |new: &Option<Box<[BrokerId]>>, old: &[BrokerId]| new.clone().unwrap_or_else(|| old.into());
        Partition {
            replicas: pick(&change.replicas, &self.replicas),
            isr: pick(&change.isr, &self.isr),
            adding: pick(&change.adding, &self.adding),
            removing: pick(&change.removing, &self.removing),
            elr: pick(&change.elr, &self.elr),
            last_known_elr: pick(&change.last_known_elr, &self.last_known_elr),
            directories: change.directories.clone().unwrap_or_else(|| self.directories.clone()),
            leader: change.leader.unwrap_or(self.leader),
            leader_epoch: self.leader_epoch.saturating_add(i32::from(change.leader.is_some())),
            partition_epoch: self.partition_epoch.saturating_add(1),
            recovery: change.recovery.unwrap_or(self.recovery),
        }
    }

    /// Whether the first replica leads.
    pub fn has_preferred_leader(&self) -> bool {
        self.leader.is_some() && self.leader == self.replicas.first().copied()
    }

    /// Checks what always holds of a partition; the text says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let within = |list: &[BrokerId]| list.iter().all(|id| self.replicas.contains(id));
        if self.replicas.is_empty() {
            return Err("a partition must have a replica");
        }
        if !within(&self.isr) || !within(&self.adding) || !within(&self.removing) {
            return Err("in-sync, adding and removing replicas must be replicas");
        }
        if self.elr.iter().any(|id| self.isr.contains(id)) {
            return Err("an in-sync replica cannot be an eligible one outside the in-sync set");
        }
        if self.leader.is_some_and(|leader| !self.isr.contains(&leader)) {
            return Err("the leader must be in sync");
        }
        if !self.directories.is_empty() && self.directories.len() != self.replicas.len() {
            return Err("each replica must have a directory, or none");
        }
        if self.leader_epoch < 0 || self.partition_epoch < 0 {
            return Err("epochs must not be negative");
        }
        Ok(())
    }
}
