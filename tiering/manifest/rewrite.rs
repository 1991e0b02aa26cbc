//! A good copy of an object that only a sealed page names: pages are never overwritten, so the page is written anew, and every page above it,
//! and the next version refers to the new top instead of the old one.

use crate::keys::PartitionHome;
use crate::manifest::{Entry, Garbage, Page, PageRef};
use std::sync::Arc;
use uuid::Uuid;

/// New pages, written, that wait for the version which refers to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// The page that the version is to refer to.
    pub(crate) page: PageRef,
    /// The bad object, and the good copy of it that the new pages name.
    pub(crate) bad: Entry,
    pub(crate) copy: Entry,
    /// The pages that nothing refers to afterwards, the version's own first.
    pub(crate) replaces: Vec<Uuid>,
    /// The pages that nothing refers to if no version takes them, the uppermost first.
    pub(crate) written: Vec<Uuid>,
}

impl Rewrite {
    /// The new pages for the old ones on the way down to `bad`, the uppermost first, and what they say. `None` where they do not name it.
    pub(crate) fn of(
        path: &[(PageRef, Arc<Page>)],
        bad: &Entry,
        copy: &Entry,
        mut fresh: impl FnMut() -> Uuid,
    ) -> Option<(Self, Vec<(PageRef, Page)>)> {
        if (bad.base, bad.next) != (copy.base, copy.next) {
            return None;
        }
        let mut pages: Vec<(PageRef, Page)> = Vec::new();
        let mut beneath: Option<(Uuid, PageRef)> = None;
        for (old, content) in path.iter().rev() {
            let content = match (&**content, beneath) {
                (Page::Entries(entries), None) => Page::Entries(with(entries, |entry| entry == bad, *copy)?),
                (Page::Refs(refs), Some((gone, new))) => Page::Refs(with(refs, |page| page.uuid == gone, new)?),
                _ => return None,
            };
            let bytes = old.bytes.checked_sub(bad.object_len())? + copy.object_len();
            let max_timestamp = match &content {
                Page::Entries(entries) => entries.iter().map(|entry| entry.max_timestamp).max(),
                Page::Refs(refs) => refs.iter().map(|page| page.max_timestamp).max(),
            };
            let new = PageRef { uuid: fresh(), bytes, max_timestamp: max_timestamp?, ..*old };
            beneath = Some((old.uuid, new));
            pages.push((new, content));
        }
        let (_, page) = beneath?;
        let replaces = path.iter().map(|(page, _)| page.uuid).collect();
        let written = pages.iter().rev().map(|(page, _)| page.uuid).collect();
        Some((Self { page, bad: *bad, copy: *copy, replaces, written }, pages))
    }

    /// What a version that refers to the new pages puts on its garbage list.
    pub(super) fn gone(&self, home: PartitionHome) -> Vec<Garbage> {
        let is_ours = self.bad.home.is_none_or(|of| of == home);
        let bad = is_ours.then(|| Garbage::Object(self.bad.id()));
        self.replaces.iter().map(|uuid| Garbage::PageAlone(*uuid)).chain(bad).collect()
    }

    /// What is left where no version refers to them.
    pub(crate) fn leftovers(&self) -> impl Iterator<Item = Garbage> {
        let pages = self.written.iter().map(|uuid| Garbage::PageAlone(*uuid));
        pages.chain([Garbage::Object(self.copy.id())])
    }
}

/// The items with `new` in the place of the one that is meant.
fn with<T: Copy>(items: &[T], is_meant: impl Fn(&T) -> bool, new: T) -> Option<Vec<T>> {
    let at = items.iter().position(is_meant)?;
    let mut items = items.to_vec();
    items[at] = new;
    Some(items)
}
