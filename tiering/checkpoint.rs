//! What this broker's disk knows of the bucket: for each partition the newest version that it wrote.
//!
//! Synced before a local segment is deleted. A leader whose log reaches the tiered end recorded here, and that nobody else can have
//! followed, may serve without asking the bucket.
//!
//! ```text
//!  <data dir>/esker-tier/checkpoints/<topic id, hex>-<partition>
//!  0          8         10     14            30          34         42       58           66          74
//!  | EKTIERCP | version | zero | topic id    | partition | sequence | token  | tiered end | log start | CRC-32C |
//!  |          | u16     | u32  | 16 B        | i32       | u64      | 16 B   | i64        | i64       | u32     |
//! ```

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::PartitionHome;
use crate::token::WriterToken;
use esker_env::Env;
use esker_model::{Offset, TopicId};
use esker_record::crc32c;
use std::io;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"EKTIERCP";
const VERSION: u16 = 1;
const LEN: u64 = 78;

/// The newest version that this broker wrote of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) sequence: u64,
    pub(crate) token: WriterToken,
    pub(crate) tiered_end: Offset,
    pub(crate) log_start: Offset,
}

/// The directory of all checkpoints.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints {
    dir: PathBuf,
    env: Env,
}

impl Checkpoints {
    /// Opens the directory beneath `data_dir`, creating it.
    pub(crate) fn open(data_dir: &Path, env: Env) -> io::Result<Self> {
        let dir = data_dir.join("esker-tier").join("checkpoints");
        env.disk.create_dir_all(&dir)?;
        env.disk.sync_dir(&data_dir.join("esker-tier"))?;
        env.disk.sync_dir(data_dir)?;
        Ok(Self { dir, env })
    }

    fn path(&self, home: PartitionHome) -> PathBuf {
        self.dir.join(format!("{}-{}", home.topic_id.to_hex(), home.partition))
    }

    /// What is recorded; `None` where nothing is, or where it is damaged: then the bucket is asked. Blocks.
    pub(crate) fn read(&self, home: PartitionHome) -> io::Result<Option<Checkpoint>> {
        let bytes = match self.env.disk.read_small(&self.path(home), LEN) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(error),
        };
        let decoded = decode(&bytes, home);
        if let Err(error) = &decoded {
            tracing::warn!(%error, ?home, "a tier checkpoint is damaged; the bucket will be asked instead");
        }
        Ok(decoded.ok())
    }

    /// Records and syncs. Blocks.
    pub(crate) fn write(&self, home: PartitionHome, checkpoint: &Checkpoint) -> io::Result<()> {
        self.env.disk.replace_small(&self.path(home), &encode(home, checkpoint))
    }

    /// Forgets a partition. Blocks.
    pub(crate) fn remove(&self, home: PartitionHome) -> io::Result<()> {
        match self.env.disk.remove_file(&self.path(home)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn encode(home: PartitionHome, checkpoint: &Checkpoint) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.put(MAGIC);
    writer.u16(VERSION);
    writer.u32(0);
    writer.uuid(home.topic_id.0);
    writer.i32(home.partition);
    writer.u64(checkpoint.sequence);
    checkpoint.token.write(&mut writer);
    writer.i64(checkpoint.tiered_end);
    writer.i64(checkpoint.log_start);
    let crc = crc32c(writer.as_slice());
    writer.u32(crc);
    writer.as_slice().to_vec()
}

fn decode(bytes: &[u8], home: PartitionHome) -> Result<Checkpoint, DecodeError> {
    let mut reader = Reader::new(bytes);
    let body_len = bytes.len().saturating_sub(4);
    if Reader::new(&bytes[body_len..]).u32()? != crc32c(&bytes[..body_len]) {
        return reader.fail("a checksum that does not match");
    }
    if reader.take(8)? != MAGIC || reader.u16()? != VERSION || reader.u32()? != 0 {
        return reader.fail("not a tier checkpoint of a known version");
    }
    if (TopicId(reader.uuid()?), reader.i32()?) != (home.topic_id, home.partition) {
        return reader.fail("another partition's checkpoint");
    }
    Ok(Checkpoint {
        sequence: reader.u64()?,
        token: WriterToken::read(&mut reader)?,
        tiered_end: reader.i64()?,
        log_start: reader.i64()?,
    })
}
