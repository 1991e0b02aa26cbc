//! A topic's life in the bucket: its file before the first manifest, its end mark, and the job that empties its prefix.
//!
//! What the job asks in which order is [`Deletion`]'s to decide; here it is asked.

use crate::chain::Chain;
use crate::cluster::DeleteProgress;
use crate::cluster::deletion::{Answer, Ask, Deletion, Next, Part};
use crate::keys::{Keys, PartitionHome};
use crate::manifest::{Action, Event, LocalView, Now};
use crate::meta_cache::MetaCache;
use crate::store::{Created, Reason, Store, StoreError, StoreErrorKind};
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
    /// Does all that can be done now. `marked_at` is when this process first saw the mark, where it has.
    pub(crate) async fn run(&self, marked_at: &mut Option<Instant>) -> Result<DeleteProgress, StoreError> {
        let mut deletion = Deletion::new(self.topic, self.partitions, self.generation, self.grace, *marked_at);
        let mut answer = Answer::Done;
        loop {
            let (clock, fresh) = (&self.env.clock, self.env.random.uuid());
            let next = deletion.next(answer, Now { at: clock.now(), wall_ms: clock.wall_ms(), fresh });
            *marked_at = deletion.marked_at();
            answer = match next {
                Next::Ask(ask) => self.answer(ask).await?,
                Next::Over(result) => return result,
            };
        }
    }

    async fn answer(&self, ask: Ask) -> Result<Answer, StoreError> {
        match ask {
            Ask::IsMarked => self.is_marked().await.map(Answer::Is),
            Ask::IsEmpty => {
                let first = self.store.list(Reason::Collection, &self.keys.topic(self.topic), None, 1).await?;
                Ok(Answer::Is(first.is_empty()))
            }
            Ask::Chain(home, action) => Ok(Answer::Chain(self.chain(home, action).await)),
            Ask::Pause(until) => {
                let pause = until.map(|at| at.since(self.env.clock.now()));
                esker_env::sleep(pause.unwrap_or_default() + Duration::from_millis(1)).await;
                Ok(Answer::Done)
            }
            Ask::Mark => self.mark().await.map(|()| Answer::Done),
            Ask::Delete(part) => self.delete(part).await.map(|()| Answer::Done),
        }
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

    async fn chain(&self, home: PartitionHome, question: Action) -> Event {
        let chain = Chain { store: self.store.clone(), keys: self.keys.clone(), home, meta: Arc::clone(&self.meta) };
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

    async fn delete(&self, part: Part) -> Result<(), StoreError> {
        let prefix = self.keys.topic(self.topic);
        let mut after: Option<String> = None;
        loop {
            let page = self.store.list(Reason::Collection, &prefix, after.as_deref(), LIST_PAGE).await?;
            let listed = page.iter().map(|listed| &listed.key);
            let keys: Vec<_> = listed.filter(|key| part.holds(&self.keys, self.topic, key)).cloned().collect();
            self.store.delete(Reason::Collection, &keys).await?;
            match page.last() {
                Some(last) if page.len() == LIST_PAGE => after = Some(last.key.clone()),
                _ => return Ok(()),
            }
        }
    }
}
