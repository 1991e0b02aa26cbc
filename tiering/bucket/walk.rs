//! Goes through the entries of a version in their order, however deep its pages nest, without holding more than a page of each level.

use crate::chain::{Chain, ChainError};
use crate::manifest::{Entry, Page, PageRef, Root};
use esker_model::Offset;
use std::collections::VecDeque;

/// See the module.
#[derive(Debug)]
pub(crate) struct EntryWalk<'a> {
    chain: &'a Chain,
    /// What ends at or below it is passed over.
    from: Offset,
    /// Pages to go through, the next one last.
    pages: Vec<PageRef>,
    entries: VecDeque<Entry>,
    last: VecDeque<Entry>,
    /// Pages that were asked for.
    pub(crate) seen: Vec<uuid::Uuid>,
}

impl<'a> EntryWalk<'a> {
    /// The entries of `root` that end behind `from`, and behind what was dropped already.
    pub(crate) fn new(chain: &'a Chain, root: &Root, from: Offset) -> Self {
        let from = from.max(root.dropped_to);
        let pages = root.pages.iter().rev().copied().collect();
        Self {
            chain,
            from,
            pages,
            entries: VecDeque::new(),
            last: root.entries.iter().copied().collect(),
            seen: Vec::new(),
        }
    }

    /// The next entry. After an error the walk goes on behind the page that cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Entry>, (PageRef, ChainError)> {
        loop {
            if let Some(entry) = self.entries.pop_front() {
                if entry.next > self.from {
                    return Ok(Some(entry));
                }
                continue;
            }
            let Some(page) = self.pages.pop() else {
                let mut last = std::mem::take(&mut self.last);
                if last.is_empty() {
                    return Ok(None);
                }
                std::mem::swap(&mut self.entries, &mut last);
                continue;
            };
            self.seen.push(page.uuid);
            if page.next <= self.from {
                continue;
            }
            let content = self.chain.page(&page).await.map_err(|error| (page, error))?;
            match &*content {
                Page::Entries(entries) => self.entries.extend(entries),
                Page::Refs(refs) => self.pages.extend(refs.iter().rev()),
            }
        }
    }
}
