//! The bytes of manifest versions and pages.
//!
//! ```text
//!  root  | EKMANIFE | version u16 | flags u8 | topic id 16 B | partition i32 | sequence u64 | token 16 B | attempt 16 B |
//!        | log start | tiered end | dropped to | dropped bytes | live bytes | grace ms | swept to | fenced at | pruned to | varints
//!        | firsts | epochs | tokens | pages | entries | garbage | pins |                       count and items each
//!        | CRC-32C u32 |
//!  page  | EKMFPAGE | version u16 | level u8 | topic id 16 B | partition i32 | tokens | entries, or references | CRC-32C u32 |
//!
//!  entry | flags u8: bits 0-3 kind, 4 base given, 5 home given | token's number | uuid 16 B | base? | home? |
//!        | next - base | log len | trailer len | head len | timestamp - the one before |              varints
//!  ref   | level u8 | uuid 16 B | base | next - base | entries | bytes | timestamp |                 varints
//! ```
//! An entry's base is given only where it is not the end of the one before. Flag bit 0 of a root says that it is final. Integers are
//! big-endian, offsets and timestamps signed varints. A reader refuses versions, flags and kinds that it does not know: rule 7.

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::{ObjectId, PartitionHome};
use crate::manifest::{
    ENTRIES_MAX, EPOCHS_MAX, Entry, EntryKind, FIRSTS_MAX, GARBAGE_MAX, Garbage, PAGE_LEN_MAX, PAGE_REFS, PINS_MAX,
    PageRef, Pin, REFS_MAX, ROOT_LEN_MAX, Root,
};
use crate::object::{HEAD_LEN_MAX, LOG_LEN_MAX, TRAILER_LEN_MAX};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_model::{EpochEntry, EpochHistory, OffsetRange, TopicId};
use esker_record::crc32c;

const ROOT_MAGIC: &[u8; 8] = b"EKMANIFE";
const PAGE_MAGIC: &[u8; 8] = b"EKMFPAGE";
const VERSION: u16 = 1;
const FLAG_FINAL: u8 = 1;
const ENTRY_BASE_GIVEN: u8 = 1 << 4;
const ENTRY_HOME_GIVEN: u8 = 1 << 5;
const KIND_SEGMENT: u8 = 0;

/// Why a version cannot be used. Nothing falls back to an older one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RootError {
    /// A later release wrote it.
    #[error("it has format version {0}, newer than this broker knows")]
    TooNew(u16),
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(#[from] DecodeError),
}

/// What a sealed page holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// Level 1: entries.
    Entries(Vec<Entry>),
    /// Level 2 and above: pages of the level below.
    Refs(Vec<PageRef>),
}

fn write_home(writer: &mut Writer, home: PartitionHome) {
    writer.uuid(home.topic_id.0);
    writer.i32(home.partition);
}

fn read_home(reader: &mut Reader<'_>) -> Result<PartitionHome, DecodeError> {
    Ok(PartitionHome { topic_id: TopicId(reader.uuid()?), partition: reader.i32()? })
}

/// The distinct tokens of a version, so that an entry names its own by a small number.
fn token_table(entries: &[Entry], garbage: &[Garbage]) -> Vec<WriterToken> {
    let objects = garbage.iter().filter_map(|item| match item {
        Garbage::Object(id) => Some(id.token),
        _ => None,
    });
    let mut tokens: Vec<_> = entries.iter().map(|entry| entry.token).chain(objects).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

fn write_tokens(writer: &mut Writer, tokens: &[WriterToken]) {
    writer.count(tokens.len());
    for token in tokens {
        writer.varint(u64::from(token.generation));
        writer.signed_varint(i64::from(token.leader_epoch));
        writer.signed_varint(token.broker_epoch);
    }
}

fn read_tokens(reader: &mut Reader<'_>) -> Result<Vec<WriterToken>, DecodeError> {
    let count = reader.count(3)?;
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let generation = u32::try_from(reader.varint()?);
        let leader_epoch = i32::try_from(reader.signed_varint()?);
        let (Ok(generation), Ok(leader_epoch)) = (generation, leader_epoch) else {
            return reader.fail("a token out of range");
        };
        tokens.push(WriterToken { generation, leader_epoch, broker_epoch: reader.signed_varint()? });
    }
    Ok(tokens)
}

fn write_token_number(writer: &mut Writer, tokens: &[WriterToken], token: WriterToken) {
    // The table was made of these very tokens.
    writer.count(tokens.binary_search(&token).unwrap_or(tokens.len()));
}

fn read_token_number(reader: &mut Reader<'_>, tokens: &[WriterToken]) -> Result<WriterToken, DecodeError> {
    let number = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    tokens.get(number).copied().map_or_else(|| reader.fail("a token that is not in the table"), Ok)
}

