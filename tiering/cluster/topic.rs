//! A topic's life in the bucket: its file before the first manifest, its end mark, and the job that empties its prefix.
//!
//! The order of the end: a final version in every partition, so that no leader goes on; the `deleted` mark, without which nothing is ever
//! emptied; segments and pages; after the grace, when nobody can still act on old knowledge, manifests and the topic's file; the mark
//! last. Cut short anywhere, the job is simply begun again; absence of metadata begins nothing.

use crate::chain::Chain;
use crate::keys::{Keys, PartitionHome};
use crate::manifest::{Action, ChainWriter, Event, LocalView, Now, Phase};
use crate::meta_cache::MetaCache;
use crate::store::{Created, Reason, Store, StoreError, StoreErrorKind};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_env::{Env, Instant};
use esker_model::TopicId;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

const LIST_PAGE: usize = 1000;

#[derive(Serialize)]
struct TopicFile<'a> {
    name: &'a str,
    topic_id: String,
    created_ms: i64,
}

/// The bytes of `topic.json`.
pub(crate) fn topic_file(topic: TopicId, name: &str, created_ms: i64) -> Bytes {
    let file = TopicFile { name, topic_id: topic.to_string(), created_ms };
    // Strings and numbers always serialise.
    serde_json::to_vec(&file).unwrap_or_default().into()
}

/// How far the deletion of a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteProgress {
    /// Nothing of the topic is left: the job is over.
    Empty,
    /// Its data is gone; its manifests go after the grace. Call again then.
    Waiting {
        /// How long to wait.
        pause: Duration,
    },
}

/// Deletes one topic. See the module.
#[derive(Debug)]
pub(crate) struct TopicDeletion {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) meta: Arc<MetaCache>,
    pub(crate) env: Env,
    pub(crate) topic: TopicId,
    pub(crate) partitions: i32,
    pub(crate) generation: u32,
    pub(crate) grace: Duration,
}

impl TopicDeletion {
    /// Does all that can be done now. `marked_at` is when the first call was begun, on this process's clock.
    pub(crate) async fn run(&self, marked_at: Instant) -> Result<DeleteProgress, StoreError> {
        if !self.is_marked().await? {
            if self.store.list(Reason::Collection, &self.keys.topic(self.topic), None, 1).await?.is_empty() {
                return Ok(DeleteProgress::Empty); // never tiered, or deleted before
            }
            for partition in 0..self.partitions {
                self.finish_partition(PartitionHome { topic_id: self.topic, partition }).await?;
            }
            self.mark().await?;
        }
        self.delete_where(|key| key.contains("/segments/") || key.contains("/pages/")).await?;
        let waited = self.env.clock.now().since(marked_at);
        if waited < self.grace {
            return Ok(DeleteProgress::Waiting { pause: self.grace - waited });
        }
        let mark = self.keys.deleted_mark(self.topic);
        self.delete_where(|key| key != mark).await?;
        self.store.delete(Reason::Collection, &[mark]).await?;
        Ok(DeleteProgress::Empty)
    }

    async fn is_marked(&self) -> Result<bool, StoreError> {
        match self.store.get_small(Reason::Collection, &self.keys.deleted_mark(self.topic), 1 << 10).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn mark(&self) -> Result<(), StoreError> {
        let body = Bytes::from(format!("{{\"deleted_ms\":{}}}\n", self.env.clock.wall_ms()));
        match self.store.create(Reason::Collection, &self.keys.deleted_mark(self.topic), body).await {
            Created::Written | Created::Exists => Ok(()),
            Created::Unknown(error) | Created::NotWritten(error) => Err(error),
        }
    }

    /// Writes the version that none may follow. The same machine that leaders use, with a token above all of theirs.
    async fn finish_partition(&self, home: PartitionHome) -> Result<(), StoreError> {
        let token = WriterToken { generation: self.generation, leader_epoch: i32::MAX, broker_epoch: i64::MAX };
        let chain = Chain { store: self.store.clone(), keys: self.keys.clone(), home, meta: Arc::clone(&self.meta) };
        let mut writer = ChainWriter::new(home, token, 0, 0, 0);
        writer.changes().make_final = true;
        let mut event = Event::Wake;
        for _ in 0..1000 {
            let now =
                Now { at: self.env.clock.now(), wall_ms: self.env.clock.wall_ms(), fresh: self.env.random.uuid() };
            let actions = writer.handle(event, now);
            match writer.phase() {
                Phase::Final => return Ok(()),
                Phase::ReadOnly(reason) => {
                    // A chain that nobody can continue needs no end; the mark stops whoever repairs it.
                    tracing::warn!(?home, reason, "the deleted topic's manifest is unreadable");
                    return Ok(());
                }
                Phase::Fenced(by) => {
                    let detail = format!("a writer with token {by} of a later generation has taken over");
                    return Err(StoreError::new(
                        StoreErrorKind::Rejected,
                        "delete",
                        &self.keys.manifests(home),
                        detail,
                    ));
                }
                Phase::Taking | Phase::Leading => {}
            }
            event = match actions.into_iter().find_map(question) {
                Some(question) => self.answer(&chain, question).await,
                None => {
                    let pause = writer.wake_at().map(|at| at.since(self.env.clock.now()));
                    esker_env::sleep(pause.unwrap_or_default() + Duration::from_millis(1)).await;
                    Event::Wake
                }
            };
        }
        let detail = "the final version could not be written";
        Err(StoreError::new(StoreErrorKind::Unknown, "delete", &self.keys.manifests(home), detail))
    }

    async fn answer(&self, chain: &Chain, question: Action) -> Event {
        match question {
            Action::Find { after } => {
                let asked_at = self.env.clock.now();
                match chain.find(after).await {
                    Ok(found) => Event::Found { asked_at, found, local: LocalView::default() },
                    Err(_) => Event::Failed,
                }
            }
            Action::Load { sequence } => match chain.root(sequence).await {
                Ok(root) => Event::Loaded(root),
                Err(error) if error.is_not_found() => Event::LoadedNothing,
                Err(_) => Event::Failed,
            },
            Action::Create { sequence, bytes } => Event::Created(chain.create(sequence, bytes).await),
            Action::ReadBack { sequence, expected } => {
                let outcome = chain.read_back(sequence, &expected).await;
                Event::ReadBack { outcome, local: LocalView::default() }
            }
            // There is no log that could disagree.
            Action::ResetLog { .. } => Event::LogReset { done: true },
            Action::Adopted(_) | Action::Confirmed(_) | Action::Stopped => Event::Wake,
        }
    }

    /// Deletes the topic's keys that `which` picks, if the topic is marked: only a prefix that holds the mark is ever emptied.
    async fn delete_where(&self, which: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        if !self.is_marked().await? {
            let detail = "the prefix does not hold the mark";
            return Err(StoreError::new(StoreErrorKind::Rejected, "delete", &self.keys.topic(self.topic), detail));
        }
        let prefix = self.keys.topic(self.topic);
        let mut after: Option<String> = None;
        loop {
            let page = self.store.list(Reason::Collection, &prefix, after.as_deref(), LIST_PAGE).await?;
            let keys: Vec<_> =
                page.iter().filter(|listed| which(&listed.key)).map(|listed| listed.key.clone()).collect();
            self.store.delete(Reason::Collection, &keys).await?;
            match page.last() {
                Some(last) if page.len() == LIST_PAGE => after = Some(last.key.clone()),
                _ => return Ok(()),
            }
        }
    }
}

fn question(action: Action) -> Option<Action> {
    match action {
        Action::Adopted(_) | Action::Confirmed(_) | Action::Stopped => None,
        question => Some(question),
    }
}
