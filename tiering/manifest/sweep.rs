//! What sweeping and pruning may delete of what a listing shows.

use crate::keys::ObjectId;
use crate::manifest::{Garbage, Root};
use esker_model::{Offset, TimestampMs};
use std::collections::HashSet;
use uuid::Uuid;

/// Versions that are not older than the newest by this much, by the store's clock, are left alone, and pages that are not older than the version
/// which is said not to name them.
const AGE_MIN_MS: i64 = 3 * 3_600_000;
/// Newest versions that pruning keeps.
const KEEP_VERSIONS: u64 = 16;

/// Orphans as a version tells them from what is needed.
#[derive(Debug)]
pub(crate) struct Sweep<'a> {
    root: &'a Root,
    garbage: HashSet<&'a Garbage>,
    /// Below it are the objects of trees of pages that are on the garbage list.
    trees_to: Offset,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(root: &'a Root) -> Self {
        let has_trees = root.garbage.iter().any(|item| matches!(item, Garbage::PageTree(_)));
        Self { root, garbage: root.garbage.iter().collect(), trees_to: if has_trees { root.dropped_to } else { 0 } }
    }

    /// Whether the object goes unless the version names it: its writer is fenced, so no later version can, and it does not wait for its grace,
    /// alone or in a tree.
    pub(crate) fn is_fenced(&self, id: &ObjectId) -> bool {
        let waits_in_tree = id.base < self.trees_to;
        id.token < self.root.token && !waits_in_tree && !self.garbage.contains(&Garbage::Object(*id))
    }

    /// Up to where everything is swept then: no further than before while objects are passed over because they wait in a tree.
    pub(crate) fn swept_to(&self) -> Offset {
        if self.trees_to > 0 { self.root.swept_to } else { self.root.fenced_at }
    }

    /// Of pages, each with its last modification, those that neither the version (`named`) nor its garbage knows and that are much older than the
    /// version, written at `root_ms`. Of younger ones it knows nothing: whoever slept since it was written would take what later versions
    /// name for orphans. A garbage tree holds pages of its own, which are on their way out: while there is one, nothing is swept.
    pub(crate) fn orphan_pages(
        &self,
        listed: impl IntoIterator<Item = (Uuid, TimestampMs)>,
        named: &HashSet<Uuid>,
        root_ms: TimestampMs,
    ) -> Vec<Uuid> {
        if self.garbage.iter().any(|item| matches!(item, Garbage::PageTree(_))) {
            return Vec::new();
        }
        let is_old = |modified_ms: TimestampMs| modified_ms + AGE_MIN_MS < root_ms;
        let is_known = |uuid: &Uuid| named.contains(uuid) || self.garbage.contains(&Garbage::PageAlone(*uuid));
        let listed = listed.into_iter();
        listed.filter(|(uuid, modified_ms)| is_old(*modified_ms) && !is_known(uuid)).map(|(uuid, _)| uuid).collect()
    }
}

/// What may be pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OldVersions {
    /// These go.
    pub(crate) numbers: Vec<u64>,
    /// The first that is too young.
    pub(crate) pruned_to: u64,
}

/// Of `listed`, the oldest versions in order with their last modification, those that are three hours older than the newest by the store's own
/// clock, but for the newest sixteen and each writer's first.
pub(crate) fn old_versions(
    root: &Root,
    listed: impl IntoIterator<Item = (u64, TimestampMs)>,
    newest_ms: TimestampMs,
) -> OldVersions {
    let mut old = OldVersions { numbers: Vec::new(), pruned_to: root.pruned_to };
    for (number, modified_ms) in listed {
        if number + KEEP_VERSIONS > root.sequence || modified_ms + AGE_MIN_MS >= newest_ms {
            break;
        }
        old.pruned_to = number + 1;
        if !root.firsts.contains(&number) {
            old.numbers.push(number);
        }
    }
    old
}