fn write_entries(writer: &mut Writer, entries: &[Entry], tokens: &[WriterToken]) {
    writer.count(entries.len());
    let (mut at, mut timestamp) = (-1, 0);
    for entry in entries {
        let EntryKind::Segment = entry.kind;
        let base_given = if entry.base == at { 0 } else { ENTRY_BASE_GIVEN };
        let home_given = if entry.home.is_some() { ENTRY_HOME_GIVEN } else { 0 };
        writer.u8(KIND_SEGMENT | base_given | home_given);
        write_token_number(writer, tokens, entry.token);
        writer.uuid(entry.uuid);
        if base_given != 0 {
            writer.signed_varint(entry.base);
        }
        if let Some(home) = entry.home {
            write_home(writer, home);
        }
        writer.varint(entry.next.abs_diff(entry.base));
        writer.varint(entry.log_len);
        writer.varint(u64::from(entry.trailer_len));
        writer.varint(u64::from(entry.head_len));
        writer.signed_varint(entry.max_timestamp.wrapping_sub(timestamp));
        (at, timestamp) = (entry.next, entry.max_timestamp);
    }
}

fn read_entries(reader: &mut Reader<'_>, tokens: &[WriterToken]) -> Result<Vec<Entry>, DecodeError> {
    let count = reader.count(23)?;
    let mut entries = Vec::with_capacity(count);
    let (mut at, mut timestamp) = (-1i64, 0i64);
    for _ in 0..count {
        let flags = reader.u8()?;
        if flags & !(ENTRY_BASE_GIVEN | ENTRY_HOME_GIVEN) != KIND_SEGMENT {
            return reader.fail("an entry of an unknown kind");
        }
        let token = read_token_number(reader, tokens)?;
        let uuid = reader.uuid()?;
        let base = if flags & ENTRY_BASE_GIVEN != 0 { reader.signed_varint()? } else { at };
        let home = if flags & ENTRY_HOME_GIVEN != 0 { Some(read_home(reader)?) } else { None };
        let next = i64::try_from(reader.varint()?).ok().and_then(|len| base.checked_add(len));
        let log_len = reader.varint()?;
        let (trailer_len, head_len) = (reader.varint()?, reader.varint()?);
        let max_timestamp = timestamp.wrapping_add(reader.signed_varint()?);
        let Some(next) = next.filter(|next| base >= 0 && *next > base) else {
            return reader.fail("an entry without offsets");
        };
        let lengths_fit = log_len > 0
            && log_len <= LOG_LEN_MAX
            && trailer_len <= u64::from(TRAILER_LEN_MAX)
            && head_len <= u64::from(HEAD_LEN_MAX).min(trailer_len);
        if !lengths_fit {
            return reader.fail("an entry with impossible lengths");
        }
        let (trailer_len, head_len) = (trailer_len as u32, head_len as u32);
        let kind = EntryKind::Segment;
        entries.push(Entry { kind, base, next, token, uuid, home, log_len, trailer_len, head_len, max_timestamp });
        (at, timestamp) = (next, max_timestamp);
    }
    Ok(entries)
}

fn write_refs(writer: &mut Writer, refs: &[PageRef]) {
    writer.count(refs.len());
    for page in refs {
        writer.u8(page.level);
        writer.uuid(page.uuid);
        writer.signed_varint(page.base);
        writer.varint(page.next.abs_diff(page.base));
        writer.varint(page.entries);
        writer.varint(page.bytes);
        writer.signed_varint(page.max_timestamp);
    }
}

fn read_refs(reader: &mut Reader<'_>) -> Result<Vec<PageRef>, DecodeError> {
    let count = reader.count(22)?;
    let mut refs = Vec::with_capacity(count);
    for _ in 0..count {
        let (level, uuid, base) = (reader.u8()?, reader.uuid()?, reader.signed_varint()?);
        let next = i64::try_from(reader.varint()?).ok().and_then(|len| base.checked_add(len));
        let Some(next) = next.filter(|next| base >= 0 && *next > base && level > 0) else {
            return reader.fail("a page without offsets");
        };
        let (entries, bytes) = (reader.varint()?, reader.varint()?);
        refs.push(PageRef { level, uuid, base, next, entries, bytes, max_timestamp: reader.signed_varint()? });
    }
    Ok(refs)
}

fn write_garbage(writer: &mut Writer, garbage: &[Garbage], tokens: &[WriterToken]) {
    writer.count(garbage.len());
    for item in garbage {
        match item {
            Garbage::Object(id) => {
                writer.u8(0);
                writer.uuid(id.uuid);
                writer.signed_varint(id.base);
                write_token_number(writer, tokens, id.token);
            }
            Garbage::PageTree(uuid) => {
                writer.u8(1);
                writer.uuid(*uuid);
            }
            Garbage::PageAlone(uuid) => {
                writer.u8(2);
                writer.uuid(*uuid);
            }
        }
    }
}

