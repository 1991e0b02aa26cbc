//! The upkeep's requests: deleting garbage, writing pages, walking for retention, sweeping orphans, pruning versions.

use crate::chain::ChainError;
use crate::keys::{object_of, sequence_of};
use crate::manifest::{
    Cut, GARBAGE_MAX, Garbage, PAGE_LEN_MAX, Page, PageDrops, PageRef, RetentionLimits, Root, SealPlan, Sweep,
    decode_any_page, encode_page, expired_until, old_versions,
};
use crate::partition::handle::Shared;
use crate::partition::jobs::{Done, backoff};
use crate::partition::upkeep::Extent;
use crate::process::add;
use crate::store::{Listed, Reason, StoreError, StoreErrorKind};
use esker_model::{Offset, TimestampMs};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

const LIST_PAGE: usize = 1000;

/// Deletes garbage for good.
pub(crate) async fn collect(shared: Arc<Shared>, items: Vec<Garbage>) -> Done {
    let result = delete_all(&shared, &items).await;
    Done::Collected(items, result)
}

async fn delete_all(shared: &Shared, items: &[Garbage]) -> Result<(), ChainError> {
    let chain = &shared.chain;
    let mut keys = Vec::new();
    for item in items {
        match item {
            Garbage::Object(id) => keys.push(chain.keys.segment(chain.home, id)),
            Garbage::PageAlone(uuid) => keys.push(chain.keys.page(chain.home, *uuid)),
            Garbage::PageTree(uuid) => delete_tree(shared, *uuid).await?,
        }
    }
    chain.store.delete(Reason::Collection, &keys).await?;
    add(&shared.core.totals.objects_deleted, keys.len() as u64);
    Ok(())
}

/// Deletes everything beneath a page, then the page: cut short anywhere, it is simply done again.
async fn delete_tree(shared: &Shared, top: Uuid) -> Result<(), ChainError> {
    let chain = &shared.chain;
    let mut stack = vec![(top, false)];
    while let Some((uuid, children_done)) = stack.pop() {
        let key = chain.keys.page(chain.home, uuid);
        if children_done {
            chain.store.delete(Reason::Collection, &[key]).await?;
            continue;
        }
        let page = match chain.store.get_small(Reason::Collection, &key, PAGE_LEN_MAX).await {
            Ok(bytes) => decode_any_page(&bytes, chain.home),
            Err(error) if error.kind == StoreErrorKind::NotFound => continue, // deleted by an earlier try
            Err(error) => return Err(error.into()),
        };
        match page {
            Ok(Page::Entries(entries)) => {
                let ours = entries.iter().filter(|entry| entry.home.is_none_or(|home| home == chain.home));
                let keys: Vec<_> = ours.map(|entry| chain.keys.segment(chain.home, &entry.id())).collect();
                chain.store.delete(Reason::Collection, &keys).await?;
                add(&shared.core.totals.objects_deleted, keys.len() as u64);
                stack.push((uuid, true));
            }
            Ok(Page::Refs(refs)) => {
                stack.push((uuid, true));
                stack.extend(refs.iter().map(|page| (page.uuid, false)));
            }
            // Leak rather than lose: what it named is unknown.
            Err(error) => {
                tracing::error!(partition = %shared.id, key, %error, "a page to be deleted cannot be read; its objects stay")
            }
        }
    }
    Ok(())
}

/// Repeats what only a confirmed version would begin again, and a quiet partition has none for days, for as long as the store is away
/// and the leadership lasts.
pub(super) async fn until_it_answers<T, E, F: Future<Output = Result<T, E>>>(
    request: impl Fn() -> F,
    is_away: impl Fn(&E) -> bool,
) -> Result<T, E> {
    let mut failures = 0;
    loop {
        match request().await {
            Err(error) if is_away(&error) => esker_env::sleep(backoff(failures)).await,
            done => return done,
        }
        failures += 1;
    }
}

/// Writes a page.
pub(crate) async fn seal(shared: Arc<Shared>, plan: SealPlan) -> Done {
    let chain = &shared.chain;
    let body = vec![encode_page(chain.home, plan.page.level, &plan.content)];
    let key = chain.keys.page(chain.home, plan.page.uuid);
    let put = || chain.store.put(Reason::Manifest, &key, &body);
    let result = until_it_answers(put, |error: &StoreError| error.kind.is_transient()).await;
    Done::Sealed(plan, result)
}

/// Reads out of the first page what lies below log start and was not dropped.
pub(crate) async fn page_drops(shared: Arc<Shared>, page: PageRef, from: Offset, to: Offset) -> Done {
    let read = || shared.chain.entries_beneath(&page, from, to, GARBAGE_MAX);
    let is_away = |error: &ChainError| matches!(error, ChainError::Store(error) if error.kind.is_transient());
    let entries = until_it_answers(read, is_away).await;
    Done::PageDrops(entries.map(|entries| PageDrops { base: page.base, entries }))
}

/// Walks for retention, into pages where it must.
pub(crate) async fn cut(shared: Arc<Shared>, sequence: u64, limits: RetentionLimits, wall_ms: TimestampMs) -> Done {
    let walk = async {
        let root = shared.chain.root(sequence).await?;
        let bytes_behind = shared.local.bytes_from(root.tiered_end);
        let mut cut = expired_until(&root, bytes_behind, limits, wall_ms);
        while let Some((page, walk)) = cut.inside {
            let inside = match &*shared.chain.page(&page).await? {
                Page::Entries(entries) => walk.over(&[], entries),
                Page::Refs(refs) => walk.over(refs, &[]),
            };
            cut = Cut { log_start: inside.log_start.or(cut.log_start), ..inside };
        }
        Ok(cut)
    };
    Done::Cut(walk.await)
}

