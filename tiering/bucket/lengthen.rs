//! Makes a partition's history longer than it is, to measure what a long one costs: only the manifest grows, no object comes with it.
//!
//! The entry of the most offsets gives way to many entries of few, as if each had been a segment; then the oldest are sealed into pages, as
//! wherever a root would hold too much. Offsets, log start and tiered end stay what they are, so a leader goes on from there.

use crate::bucket::repair_pages::seal;
use crate::bucket::walk::EntryWalk;
use crate::bucket::{BucketError, BucketPartition};
use crate::manifest::{CreateOutcome, Entry, Garbage, Root, encode_root};
use crate::store::{Reason, StoreError, StoreErrorKind};
use esker_model::{Offset, TimestampMs};
use uuid::Uuid;

/// What a history has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengthened {
    /// The version that says so.
    pub sequence: u64,
    /// Its entries, those in pages included.
    pub entries: u64,
    /// Its pages.
    pub pages: usize,
    /// Its own length in bytes.
    pub root_len: usize,
}

impl BucketPartition {
    /// Makes it one of `count` entries, or of as many as there are offsets for. `fresh` gives names that nobody has used. Nobody else may
    /// write meanwhile.
    pub async fn lengthen(&self, count: u64, mut fresh: impl FnMut() -> Uuid) -> Result<Lengthened, BucketError> {
        let base = self.expect_newest().await?;
        let (known, old_pages) = self.all_entries(&base).await?;
        let more = count.saturating_sub(known.len() as u64);
        let (entries, replaced) = split_widest(&known, more, &mut fresh);
        let sealed = seal(self.chain.home, &entries, &mut fresh);
        for (page, bytes) in &sealed.written {
            let key = self.chain.keys.page(self.chain.home, page.uuid);
            self.chain.store.put(Reason::Manifest, &key, &vec![bytes.clone()]).await?;
        }
        let gone =
            old_pages.into_iter().map(Garbage::PageAlone).chain(replaced.map(|entry| Garbage::Object(entry.id())));
        let root = Root {
            sequence: base.sequence + 1,
            attempt: fresh(),
            live_bytes: entries.iter().map(Entry::object_len).sum(),
            garbage: base.garbage.iter().copied().chain(gone).collect(),
            pages: sealed.refs,
            entries: sealed.rest,
            ..(*base).clone()
        };
        let root_len = self.write(&root).await?;
        let (sequence, pages) = (root.sequence, sealed.written.len());
        Ok(Lengthened { sequence, entries: entries.len() as u64, pages, root_len })
    }

    async fn all_entries(&self, root: &Root) -> Result<(Vec<Entry>, Vec<Uuid>), BucketError> {
        let mut walk = EntryWalk::new(&self.chain, root, 0);
        let mut entries = Vec::new();
        while let Some(entry) = walk.next().await.map_err(|(_, error)| error)? {
            entries.push(entry);
        }
        Ok((entries, walk.seen))
    }

    /// Its length comes back.
    async fn write(&self, root: &Root) -> Result<usize, BucketError> {
        assert_eq!(root.check(), Ok(()), "a longer history must keep the chain's rules");
        let bytes = encode_root(root);
        let len = bytes.len();
        match self.chain.create(root.sequence, bytes).await {
            CreateOutcome::Written => Ok(len),
            CreateOutcome::Exists | CreateOutcome::Unknown | CreateOutcome::NotWritten => {
                let key = self.chain.keys.manifest(self.chain.home, root.sequence);
                Err(StoreError::new(StoreErrorKind::Unknown, "create", &key, "the version was not written").into())
            }
        }
    }
}

/// Puts `more` entries and one in the place of the one with the most offsets, which comes back with them.
fn split_widest(known: &[Entry], more: u64, fresh: &mut impl FnMut() -> Uuid) -> (Vec<Entry>, Option<Entry>) {
    let widest = (0..known.len()).max_by_key(|at| known[*at].next - known[*at].base);
    let Some(at) = widest.filter(|_| more > 0) else { return (known.to_vec(), None) };
    let whole = known[at];
    let offsets = whole.next - whole.base;
    let count = Offset::try_from(more).unwrap_or(Offset::MAX).saturating_add(1).min(offsets);
    let mut entries = known[..at].to_vec();
    for part in 0..count {
        // Spread evenly, the last one up to the end.
        let border = |part: Offset| whole.base + (i128::from(offsets) * i128::from(part) / i128::from(count)) as Offset;
        let max_timestamp: TimestampMs = whole.max_timestamp - (count - 1 - part);
        entries.push(Entry { base: border(part), next: border(part + 1), uuid: fresh(), max_timestamp, ..whole });
    }
    entries.extend_from_slice(&known[at + 1..]);
    (entries, Some(whole))
}
