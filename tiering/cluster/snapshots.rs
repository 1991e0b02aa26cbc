//! Snapshots of what is not in partitions, the cluster's metadata and its groups' offsets: chains under the manifest's rules, each
//! version whole, created at the next number.
//!
//! ```text
//!  0          8         10         18       34           50           54
//!  | EKCLUSNP | version | sequence | token  | attempt id | length u32 | snapshot bytes | CRC-32C |
//! ```
//! The bytes are their owner's; nothing here looks inside.

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::sequence_of;
use crate::store::{Created, Listed, Reason, Store, StoreError, StoreErrorKind};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_env::Env;
use esker_record::crc32c;
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"EKCLUSNP";
const VERSION: u16 = 1;
const HEADER_LEN: usize = 54;
const LEN_MAX: usize = 256 << 20;
const KEEP: usize = 16;
const AGE_MIN_MS: i64 = 3 * 3_600_000;
const TRIES_MAX: u32 = 8;

/// A snapshot as it is in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSnapshot {
    /// Its number in the chain.
    pub sequence: u64,
    /// Who wrote it: cluster generation, controller epoch, broker epoch.
    pub token: WriterToken,
    /// What was given.
    pub bytes: Bytes,
}

/// Why a snapshot was not written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The store failed; try again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The newest one is not readable.
    #[error("snapshot {sequence}: {error}")]
    Unreadable {
        /// Its number.
        sequence: u64,
        /// What is wrong.
        error: DecodeError,
    },
    /// A later writer writes them.
    #[error("a writer with token {0} has written since")]
    Fenced(WriterToken),
    /// It is longer than a reader accepts.
    #[error("a snapshot of {0} bytes is longer than 256 MiB")]
    TooLong(usize),
}

/// Writes and reads one chain.
#[derive(Debug)]
pub(crate) struct Snapshots {
    pub(crate) store: Store,
    /// What its keys begin with.
    pub(crate) prefix: String,
    pub(crate) env: Env,
}

fn encode(sequence: u64, token: WriterToken, attempt: Uuid, bytes: &[u8]) -> Bytes {
    let mut writer = Writer::default();
    writer.put(MAGIC);
    writer.u16(VERSION);
    writer.u64(sequence);
    token.write(&mut writer);
    writer.uuid(attempt);
    writer.u32(bytes.len() as u32);
    writer.put(bytes);
    let crc = crc32c(writer.as_slice());
    writer.u32(crc);
    writer.finish()
}

fn decode(bytes: &Bytes, sequence: u64) -> Result<ClusterSnapshot, DecodeError> {
    let mut reader = Reader::new(bytes);
    let body_len = bytes.len().saturating_sub(4);
    if Reader::new(&bytes[body_len..]).u32()? != crc32c(&bytes[..body_len]) {
        return reader.fail("a checksum that does not match");
    }
    if reader.take(8)? != MAGIC || reader.u16()? != VERSION || reader.u64()? != sequence {
        return reader.fail("not a cluster snapshot of a known version and this number");
    }
    let token = WriterToken::read(&mut reader)?;
    reader.uuid()?;
    let len = reader.u32()? as usize;
    reader.take(len)?;
    reader.u32()?;
    reader.end()?;
    Ok(ClusterSnapshot { sequence, token, bytes: bytes.slice(HEADER_LEN..HEADER_LEN + len) })
}

/// The number behind the newest one, which must not be of a greater token.
fn behind(newest: Option<ClusterSnapshot>, token: WriterToken) -> Result<u64, SnapshotError> {
    match newest {
        Some(newest) if newest.token > token => Err(SnapshotError::Fenced(newest.token)),
        newest => Ok(newest.map_or(1, |newest| newest.sequence + 1)),
    }
}

impl Snapshots {
    fn key(&self, sequence: u64) -> String {
        format!("{}{sequence:020}", self.prefix)
    }

    async fn listed(&self) -> Result<Option<Listed>, StoreError> {
        self.store.list_last(Reason::Cluster, &self.prefix, None).await
    }

    async fn get(&self, sequence: u64) -> Result<ClusterSnapshot, SnapshotError> {
        let bytes = self.store.get_small(Reason::Cluster, &self.key(sequence), LEN_MAX + HEADER_LEN + 4).await?;
        decode(&bytes, sequence).map_err(|error| SnapshotError::Unreadable { sequence, error })
    }

    /// The newest one; nothing falls back to an older one.
    pub(crate) async fn latest(&self) -> Result<Option<ClusterSnapshot>, SnapshotError> {
        match self.listed().await?.and_then(|listed| sequence_of(&listed.key)) {
            Some(sequence) => self.get(sequence).await.map(Some),
            None => Ok(None),
        }
    }

    /// Writes the next one; its number comes back. A writer that meets a greater token has lost its place. One that knows the number
    /// `before`, which it wrote lately itself, need not ask for the newest: where others have written since, the next number is taken.
    pub(crate) async fn write(
        &self,
        token: WriterToken,
        bytes: &[u8],
        before: Option<u64>,
    ) -> Result<u64, SnapshotError> {
        if bytes.len() > LEN_MAX {
            return Err(SnapshotError::TooLong(bytes.len()));
        }
        let mut sequence = match before {
            Some(before) => before + 1,
            None => behind(self.latest().await?, token)?,
        };
        for _ in 0..TRIES_MAX {
            let body = encode(sequence, token, self.env.random.uuid(), bytes);
            let key = self.key(sequence);
            match self.store.create(Reason::Cluster, &key, body.clone()).await {
                Created::Written => return Ok(sequence),
                Created::NotWritten(error) => return Err(error.into()),
                Created::Exists | Created::Unknown(_) => {
                    match self.store.get_small(Reason::Cluster, &key, LEN_MAX + HEADER_LEN + 4).await {
                        Ok(stored) if stored == body => return Ok(sequence),
                        Ok(stored) => {
                            let other = decode(&stored, sequence);
                            let other = other.map_err(|error| SnapshotError::Unreadable { sequence, error })?;
                            sequence = behind(Some(other), token)?;
                        }
                        Err(error) if error.kind == StoreErrorKind::NotFound => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        let detail = "too many others write at the same time";
        Err(StoreError::new(StoreErrorKind::Unknown, "create", &self.prefix, detail).into())
    }

    /// Deletes old ones, three hours older than the newest by the store's clock, keeping sixteen.
    pub(crate) async fn prune(&self) -> Result<usize, StoreError> {
        let listed = self.store.list(Reason::Cluster, &self.prefix, None, 1000).await?;
        let Some(newest) = listed.last() else { return Ok(0) };
        let old = listed.iter().rev().skip(KEEP).filter(|old| old.modified_ms + AGE_MIN_MS < newest.modified_ms);
        let keys: Vec<_> = old.map(|old| old.key.clone()).collect();
        self.store.delete(Reason::Cluster, &keys).await?;
        Ok(keys.len())
    }
}
