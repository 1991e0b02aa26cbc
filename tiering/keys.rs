//! The keys of the bucket. Ids come first, so that names never leak into limits and stores can split the key space.
//!
//! ```text
//! <prefix>/<cluster id>/generation/<20-digit number>
//! <prefix>/<cluster id>/cluster/<20-digit sequence>
//! <prefix>/<cluster id>/offsets/<broker id>/<20-digit sequence>
//! <prefix>/<cluster id>/<topic id, hex>/topic.json
//! <prefix>/<cluster id>/<topic id, hex>/deleted
//! <prefix>/<cluster id>/<topic id, hex>/<partition>/manifest/<20-digit sequence>
//! <prefix>/<cluster id>/<topic id, hex>/<partition>/pages/<uuid>
//! <prefix>/<cluster id>/<topic id, hex>/<partition>/segments/<20-digit base offset>-<token>-<uuid>
//! ```

use crate::token::WriterToken;
use esker_model::{BrokerId, ClusterId, Offset, TopicId};
use std::sync::Arc;
use uuid::Uuid;

/// Where one partition's objects live, apart from the cluster that they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionHome {
    /// The topic's incarnation.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
}

/// What identifies a segment object within its partition's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// First offset that the object covers.
    pub base: Offset,
    /// Who uploaded it.
    pub token: WriterToken,
    /// Drawn anew for every attempt.
    pub uuid: Uuid,
}

/// Makes the keys of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    root: Arc<str>,
}

impl Keys {
    pub(crate) fn new(cluster: &ClusterId) -> Self {
        Self { root: cluster.as_str().into() }
    }

    pub(crate) fn generations(&self) -> String {
        format!("{}/generation/", self.root)
    }

    pub(crate) fn generation(&self, number: u32) -> String {
        format!("{}/generation/{number:020}", self.root)
    }

    pub(crate) fn snapshots(&self) -> String {
        format!("{}/cluster/", self.root)
    }

    pub(crate) fn group_offsets(&self) -> String {
        format!("{}/offsets/", self.root)
    }

    pub(crate) fn group_offsets_of(&self, broker: BrokerId) -> String {
        format!("{}/offsets/{broker}/", self.root)
    }

    pub(crate) fn probe(&self, nonce: Uuid) -> String {
        format!("{}/probe/{}", self.root, nonce.simple())
    }

    pub(crate) fn topic(&self, topic: TopicId) -> String {
        format!("{}/{}/", self.root, topic.to_hex())
    }

    pub(crate) fn topic_json(&self, topic: TopicId) -> String {
        format!("{}/{}/topic.json", self.root, topic.to_hex())
    }

    pub(crate) fn deleted_mark(&self, topic: TopicId) -> String {
        format!("{}/{}/deleted", self.root, topic.to_hex())
    }

    fn home(&self, home: PartitionHome) -> String {
        format!("{}/{}/{}", self.root, home.topic_id.to_hex(), home.partition)
    }

    pub(crate) fn manifests(&self, home: PartitionHome) -> String {
        format!("{}/manifest/", self.home(home))
    }

    pub(crate) fn manifest(&self, home: PartitionHome, sequence: u64) -> String {
        format!("{}/manifest/{sequence:020}", self.home(home))
    }

    pub(crate) fn pages(&self, home: PartitionHome) -> String {
        format!("{}/pages/", self.home(home))
    }

    pub(crate) fn page(&self, home: PartitionHome, uuid: Uuid) -> String {
        format!("{}/pages/{}", self.home(home), uuid.simple())
    }

    pub(crate) fn segments(&self, home: PartitionHome) -> String {
        format!("{}/segments/", self.home(home))
    }

    /// Sorts before every segment object whose base offset is at or behind `offset`.
    pub(crate) fn segments_from(&self, home: PartitionHome, offset: Offset) -> String {
        format!("{}/segments/{offset:020}", self.home(home))
    }

    pub(crate) fn segment(&self, home: PartitionHome, id: &ObjectId) -> String {
        format!("{}/segments/{:020}-{}-{}", self.home(home), id.base, id.token.to_hex(), id.uuid.simple())
    }
}

/// The id in the name of a topic's folder; `None` where it is another folder.
pub(crate) fn topic_id_of(folder: &str) -> Option<TopicId> {
    let is_hex = folder.len() == 32 && folder.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| Uuid::try_parse(folder).ok().map(TopicId)).flatten()
}

/// The topic whose folder a key or prefix lies in; `None` where it is no topic's.
pub(crate) fn topic_of(key: &str) -> Option<TopicId> {
    key.split('/').nth(1).and_then(topic_id_of)
}

/// The number at the end of a key of fixed width; `None` where it is not one.
pub(crate) fn sequence_of(key: &str) -> Option<u64> {
    let name = key.rsplit('/').next()?;
    (name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit())).then(|| name.parse().ok())?
}

/// The identity in a segment object's key; `None` where the key is none.
pub(crate) fn object_of(key: &str) -> Option<ObjectId> {
    let mut parts = key.rsplit('/').next()?.split('-');
    let (base, token, uuid) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || base.len() != 20 {
        return None;
    }
    Some(ObjectId { base: base.parse().ok()?, token: WriterToken::from_hex(token)?, uuid: Uuid::try_parse(uuid).ok()? })
}