fn read_garbage(reader: &mut Reader<'_>, tokens: &[WriterToken]) -> Result<Vec<Garbage>, DecodeError> {
    let count = reader.count(17)?;
    let mut garbage = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = reader.u8()?;
        let uuid = reader.uuid()?;
        garbage.push(match kind {
            0 => {
                let base = reader.signed_varint()?;
                Garbage::Object(ObjectId { base, token: read_token_number(reader, tokens)?, uuid })
            }
            1 => Garbage::PageTree(uuid),
            2 => Garbage::PageAlone(uuid),
            _ => return reader.fail("garbage of an unknown kind"),
        });
    }
    Ok(garbage)
}

fn seal(mut writer: Writer) -> Bytes {
    let crc = crc32c(writer.as_slice());
    writer.u32(crc);
    writer.finish()
}

/// Compares the checksum at the end, then magic and version.
fn open<'a>(bytes: &'a [u8], len_max: usize, magic: &[u8; 8]) -> Result<Reader<'a>, RootError> {
    let whole = Reader::new(bytes);
    if bytes.len() > len_max {
        return Ok(whole.fail("more bytes than one may have")?);
    }
    let Some((body, crc)) = bytes.split_last_chunk::<4>() else { return Ok(whole.fail("the bytes end too early")?) };
    if crc32c(body) != u32::from_be_bytes(*crc) {
        return Ok(whole.fail("a checksum that does not match")?);
    }
    let mut reader = Reader::new(body);
    if reader.take(8)? != magic {
        return Ok(reader.fail("another magic number")?);
    }
    match reader.u16()? {
        VERSION => Ok(reader),
        version if version > VERSION => Err(RootError::TooNew(version)),
        _ => Ok(reader.fail("a version that never was")?),
    }
}

/// The bytes of a version. The same value always gives the same bytes.
pub(crate) fn encode_root(root: &Root) -> Bytes {
    debug_assert_eq!(root.check(), Ok(()));
    let mut writer = Writer::default();
    writer.put(ROOT_MAGIC);
    writer.u16(VERSION);
    writer.u8(if root.is_final { FLAG_FINAL } else { 0 });
    write_home(&mut writer, root.home);
    writer.u64(root.sequence);
    root.token.write(&mut writer);
    writer.uuid(root.attempt);
    writer.signed_varint(root.log_start);
    writer.signed_varint(root.tiered_end);
    writer.signed_varint(root.dropped_to);
    writer.varint(root.dropped_bytes);
    writer.varint(root.live_bytes);
    writer.varint(root.grace_ms);
    writer.signed_varint(root.swept_to);
    writer.signed_varint(root.fenced_at);
    writer.varint(root.pruned_to);
    writer.count(root.firsts.len());
    root.firsts.iter().for_each(|first| writer.varint(*first));
    writer.count(root.epochs.entries().len());
    for entry in root.epochs.entries() {
        writer.varint(entry.epoch as u64);
        writer.signed_varint(entry.start_offset);
    }
    let tokens = token_table(&root.entries, &root.garbage);
    write_tokens(&mut writer, &tokens);
    write_refs(&mut writer, &root.pages);
    write_entries(&mut writer, &root.entries, &tokens);
    write_garbage(&mut writer, &root.garbage, &tokens);
    writer.count(root.pins.len());
    for pin in &root.pins {
        writer.uuid(pin.id);
        writer.signed_varint(pin.range.start);
        writer.signed_varint(pin.range.end);
        writer.signed_varint(pin.expiry_ms);
    }
    seal(writer)
}

/// Reads a version and checks that it is one of `home` with number `sequence`.
pub(crate) fn decode_root(bytes: &[u8], home: PartitionHome, sequence: u64) -> Result<Root, RootError> {
    let mut reader = open(bytes, ROOT_LEN_MAX, ROOT_MAGIC)?;
    let flags = reader.u8()?;
    if flags & !FLAG_FINAL != 0 {
        return Ok(reader.fail("unknown flags")?);
    }
    if read_home(&mut reader)? != home || reader.u64()? != sequence {
        return Ok(reader.fail("another partition's or number's version")?);
    }
    let mut root = Root::empty(home, 0, 0);
    root.is_final = flags & FLAG_FINAL != 0;
    root.sequence = sequence;
    root.token = WriterToken::read(&mut reader)?;
    root.attempt = reader.uuid()?;
    root.log_start = reader.signed_varint()?;
    root.tiered_end = reader.signed_varint()?;
    root.dropped_to = reader.signed_varint()?;
    root.dropped_bytes = reader.varint()?;
    root.live_bytes = reader.varint()?;
    root.grace_ms = reader.varint()?;
    root.swept_to = reader.signed_varint()?;
    root.fenced_at = reader.signed_varint()?;
    root.pruned_to = reader.varint()?;
    for _ in 0..reader.count(1)? {
        root.firsts.push(reader.varint()?);
    }
    root.epochs = read_epochs(&mut reader)?;
    let tokens = read_tokens(&mut reader)?;
    root.pages = read_refs(&mut reader)?;
    root.entries = read_entries(&mut reader, &tokens)?;
    root.garbage = read_garbage(&mut reader, &tokens)?;
    root.pins = read_pins(&mut reader)?;
    reader.end()?;
    let counts_fit =
        root.firsts.len() <= FIRSTS_MAX && root.garbage.len() <= GARBAGE_MAX && root.pins.len() <= PINS_MAX;
    match root.check() {
        Ok(()) if counts_fit => Ok(root),
        Ok(()) => Ok(reader.fail("more items than a root may hold")?),
        Err(what) => Ok(reader.fail(what)?),
    }
}

