//! The trailer's parts and their bytes; the format is drawn in the parent module.

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::PartitionHome;
use crate::object::{CHUNK_LEN, CHUNK_SHIFT, HEAD_LEN_MAX, LOG_LEN_MAX, TRAILER_LEN_MAX};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_model::{EpochEntry, EpochHistory, Offset, ProducerEpoch, ProducerId, TimestampMs, TopicId};
use esker_record::crc32c;
use uuid::Uuid;

const HEAD_MAGIC: u32 = 0x454b_5448; // EKTH
const FOOTER_MAGIC: u64 = 0x454b_4f42_4a45_4354; // EKOBJECT
const VERSION: u16 = 2;
/// Bytes of a head beside its tables: fixed fields and checksum.
const HEAD_FIXED_LEN: usize = 20;
const CHUNK_ENTRY_LEN: usize = 28;
const ABORTED_LEN: usize = 24;
const OPEN_LEN: usize = 19;
const EPOCH_LEN: usize = 12;
const CRC_LEN: usize = 4;
/// Length of the footer, which ends the object.
pub(crate) const FOOTER_LEN: usize = 128;

/// What is known of one chunk of the log part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkEntry {
    /// Base offset of the first batch that starts in it.
    pub(crate) first_offset: Offset,
    /// Position of that batch.
    pub(crate) first_position: u64,
    /// Largest timestamp of all batches that start up to the chunk's end.
    pub(crate) max_timestamp: TimestampMs,
    /// Checksum of the chunk's bytes.
    pub(crate) crc: u32,
}

/// A transaction that was aborted, as Kafka's transaction index and fetch responses name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AbortedTransaction {
    /// The producer.
    pub producer_id: ProducerId,
    /// Offset of its first record.
    pub first_offset: Offset,
    /// Offset of the abort marker, which may lie behind the object.
    pub last_offset: Offset,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its records count.
    Committed,
    /// Its records do not count.
    Aborted,
}

/// A transaction that has records in an object and its marker behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenTransaction {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: ProducerEpoch,
    /// Offset of the transaction's first record.
    pub first_offset: Offset,
    /// How it was decided: an object ends at or below the last stable offset.
    pub outcome: Outcome,
}

/// What a reader needs to find and check bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrailerHead {
    /// One entry for each chunk of the log part.
    pub(crate) chunks: Vec<ChunkEntry>,
    /// Every aborted transaction that overlaps the object, in the order of their markers.
    pub(crate) aborted: Vec<AbortedTransaction>,
}

/// What a replica needs that continues behind the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrailerTail {
    /// Producer state at the object's end, in the format of Kafka's `.snapshot` files.
    pub(crate) producer_snapshot: Bytes,
    /// Transactions open at the object's end.
    pub(crate) open: Vec<OpenTransaction>,
    /// All leader epochs from the log's beginning to the object's end.
    pub(crate) epochs: EpochHistory,
}

/// The object described by its last bytes, enough to rebuild a manifest entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) home: PartitionHome,
    pub(crate) token: WriterToken,
    pub(crate) uuid: Uuid,
    /// First offset that the object covers; its first batch may begin before it.
    pub(crate) base: Offset,
    /// First offset behind the object.
    pub(crate) next: Offset,
    pub(crate) log_len: u64,
    pub(crate) head_len: u32,
    pub(crate) snapshot_len: u32,
    pub(crate) open_len: u32,
    pub(crate) epochs_len: u32,
    pub(crate) max_timestamp: TimestampMs,
    pub(crate) tail_crc: u32,
}

impl TrailerHead {
    /// Length of the bytes of a head with so many chunks and aborted transactions.
    pub(crate) fn encoded_len(chunks: usize, aborted: usize) -> usize {
        HEAD_FIXED_LEN + chunks * CHUNK_ENTRY_LEN + aborted * ABORTED_LEN
    }

    fn encode(&self, writer: &mut Writer, object: Uuid) {
        let start = writer.len();
        writer.u32(HEAD_MAGIC);
        writer.u16(VERSION);
        writer.u8(CHUNK_SHIFT);
        writer.u8(0);
        writer.u32(self.chunks.len() as u32);
        writer.u32(self.aborted.len() as u32);
        for chunk in &self.chunks {
            writer.i64(chunk.first_offset);
            writer.u64(chunk.first_position);
            writer.i64(chunk.max_timestamp);
            writer.u32(chunk.crc);
        }
        for aborted in &self.aborted {
            writer.i64(aborted.producer_id);
            writer.i64(aborted.first_offset);
            writer.i64(aborted.last_offset);
        }
        let crc = crc_of_head(&writer.as_slice()[start..], object);
        writer.u32(crc);
    }

