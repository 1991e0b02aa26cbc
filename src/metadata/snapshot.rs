//! A snapshot: the shortest sequence of records that makes an image, as lines of text.
//!
//! ```text
//! {"format":"esker-cluster-snapshot","version":1,"offset":812,"records":3}
//! {"type":"cluster-created","cluster_id":"..."}
//! ...                                               as many lines as the first says
//! {"crc32c":"9f3b01aa"}                             of every byte before this line
//! ```
//! Every line ends with a line feed. The order is such that each record fits what the ones before it made.

use crate::{ClusterImage, ConfigResourceKind, Record, RecordError, Secrecy};
use esker_model::Offset;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "esker-cluster-snapshot";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    offset: Offset,
    records: u64,
}

#[derive(Serialize, Deserialize)]
struct Foot {
    crc32c: String,
}

/// Why bytes are not a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end early, hold more than they say, or their checksum differs.
    #[error("the metadata snapshot is damaged: {0}")]
    Damaged(String),
    /// The layout is a later one.
    #[error("the metadata snapshot has version {0}: a newer version of Esker wrote it")]
    NewerVersion(u32),
    /// A line is no record of this version.
    #[error("line {line} of the metadata snapshot: {error}")]
    Record {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        error: RecordError,
    },
    /// A record does not fit the ones before it.
    #[error("line {line} of the metadata snapshot does not fit: {reason}")]
    Misfit {
        /// The line, from 1.
        line: u64,
        /// What does not fit.
        reason: String,
    },
}

impl ClusterImage {
    /// The shortest sequence of records that makes this image from the empty one.
    ///
    /// The image is taken apart field by field, so that a new keyspace cannot be forgotten: it would not compile.
    pub fn to_records(&self) -> impl Iterator<Item = Record> + '_ {
        let ClusterImage {
            offset: _,
            cluster_id,
            topics,
            topic_ids,
            colliding: _, // follows from the names
            deletions,
            configs,
            brokers,
            features,
            next_producer_id,
            acls,
            quotas,
            scram,
        } = self;
        let cluster = cluster_id.iter().map(|id| Record::ClusterCreated { cluster_id: id.clone() });
        let features = features.iter().map(|(name, level)| Record::FeatureSet { name: name.clone(), level: *level });
        let brokers = brokers.values().map(|broker| Record::BrokerRegistered((**broker).clone()));
        let topics = topic_ids.values().filter_map(|id| topics.get(id)).flat_map(|topic| {
            let created = Record::TopicCreated { topic_id: topic.id, name: topic.name.clone(), tiered: topic.tiered };
            let partitions = topic.partitions.iter().zip(0..).map(|(state, partition)| Record::PartitionCreated {
                topic_id: topic.id,
                partition,
                state: (**state).clone(),
            });
            std::iter::once(created).chain(partitions)
        });
        let deletions = deletions.values().map(|deletion| Record::TopicDeleted((**deletion).clone()));
        let configs = configs.iter().flat_map(|(resource, set)| {
            set.iter().map(|(key, value)| Record::ConfigSet {
                resource: resource.clone(),
                key: key.clone(),
                value: Some(value.clone()),
            })
        });
        let next = *next_producer_id;
        let ids = (next > 0).then_some(Record::ProducerIdsAllocated { broker: -1, broker_epoch: -1, next });
        let acls = acls.iter().map(Record::AclCreated);
        let quotas = quotas.iter().flat_map(|(entity, set)| {
            set.iter().map(|(key, value)| Record::QuotaSet {
                entity: entity.clone(),
                key: key.clone(),
                value: Some(*value),
            })
        });
        let scram = scram.iter().map(|((user, mechanism), credential)| Record::ScramCredentialSet {
            user: user.clone(),
            mechanism: *mechanism,
            credential: (**credential).clone(),
        });
        let cluster = cluster.chain(features).chain(brokers).chain(topics).chain(deletions).chain(configs).chain(ids);
        cluster.chain(acls).chain(quotas).chain(scram)
    }
}

/// The whole image as bytes.
pub fn encode_snapshot(image: &ClusterImage) -> Vec<u8> {
    encode(image.offset(), image.to_records())
}

/// What may lie in a bucket of the image: no credentials, no values of sensitive configurations, no registrations of this run.
///
/// `sensitive` says of a configuration whether its value must stay here.
pub fn bucket_snapshot(image: &ClusterImage, sensitive: impl Fn(ConfigResourceKind, &str) -> bool) -> Vec<u8> {
    let leaves = |record: &Record| match (record.secrecy(), record) {
        (Secrecy::Public, _) => true,
        (Secrecy::ByConfigKey, Record::ConfigSet { resource, key, .. }) => !sensitive(resource.kind, key),
        (Secrecy::ByConfigKey | Secrecy::Credential | Secrecy::Transient, _) => false,
    };
    encode(image.offset(), image.to_records().filter(leaves))
}

fn encode(offset: Offset, records: impl Iterator<Item = Record>) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut count = 0;
    for record in records {
        lines.extend_from_slice(&record.encode());
        lines.push(b'\n');
        count += 1;
    }
    let head = format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"offset\":{offset},\"records\":{count}}}\n");
    let crc = crc32c::crc32c_append(crc32c::crc32c(head.as_bytes()), &lines);
    let foot = format!("{{\"crc32c\":\"{crc:08x}\"}}\n");
    [head.as_bytes(), &lines, foot.as_bytes()].concat()
}

/// The image that `bytes` hold.
pub fn decode_snapshot(bytes: &[u8]) -> Result<ClusterImage, SnapshotError> {
    let damaged = |text: &str| SnapshotError::Damaged(text.to_owned());
    let body_and_foot = bytes.strip_suffix(b"\n").ok_or_else(|| damaged("it does not end with a line feed"))?;
    let cut = body_and_foot.iter().rposition(|&byte| byte == b'\n').ok_or_else(|| damaged("it is a single line"))? + 1;
    let (body, foot) = body_and_foot.split_at(cut);
    let foot: Foot = serde_json::from_slice(foot).map_err(|error| damaged(&format!("its last line: {error}")))?;
    if foot.crc32c != format!("{:08x}", crc32c::crc32c(body)) {
        return Err(damaged("its checksum differs"));
    }
    let mut lines = body.strip_suffix(b"\n").unwrap_or(body).split(|&byte| byte == b'\n');
    let head: Head = serde_json::from_slice(lines.next().unwrap_or_default())
        .map_err(|error| damaged(&format!("its first line: {error}")))?;
    if head.format != FORMAT {
        return Err(damaged("it is of another format"));
    }
    if head.version != VERSION {
        return Err(SnapshotError::NewerVersion(head.version));
    }
    decode_records(&head, lines)
}

fn decode_records<'a>(head: &Head, lines: impl Iterator<Item = &'a [u8]>) -> Result<ClusterImage, SnapshotError> {
    let mut image = ClusterImage::default();
    let mut count = 0;
    for bytes in lines {
        count += 1;
        let line = count + 1;
        let record = Record::decode(bytes).map_err(|error| SnapshotError::Record { line, error })?;
        image.change(&record).map_err(|reason| SnapshotError::Misfit { line, reason })?;
    }
    if count != head.records {
        return Err(SnapshotError::Damaged(format!("it holds {count} records, not {}", head.records)));
    }
    image.offset = head.offset;
    Ok(image)
}
