//! The manifest chain: the truth about what is tiered.
//!
//! Each version is a whole small root object, created (never replaced) at the next sequence number; the newest is the one with the
//! highest key. Two writers cannot both create a number, so every version has one predecessor and the chain is a line.
//!
//! What may leak and who cleans it: a segment object or page whose version never came to be is named by no version; its
//! writer puts it on the garbage list when it knows of it, the next leader's sweep finds it otherwise. What must never
//! happen, and the rule that prevents it:
//!
//! | danger | prevented by |
//! |---|---|
//! | two versions with one number | create-only puts, and a probe of the store at the start |
//! | a lost answer taken for a failure | the key is read back and compared byte by byte |
//! | a sleeper that continues on a pruned branch | knowledge older than 30 minutes is worth nothing; versions live 3 hours |
//! | a deposed leader that commits | the fence: a version with the greater token and no other change |
//! | tiered history that contradicts the log | lineage check at every adoption of a foreign version |
//! | a referenced object deleted | entries leave in one version, their objects after the grace; names are never used again |
//! | local bytes deleted too early | only below the tiered end of a version that was confirmed |

mod change;
#[cfg(test)]
mod change_test;
mod codec;
#[cfg(test)]
mod codec_test;
mod collector;
#[cfg(test)]
mod collector_test;
#[cfg(test)]
mod counts_test;
mod lineage;
#[cfg(test)]
mod lineage_test;
mod retention;
#[cfg(test)]
mod retention_test;
mod rewrite;
#[cfg(test)]
mod rewrite_test;
mod root;
mod sweep;
#[cfg(test)]
mod sweep_test;
#[cfg(test)]
pub(crate) mod test_roots;
mod writer;
#[cfg(test)]
mod writer_test;

pub(crate) use change::{Changes, Finished, PageDrops, SealPlan, Sealed, Version, next_version};
pub(crate) use codec::{Page, RootError, decode_any_page, decode_page, decode_root, encode_page, encode_root};
pub(crate) use collector::Collector;
pub(crate) use lineage::{Lineage, compare};
pub(crate) use retention::{Cut, RetentionLimits, expired_until};
pub(crate) use rewrite::Rewrite;
pub(crate) use root::{Entry, EntryKind, Garbage, PageRef, Pin, Place, Root, Summary, place_in};
pub(crate) use sweep::{Sweep, old_versions};
pub(crate) use writer::{Action, ChainWriter, CreateOutcome, Event, Found, LocalView, Now, Phase, ReadBack};

/// A root that holds this many entries gets its oldest [`PAGE_ENTRIES`] sealed into a page.
pub(crate) const ENTRIES_MAX: usize = 1280;
/// Entries in a page.
pub(crate) const PAGE_ENTRIES: usize = 1024;
/// A root that holds this many page references gets the oldest [`PAGE_REFS`] of one level sealed into a page of pages.
pub(crate) const REFS_MAX: usize = 256;
/// References in a page of pages.
pub(crate) const PAGE_REFS: usize = 128;
/// Most items on a garbage list.
pub(crate) const GARBAGE_MAX: usize = 512;
/// Leader epochs that a root remembers; the trailers hold all of them.
pub(crate) const EPOCHS_MAX: usize = 256;
/// Writers' first versions that a root remembers for pruning.
pub(crate) const FIRSTS_MAX: usize = 256;
/// Most pins of a root.
pub(crate) const PINS_MAX: usize = 64;
/// No root is longer, in bytes.
pub(crate) const ROOT_LEN_MAX: usize = 100 << 10;
/// No page is longer, in bytes.
pub(crate) const PAGE_LEN_MAX: usize = 128 << 10;
