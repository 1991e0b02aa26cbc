//! Rows gathered by topic: clients may name a topic, and a partition of it, several times.

use esker_protocol::StrBytes;
use std::collections::HashMap;

/// Rows by topic and partition, each in the order in which it came first.
#[derive(Debug)]
pub(crate) struct ByTopic<R> {
    topics: Vec<(StrBytes, Vec<R>)>,
    places: HashMap<StrBytes, usize>,
    rows: HashMap<(usize, i32), usize>,
}

impl<R> ByTopic<R> {
    /// No rows.
    pub fn new() -> Self {
        Self { topics: Vec::new(), places: HashMap::new(), rows: HashMap::new() }
    }

    /// The place of a topic.
    pub fn topic(&mut self, name: &StrBytes) -> usize {
        *self.places.entry(name.clone()).or_insert_with(|| {
            self.topics.push((name.clone(), Vec::new()));
            self.topics.len() - 1
        })
    }

    /// Adds the row of a partition. Where it has one already, gives that one to `again` with the new one.
    pub fn add(&mut self, topic: usize, partition: i32, row: R, again: impl FnOnce(&mut R, R)) {
        let rows = &mut self.topics[topic].1;
        let at = *self.rows.entry((topic, partition)).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(known) => again(known, row),
            None => rows.push(row),
        }
    }

    /// Each topic with its rows.
    pub fn into_topics(self) -> impl Iterator<Item = (StrBytes, Vec<R>)> {
        self.topics.into_iter()
    }
}
