//! Checks what the bucket holds: everything that is named is there and is what was written, and what is there is named.

use crate::bucket::verify_object::{ObjectFault, check_object};
use crate::bucket::walk::EntryWalk;
use crate::bucket::{
    BucketCluster, BucketError, BucketPartition, BucketTopic, FindingKind, VerifyProgress, VerifyReport,
};
use crate::chain::ChainError;
use crate::cluster::SnapshotError;
use crate::keys::{object_of, sequence_of};
use crate::manifest::{Entry, Found, Garbage, Page, PageRef, Root};
use crate::store::{Listed, Reason, StoreError, StoreErrorKind};
use futures::StreamExt;
use futures::stream;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

const LIST_PAGE: usize = 1000;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyDepth {
    /// The newest version, its pages, and of objects what the listing says: that they are there and how long they are.
    Listing,
    /// Everything but the logs: manifests, pages, trailers, lengths.
    Trailers,
    /// Every byte.
    Everything,
}

/// What is checked, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyOptions {
    /// How much is read.
    pub depth: VerifyDepth,
    /// Objects read at once.
    pub parallelism: usize,
}

/// What the listings of a partition's folder hold.
#[derive(Debug, Default)]
struct Inventory {
    versions: Vec<u64>,
    pages: HashMap<Uuid, String>,
    objects: HashMap<Uuid, Listed>,
}

impl BucketCluster {
    /// Checks the cluster's own objects: generations and the newest snapshot's frame. What is in the snapshot others know; its
    /// bytes come back for them.
    pub async fn verify_cluster(&self, report: &mut VerifyReport) -> Result<Option<bytes::Bytes>, StoreError> {
        if self.generation().await?.is_none() {
            report.find(FindingKind::GenerationMissing, "", self.keys.generations(), "no generation was ever claimed");
        }
        for folder in self.unknown_folders().await? {
            report.find(FindingKind::UnknownKey, "", format!("{}/{folder}/", self.id), "nothing of this name is known");
        }
        match self.group_offsets().await {
            Ok(_) => {}
            Err(SnapshotError::Store(error)) if error.kind != StoreErrorKind::Damaged => return Err(error),
            Err(error) => report.find(FindingKind::SnapshotDamaged, "", self.keys.group_offsets(), error),
        }
        match self.snapshot().await {
            Ok(Some(snapshot)) => return Ok(Some(snapshot.bytes)),
            Ok(None) => {
                let detail = "the cluster's metadata is not in the bucket";
                report.find(FindingKind::SnapshotMissing, "", self.keys.snapshots(), detail);
            }
            Err(SnapshotError::Store(error)) if error.kind != StoreErrorKind::Damaged => return Err(error),
            Err(error) => report.find(FindingKind::SnapshotDamaged, "", self.keys.snapshots(), error),
        }
        Ok(None)
    }

    /// Says how much there is to check of a topic.
    pub async fn expect_topic(&self, topic: &BucketTopic, progress: &VerifyProgress) -> Result<(), BucketError> {
        for partition in topic.partitions.iter().filter(|_| !topic.is_deleted) {
            let summary = self.partition(topic.id, &topic.label(), *partition).summary().await?;
            if let Ok(Some(version)) = summary.version {
                progress.expect(version.segments, version.bytes);
            }
        }
        Ok(())
    }

    /// Checks a topic's file, and counts it.
    pub fn verify_topic(&self, topic: &BucketTopic, report: &mut VerifyReport) {
        if topic.is_deleted {
            report.deleted_topics += 1;
            return;
        }
        report.topics += 1;
        if let Some(problem) = &topic.problem {
            let key = self.keys.topic_json(topic.id);
            report.find(FindingKind::TopicFileDamaged, &topic.label(), key, problem);
        }
        for folder in &topic.unknown {
            let key = format!("{}{folder}/", self.keys.topic(topic.id));
            report.find(FindingKind::UnknownKey, &topic.label(), key, "nothing of this name is known");
        }
    }
}

