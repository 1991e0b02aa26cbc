//! Topics that are created because a client asked about them.

use crate::Services;
use crate::log_limit::LogLimit;
use esker_controller::{NewTopic, internal_topic};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;

/// How many topics may be on their way at once.
const CREATING_MAX: usize = 10_000;

/// The topics that are being created; a second question about one starts nothing.
#[derive(Debug, Default)]
pub(crate) struct AutoCreation {
    creating: Mutex<HashSet<Arc<str>>>,
    failures: LogLimit,
}

impl AutoCreation {
    /// Starts creating the topics named `names`, which are valid and do not exist. Nobody waits for it: clients ask again.
    pub fn start<'a>(self: &Arc<Self>, services: &Arc<Services>, names: impl Iterator<Item = &'a str>) {
        let values = services.configs.current();
        let topics: Vec<NewTopic> = {
            let mut creating = self.creating.lock();
            let free = CREATING_MAX.saturating_sub(creating.len());
            let new = names.map(Arc::<str>::from).filter(|name| creating.insert(Arc::clone(name))).take(free);
            new.map(|name| internal_topic(&values, &name).unwrap_or_else(|| NewTopic::named(name))).collect()
        };
        if topics.is_empty() {
            return;
        }
        let (all, services) = (Arc::clone(self), Arc::clone(services));
        esker_env::spawn(async move { all.create(&services, topics).await });
    }

    async fn create(&self, services: &Services, topics: Vec<NewTopic>) {
        let names: Vec<Arc<str>> = topics.iter().map(|topic| Arc::clone(&topic.name)).collect();
        let limit = services.config.network.request_timeout;
        let outcomes = services.controller.create_topics(topics, false, limit).await;
        let mut creating = self.creating.lock();
        for (name, outcome) in names.iter().zip(outcomes) {
            creating.remove(name);
            if let Err(error) = outcome
                && let Some(dropped) = self.failures.admit(services.env.clock.now())
            {
                tracing::warn!(topic = %name, %error, lines_dropped = dropped, "a topic that a client asked for cannot be created");
            }
        }
    }
}