fn read_epochs(reader: &mut Reader<'_>) -> Result<EpochHistory, DecodeError> {
    let count = reader.count(2)?;
    if count > EPOCHS_MAX {
        return reader.fail("more leader epochs than a root may hold");
    }
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let Ok(epoch) = i32::try_from(reader.varint()?) else { return reader.fail("a leader epoch out of range") };
        entries.push(EpochEntry { epoch, start_offset: reader.signed_varint()? });
    }
    EpochHistory::from_entries(entries).map_or_else(|| reader.fail("leader epochs that do not grow"), Ok)
}

fn read_pins(reader: &mut Reader<'_>) -> Result<Vec<Pin>, DecodeError> {
    let count = reader.count(19)?;
    let mut pins = Vec::with_capacity(count);
    for _ in 0..count {
        let (id, start, end) = (reader.uuid()?, reader.signed_varint()?, reader.signed_varint()?);
        if start > end {
            return reader.fail("a pin that ends before its start");
        }
        pins.push(Pin { id, range: OffsetRange::new(start, end), expiry_ms: reader.signed_varint()? });
    }
    Ok(pins)
}

/// The bytes of a page of level `level`.
pub(crate) fn encode_page(home: PartitionHome, level: u8, page: &Page) -> Bytes {
    let mut writer = Writer::default();
    writer.put(PAGE_MAGIC);
    writer.u16(VERSION);
    writer.u8(level);
    write_home(&mut writer, home);
    match page {
        Page::Entries(entries) => {
            let tokens = token_table(entries, &[]);
            write_tokens(&mut writer, &tokens);
            write_entries(&mut writer, entries, &tokens);
        }
        Page::Refs(refs) => write_refs(&mut writer, refs),
    }
    seal(writer)
}

/// Reads the page that `expected` refers to and checks that it covers what the reference says.
pub(crate) fn decode_page(bytes: &[u8], home: PartitionHome, expected: &PageRef) -> Result<Page, RootError> {
    let (level, page) = read_page(bytes, home)?;
    let (first, last) = match &page {
        Page::Entries(entries) => (entries.first().map(|entry| entry.base), entries.last().map(|entry| entry.next)),
        Page::Refs(refs) => (refs.first().map(|page| page.base), refs.last().map(|page| page.next)),
    };
    if level != expected.level || (first, last) != (Some(expected.base), Some(expected.next)) {
        return Ok(Reader::new(bytes).fail("another page than the one referred to")?);
    }
    Ok(page)
}

/// Reads a page of which only the name is known.
pub(crate) fn decode_any_page(bytes: &[u8], home: PartitionHome) -> Result<Page, RootError> {
    read_page(bytes, home).map(|(_, page)| page)
}

fn read_page(bytes: &[u8], home: PartitionHome) -> Result<(u8, Page), RootError> {
    let mut reader = open(bytes, PAGE_LEN_MAX, PAGE_MAGIC)?;
    let level = reader.u8()?;
    if read_home(&mut reader)? != home {
        return Ok(reader.fail("another partition's page")?);
    }
    let page = if level == 1 {
        let tokens = read_tokens(&mut reader)?;
        Page::Entries(read_entries(&mut reader, &tokens)?)
    } else {
        Page::Refs(read_refs(&mut reader)?)
    };
    reader.end()?;
    let fits = match &page {
        Page::Entries(entries) => entries.len() <= ENTRIES_MAX,
        // Levels fall on the way down, so that no chain of pages is endless.
        Page::Refs(refs) => refs.len() <= REFS_MAX + PAGE_REFS && refs.iter().all(|page| page.level < level),
    };
    if fits { Ok((level, page)) } else { Ok(reader.fail("more than a page may hold")?) }
}