impl BucketPartition {
    /// Everything beneath a prefix.
    pub(super) async fn list_all(&self, prefix: &str) -> Result<Vec<Listed>, StoreError> {
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let after = all.last().map(|listed| listed.key.clone());
            let page = self.chain.store.list(Reason::Collection, prefix, after.as_deref(), LIST_PAGE).await?;
            let is_last = page.len() < LIST_PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Lists the folder. Objects come first: what a later version names and this listing lacks may have come since.
    async fn inventory(&self, report: &mut VerifyReport) -> Result<Inventory, StoreError> {
        let (keys, home) = (&self.chain.keys, self.chain.home);
        let mut inventory = Inventory::default();
        let mut unknown =
            |key: &str| report.find(FindingKind::UnknownKey, self.label(), key, "no key of this form is written");
        for listed in self.list_all(&keys.segments(home)).await? {
            match object_of(&listed.key) {
                Some(id) => drop(inventory.objects.insert(id.uuid, listed)),
                None => unknown(&listed.key),
            }
        }
        for listed in self.list_all(&keys.pages(home)).await? {
            match listed.key.rsplit('/').next().and_then(|name| Uuid::try_parse(name).ok()) {
                Some(uuid) => drop(inventory.pages.insert(uuid, listed.key)),
                None => unknown(&listed.key),
            }
        }
        for listed in self.list_all(&keys.manifests(home)).await? {
            match sequence_of(&listed.key) {
                Some(sequence) => inventory.versions.push(sequence),
                None => unknown(&listed.key),
            }
        }
        Ok(inventory)
    }

    /// Checks the partition. Only a store that does not answer is an error; everything else is a finding.
    pub async fn verify(&self, options: &VerifyOptions, progress: &VerifyProgress) -> Result<VerifyReport, StoreError> {
        let mut report = VerifyReport { partitions: 1, ..VerifyReport::default() };
        let inventory = self.inventory(&mut report).await?;
        let manifests = self.chain.keys.manifests(self.chain.home);
        let newest = match self.chain.find(0).await? {
            Found::Version(root) => root,
            Found::Nothing => {
                if !inventory.objects.is_empty() {
                    let detail = format!("{} objects and no version that names them", inventory.objects.len());
                    report.find(FindingKind::ManifestMissing, self.label(), manifests, detail);
                }
                return Ok(report);
            }
            Found::Unreadable(reason) => {
                let detail =
                    format!("the newest version cannot be used, so nothing of the partition was checked: {reason}");
                report.find(FindingKind::ManifestDamaged, self.label(), manifests, detail);
                return Ok(report);
            }
        };
        if options.depth != VerifyDepth::Listing {
            self.verify_versions(&inventory, &newest, &mut report).await?;
        }
        let mut named = self.verify_entries(&inventory, &newest, options, progress, &mut report).await?;
        self.name_garbage(&newest, &mut named).await?;
        report.garbage = newest.garbage.len() as u64;
        self.find_unreferenced(&inventory, &newest, &named, &mut report);
        Ok(report)
    }

    /// Reads every version and holds each against the one before it.
    async fn verify_versions(
        &self,
        inventory: &Inventory,
        newest: &Root,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        let mut before: Option<Arc<Root>> = None;
        for sequence in inventory.versions.iter().copied().filter(|sequence| *sequence <= newest.sequence) {
            let key = self.chain.keys.manifest(self.chain.home, sequence);
            let version = match self.chain.root(sequence).await {
                Ok(version) => version,
                Err(ChainError::Store(error)) if error.kind == StoreErrorKind::NotFound => continue, // pruned meanwhile
                Err(ChainError::Store(error)) if error.kind != StoreErrorKind::Damaged => return Err(error),
                Err(error) => {
                    report.find(FindingKind::ManifestDamaged, self.label(), key, error);
                    continue;
                }
            };
            report.versions += 1;
            if let Some(reason) = before.as_ref().and_then(|before| goes_back(before, &version)) {
                report.find(FindingKind::ManifestOrder, self.label(), key, reason);
            }
            before = Some(version);
        }
        for missing in missing_numbers(&inventory.versions, newest) {
            let key = self.chain.keys.manifest(self.chain.home, missing);
            report.find(FindingKind::ManifestGap, self.label(), key, "there are versions before and behind it");
        }
        Ok(())
    }

    /// Checks every object that the newest version names; what is named comes back.
    async fn verify_entries(
        &self,
        inventory: &Inventory,
        root: &Root,
        options: &VerifyOptions,
        progress: &VerifyProgress,
        report: &mut VerifyReport,
    ) -> Result<HashSet<Uuid>, StoreError> {
        let mut named = HashSet::new();
        let mut walk = EntryWalk::new(&self.chain, root, root.dropped_to);
        let mut end: Option<i64> = None;
        let mut is_over = false;
        while !is_over {
            let mut batch = Vec::new();
            while batch.len() < LIST_PAGE && !is_over {
                match walk.next().await {
                    Ok(Some(entry)) => {
                        self.check_abuts(end, &entry, root, report);
                        end = Some(entry.next);
                        batch.push(entry);
                    }
                    Ok(None) => is_over = true,
                    Err((page, error)) => {
                        self.page_fault(&page, error, report)?;
                        end = Some(page.next);
                    }
                }
            }
            named.extend(batch.iter().map(|entry| entry.uuid));
            self.verify_objects(batch, inventory, options, progress, report).await?;
        }
        report.pages += walk.seen.len() as u64;
        named.extend(walk.seen);
        Ok(named)
    }

    fn check_abuts(&self, end: Option<i64>, entry: &Entry, root: &Root, report: &mut VerifyReport) {
        let abuts = end.is_none_or(|end| entry.base == end || (entry.base > end && entry.base <= root.log_start));
        if !abuts {
            let detail = format!("it begins at {} where {} must follow", entry.base, end.unwrap_or_default());
            report.find(FindingKind::EntryGap, self.label(), self.chain.segment_key(entry), detail);
        }
    }

    fn page_fault(&self, page: &PageRef, error: ChainError, report: &mut VerifyReport) -> Result<(), StoreError> {
        let key = self.chain.keys.page(self.chain.home, page.uuid);
        let beneath = format!("{} entries of offsets {} to {} are beneath it", page.entries, page.base, page.next);
        match error {
            ChainError::Store(error) if error.kind == StoreErrorKind::NotFound => {
                report.find(FindingKind::PageMissing, self.label(), key, beneath);
            }
            ChainError::Store(error) if error.kind != StoreErrorKind::Damaged => return Err(error),
            error => report.find(FindingKind::PageDamaged, self.label(), key, format!("{error}; {beneath}")),
        }
        Ok(())
    }

    async fn verify_objects(
        &self,
        entries: Vec<Entry>,
        inventory: &Inventory,
        options: &VerifyOptions,
        progress: &VerifyProgress,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        let depth = options.depth;
        let checks = entries.into_iter().map(|entry| async move {
            let listed_len = inventory.objects.get(&entry.uuid).map(|listed| listed.len);
            let checked = check_object(&self.chain, &entry, listed_len, depth, progress).await;
            progress.object();
            (entry, checked)
        });
        // All of them, before anything else is asked: those that wait in the stream hold their places at the store meanwhile.
        let checks: Vec<_> = stream::iter(checks).buffered(options.parallelism.max(1)).collect().await;
        for (entry, checked) in checks {
            report.objects += 1;
            let key = self.chain.segment_key(&entry);
            let range = format!("offsets {} to {}", entry.base, entry.next);
            match checked {
                Ok(bytes) => report.log_bytes += bytes,
                Err(ObjectFault::Missing) if self.is_named_no_more(&entry).await? => report.objects -= 1,
                Err(ObjectFault::Missing) => report.find(FindingKind::ObjectMissing, self.label(), key, range),
                Err(ObjectFault::Damaged(reason)) => {
                    report.find(FindingKind::ObjectDamaged, self.label(), key, format!("{reason} ({range})"));
                }
                Err(ObjectFault::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a newer version has dropped the entry: then its object may be gone.
    async fn is_named_no_more(&self, entry: &Entry) -> Result<bool, StoreError> {
        match self.newest().await {
            Ok(Some(root)) => Ok(root.dropped_to >= entry.next),
            Ok(None) | Err(BucketError::Unreadable { .. } | BucketError::NoManifest(_)) => Ok(false),
            Err(BucketError::Store(error)) => Err(error),
        }
    }

    /// What waits for its deletion counts as named, pages with everything beneath them.
    async fn name_garbage(&self, root: &Root, named: &mut HashSet<Uuid>) -> Result<(), StoreError> {
        let mut trees = Vec::new();
        for item in &root.garbage {
            match item {
                Garbage::Object(id) => drop(named.insert(id.uuid)),
                Garbage::PageAlone(uuid) => drop(named.insert(*uuid)),
                Garbage::PageTree(uuid) => trees.push(*uuid),
            }
        }
        while let Some(uuid) = trees.pop() {
            named.insert(uuid);
            let key = self.chain.keys.page(self.chain.home, uuid);
            let bytes = match self.chain.store.get_small(Reason::Collection, &key, crate::manifest::PAGE_LEN_MAX).await
            {
                Ok(bytes) => bytes,
                Err(error) if error.kind.is_transient() => return Err(error),
                Err(_) => continue, // on its way out: it may be gone
            };
            match crate::manifest::decode_any_page(&bytes, self.chain.home) {
                Ok(Page::Entries(entries)) => named.extend(entries.iter().map(|entry| entry.uuid)),
                Ok(Page::Refs(refs)) => trees.extend(refs.iter().map(|page| page.uuid)),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn find_unreferenced(&self, inventory: &Inventory, root: &Root, named: &HashSet<Uuid>, report: &mut VerifyReport) {
        let objects = inventory.objects.iter().map(|(uuid, listed)| (uuid, &listed.key));
        let others: BTreeSet<&String> = objects
            .chain(inventory.pages.iter())
            .filter(|(uuid, _)| !named.contains(uuid))
            .map(|(_, key)| key)
            .collect();
        for key in others {
            let is_ahead = object_of(key).is_some_and(|id| id.base >= root.tiered_end);
            let detail = if is_ahead {
                "no version names it yet: its upload is under way, or was given up"
            } else {
                "no version names it; the leader's sweep removes it"
            };
            report.find(FindingKind::Unreferenced, self.label(), key, detail);
        }
    }
}

/// What of a version contradicts the one before it.
fn goes_back(before: &Root, version: &Root) -> Option<String> {
    if version.token < before.token {
        return Some(format!("its token {} is below its predecessor's {}", version.token, before.token));
    }
    if version.log_start < before.log_start || version.tiered_end < before.tiered_end {
        let (log_start, tiered_end) = (version.log_start, version.tiered_end);
        return Some(format!(
            "log start {log_start} or tiered end {tiered_end} is below its predecessor's {} and {}",
            before.log_start, before.tiered_end
        ));
    }
    before.is_final.then(|| "it follows a final version".to_owned())
}

/// Numbers that must be there between those that are: pruning takes the oldest ones only, and leaves writers' firsts.
fn missing_numbers(versions: &[u64], newest: &Root) -> Vec<u64> {
    let kept = |sequence: &u64| newest.firsts.contains(sequence) || *sequence < newest.pruned_to;
    let Some(oldest) = versions.iter().copied().find(|sequence| !kept(sequence)) else { return Vec::new() };
    let present: HashSet<u64> = versions.iter().copied().collect();
    (oldest..=newest.sequence).filter(|sequence| !present.contains(sequence)).take(100).collect()
}