    /// Reads a head, which fills `bytes`, of the object with this uuid, whose log part has `log_len` bytes.
    pub(crate) fn decode(bytes: &[u8], log_len: u64, object: Uuid) -> Result<Self, DecodeError> {
        let mut reader = checked(bytes, |body| crc_of_head(body, object))?;
        if reader.u32()? != HEAD_MAGIC || reader.u16()? != VERSION {
            return reader.fail("not a trailer head of a known version");
        }
        if reader.u8()? != CHUNK_SHIFT || reader.u8()? != 0 {
            return reader.fail("an unknown chunk length");
        }
        let chunk_count = reader.u32()? as usize;
        let aborted_count = reader.u32()? as usize;
        let expected = chunk_count.saturating_mul(CHUNK_ENTRY_LEN) + aborted_count.saturating_mul(ABORTED_LEN);
        if expected != reader.remaining() || chunk_count as u64 != log_len.div_ceil(CHUNK_LEN) {
            return reader.fail("counts that contradict the lengths");
        }
        let mut head = TrailerHead::default();
        head.chunks.reserve_exact(chunk_count);
        for _ in 0..chunk_count {
            let first_offset = reader.i64()?;
            let first_position = reader.u64()?;
            let max_timestamp = reader.i64()?;
            head.chunks.push(ChunkEntry { first_offset, first_position, max_timestamp, crc: reader.u32()? });
        }
        head.aborted.reserve_exact(aborted_count);
        for _ in 0..aborted_count {
            let producer_id = reader.i64()?;
            let first_offset = reader.i64()?;
            head.aborted.push(AbortedTransaction { producer_id, first_offset, last_offset: reader.i64()? });
        }
        let grows = |pair: &[ChunkEntry]| {
            pair[0].first_offset <= pair[1].first_offset && pair[0].first_position <= pair[1].first_position
        };
        if !head.chunks.windows(2).all(grows) || head.chunks.iter().any(|chunk| chunk.first_position >= log_len) {
            return reader.fail("a chunk table that does not grow");
        }
        Ok(head)
    }

    /// Index of the chunk at whose first batch a reader of `offset` begins.
    pub(crate) fn chunk_for_offset(&self, offset: Offset) -> usize {
        self.chunks.partition_point(|chunk| chunk.first_offset <= offset).saturating_sub(1)
    }

    /// Index of the first chunk up to whose end a batch with a timestamp of at least `timestamp` starts.
    pub(crate) fn chunk_for_timestamp(&self, timestamp: TimestampMs) -> Option<usize> {
        let at = self.chunks.partition_point(|chunk| chunk.max_timestamp < timestamp);
        (at < self.chunks.len()).then_some(at)
    }
}

/// A head's checksum covers whose head it is: another object under this one's key, whole in itself, is not taken for it.
fn crc_of_head(head: &[u8], object: Uuid) -> u32 {
    let mut sealed = [0; 20];
    sealed[..16].copy_from_slice(object.as_bytes());
    sealed[16..].copy_from_slice(&crc32c(head).to_be_bytes());
    crc32c(&sealed)
}

/// Splits the checksum off and compares it.
fn checked(bytes: &[u8], crc_of: impl FnOnce(&[u8]) -> u32) -> Result<Reader<'_>, DecodeError> {
    let Some(body_len) = bytes.len().checked_sub(CRC_LEN) else {
        return Err(DecodeError { what: "the bytes end too early", position: 0 });
    };
    let (body, crc) = bytes.split_at(body_len);
    if Reader::new(crc).u32()? != crc_of(body) {
        return Err(DecodeError { what: "a checksum that does not match", position: body_len });
    }
    Ok(Reader::new(body))
}

impl Footer {
    /// Bytes behind the log part.
    pub(crate) fn trailer_len(&self) -> u64 {
        u64::from(self.head_len)
            + u64::from(self.snapshot_len)
            + u64::from(self.open_len)
            + u64::from(self.epochs_len)
            + FOOTER_LEN as u64
    }

    fn encode(&self, writer: &mut Writer) {
        let start = writer.len();
        writer.u64(FOOTER_MAGIC);
        writer.u16(VERSION);
        writer.u16(0);
        writer.u32(CHUNK_LEN as u32);
        writer.uuid(self.home.topic_id.0);
        writer.i32(self.home.partition);
        self.token.write(writer);
        writer.uuid(self.uuid);
        writer.i64(self.base);
        writer.i64(self.next);
        writer.u64(self.log_len);
        writer.u32(self.head_len);
        writer.u32(self.snapshot_len);
        writer.u32(self.open_len);
        writer.u32(self.epochs_len);
        writer.i64(self.max_timestamp);
        writer.u32(self.tail_crc);
        writer.u32(0);
        let crc = crc32c(&writer.as_slice()[start..]);
        writer.u32(crc);
    }