/// Deletes what earlier writers left: objects that the newest version does not name and whose token is below its own can never be
/// committed any more. Pages that nothing refers to, too, once they are old.
pub(crate) async fn sweep(shared: Arc<Shared>, sequence: u64, extent: Extent) -> Done {
    Done::Swept(sweep_all(&shared, sequence, extent).await)
}

async fn sweep_all(shared: &Shared, sequence: u64, extent: Extent) -> Result<Offset, ChainError> {
    let chain = &shared.chain;
    let root = chain.root(sequence).await?;
    let sweep = Sweep::new(&root);
    let mut after = chain.keys.segments_from(chain.home, if extent == Extent::All { 0 } else { root.swept_to });
    loop {
        let page =
            chain.store.list(Reason::Collection, &chain.keys.segments(chain.home), Some(&after), LIST_PAGE).await?;
        let mut orphans = Vec::new();
        for Listed { key, .. } in &page {
            let Some(id) = object_of(key).filter(|id| sweep.is_fenced(id)) else { continue };
            let named = chain.entry_at(&root, id.base).await?.is_some_and(|entry| entry.uuid == id.uuid);
            if !named {
                orphans.push(key.clone());
            }
        }
        if !orphans.is_empty() {
            tracing::info!(partition = %shared.id, count = orphans.len(), "deleting objects that earlier leaders left behind");
            chain.store.delete(Reason::Collection, &orphans).await?;
            add(&shared.core.totals.objects_deleted, orphans.len() as u64);
        }
        match page.last() {
            Some(last) if page.len() == LIST_PAGE => after.clone_from(&last.key),
            _ => break,
        }
    }
    sweep_pages(shared, &root, &sweep).await?;
    Ok(sweep.swept_to())
}

async fn sweep_pages(shared: &Shared, root: &Root, sweep: &Sweep<'_>) -> Result<(), ChainError> {
    let chain = &shared.chain;
    let prefix = chain.keys.pages(chain.home);
    let mut listed: Vec<Listed> = Vec::new();
    loop {
        let after = listed.last().map(|listed| listed.key.clone());
        let page = chain.store.list(Reason::Collection, &prefix, after.as_deref(), LIST_PAGE).await?;
        let is_full = page.len() == LIST_PAGE;
        listed.extend(page);
        if !is_full {
            break;
        }
    }
    if listed.is_empty() {
        return Ok(());
    }
    let mut named: HashSet<Uuid> = HashSet::new();
    let mut stack = root.pages.clone();
    while let Some(page) = stack.pop() {
        named.insert(page.uuid);
        if page.level > 1
            && let Page::Refs(refs) = &*chain.page(&page).await?
        {
            stack.extend(refs);
        }
    }
    let (prefix, key) = (chain.keys.manifests(chain.home), chain.keys.manifest(chain.home, root.sequence));
    let before = root.sequence.checked_sub(1).map(|before| chain.keys.manifest(chain.home, before));
    let version = chain.store.list(Reason::Collection, &prefix, before.as_deref(), 1).await?;
    let Some(root_ms) = version.first().filter(|listed| listed.key == key).map(|listed| listed.modified_ms) else {
        return Ok(()); // it was pruned: this is a sleeper, and others have swept since
    };
    let listed = listed.iter().filter_map(|listed| {
        let name = listed.key.rsplit('/').next()?;
        Some((Uuid::try_parse(name).ok()?, listed.modified_ms))
    });
    let orphans = sweep.orphan_pages(listed, &named, root_ms);
    let keys: Vec<_> = orphans.iter().map(|uuid| chain.keys.page(chain.home, *uuid)).collect();
    Ok(chain.store.delete(Reason::Collection, &keys).await?)
}

/// Deletes versions three hours older than the newest by the store's own clock, keeping the newest sixteen and writers' firsts.
pub(crate) async fn prune(shared: Arc<Shared>, sequence: u64) -> Done {
    Done::Pruned(prune_all(&shared, sequence).await)
}

async fn prune_all(shared: &Shared, sequence: u64) -> Result<u64, StoreError> {
    let chain = &shared.chain;
    let root = match chain.root(sequence).await {
        Ok(root) => root,
        Err(ChainError::Store(error)) => return Err(error),
        Err(error) => return Err(StoreError::new(StoreErrorKind::Damaged, "prune", "", error)),
    };
    let prefix = chain.keys.manifests(chain.home);
    let after = chain.keys.manifest(chain.home, root.pruned_to.saturating_sub(1));
    let page = chain.store.list(Reason::Collection, &prefix, Some(&after), LIST_PAGE).await?;
    let newest = match page.last() {
        Some(last) if page.len() == LIST_PAGE => {
            chain.store.list_last(Reason::Collection, &prefix, Some(&last.key)).await?.unwrap_or_else(|| last.clone())
        }
        Some(last) => last.clone(),
        None => return Ok(root.pruned_to),
    };
    let versions = page.iter().map_while(|listed| Some((sequence_of(&listed.key)?, listed.modified_ms)));
    let old = old_versions(&root, versions, newest.modified_ms);
    let keys: Vec<_> = old.numbers.iter().map(|number| chain.keys.manifest(chain.home, *number)).collect();
    chain.store.delete(Reason::Collection, &keys).await?;
    Ok(old.pruned_to)
}