    /// Reads the footer from the last [`FOOTER_LEN`] bytes of an object.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = checked(bytes, crc32c)?;
        if reader.u64()? != FOOTER_MAGIC || reader.u16()? != VERSION || reader.u16()? != 0 {
            return reader.fail("not the footer of a segment object of a known version");
        }
        if u64::from(reader.u32()?) != CHUNK_LEN {
            return reader.fail("an unknown chunk length");
        }
        let home = PartitionHome { topic_id: TopicId(reader.uuid()?), partition: reader.i32()? };
        let footer = Footer {
            home,
            token: WriterToken::read(&mut reader)?,
            uuid: reader.uuid()?,
            base: reader.i64()?,
            next: reader.i64()?,
            log_len: reader.u64()?,
            head_len: reader.u32()?,
            snapshot_len: reader.u32()?,
            open_len: reader.u32()?,
            epochs_len: reader.u32()?,
            max_timestamp: reader.i64()?,
            tail_crc: reader.u32()?,
        };
        reader.u32()?;
        reader.end()?;
        let lengths_fit = footer.log_len <= LOG_LEN_MAX
            && footer.head_len <= HEAD_LEN_MAX
            && footer.trailer_len() <= u64::from(TRAILER_LEN_MAX);
        if !lengths_fit || footer.base < 0 || footer.base >= footer.next {
            return reader.fail("lengths or offsets that no object has");
        }
        Ok(footer)
    }
}

impl TrailerTail {
    /// Reads the tail that `footer` describes; `bytes` reach from the end of the head to the footer.
    pub(crate) fn decode(bytes: &Bytes, footer: &Footer) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if crc32c(bytes) != footer.tail_crc {
            return reader.fail("a tail whose checksum does not match");
        }
        let snapshot_len = footer.snapshot_len as usize;
        reader.take(snapshot_len)?;
        let mut open_part = Reader::new(reader.take(footer.open_len as usize)?);
        let mut epoch_part = Reader::new(reader.take(footer.epochs_len as usize)?);
        reader.end()?;
        let mut open = Vec::with_capacity(open_part.remaining() / OPEN_LEN);
        while open_part.remaining() > 0 {
            let (producer_id, producer_epoch) = (open_part.i64()?, open_part.i16()?);
            let first_offset = open_part.i64()?;
            let outcome = match open_part.u8()? {
                0 => Outcome::Committed,
                1 => Outcome::Aborted,
                _ => return open_part.fail("an unknown outcome"),
            };
            open.push(OpenTransaction { producer_id, producer_epoch, first_offset, outcome });
        }
        let mut entries = Vec::with_capacity(epoch_part.remaining() / EPOCH_LEN);
        while epoch_part.remaining() > 0 {
            entries.push(EpochEntry { epoch: epoch_part.i32()?, start_offset: epoch_part.i64()? });
        }
        let Some(epochs) = EpochHistory::from_entries(entries) else {
            return reader.fail("leader epochs that do not grow");
        };
        Ok(Self { producer_snapshot: bytes.slice(..snapshot_len), open, epochs })
    }

    /// Length of the bytes of a tail with a snapshot of so many bytes, so many transactions and epochs.
    pub(crate) fn encoded_len(snapshot: usize, open: usize, epochs: usize) -> usize {
        snapshot + open * OPEN_LEN + epochs * EPOCH_LEN
    }

    fn encode(&self, writer: &mut Writer) -> [u32; 3] {
        let start = writer.len();
        writer.put(&self.producer_snapshot);
        let open_at = writer.len();
        for open in &self.open {
            writer.i64(open.producer_id);
            writer.i16(open.producer_epoch);
            writer.i64(open.first_offset);
            writer.u8(match open.outcome {
                Outcome::Committed => 0,
                Outcome::Aborted => 1,
            });
        }
        let epochs_at = writer.len();
        for entry in self.epochs.entries() {
            writer.i32(entry.epoch);
            writer.i64(entry.start_offset);
        }
        [open_at - start, epochs_at - open_at, writer.len() - epochs_at].map(|len| len as u32)
    }
}

/// The bytes of a whole trailer. Lengths and checksum of `footer` are filled in here, and it comes back with them.
pub(crate) fn encode_trailer(head: &TrailerHead, tail: &TrailerTail, mut footer: Footer) -> (Bytes, Footer) {
    let mut writer = Writer::default();
    head.encode(&mut writer, footer.uuid);
    let tail_at = writer.len();
    footer.head_len = tail_at as u32;
    [footer.snapshot_len, footer.open_len, footer.epochs_len] = tail.encode(&mut writer);
    footer.tail_crc = crc32c(&writer.as_slice()[tail_at..]);
    footer.encode(&mut writer);
    (writer.finish(), footer)
}
