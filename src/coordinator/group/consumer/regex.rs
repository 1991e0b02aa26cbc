//! Subscriptions by pattern. A pattern is matched against all topics outside of the shard, and what it matched is stored, so
//! that every member with the same pattern sees the same topics.

use crate::group::consumer::group::{ConsumerGroup, count_matched};
use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::ConsumerMember;
use crate::group::consumer::topics::metadata_hash;
use crate::group::cx::Cx;
use crate::group::effects::{Effects, Job};
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{Fact, GroupRecord, RegexValue};
use crate::group::request::TopicFilter;
use esker_metadata::ClusterImage;
use esker_model::TimestampMs;
use regex::{Regex, RegexBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Least time between two look-ups of a group's patterns, in milliseconds.
const LOOKUP_INTERVAL_MS: i64 = 10_000;

/// Most memory that a compiled pattern may take.
const COMPILED_MAX: usize = 1 << 20;

/// What a heartbeat did to its member's pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegexStatus {
    Unchanged,
    /// It has another, whose topics are not known yet.
    Changed,
    /// It has another whose topics are known, or none any more.
    Resolved,
}

/// A pattern that matches whole names.
fn compile(regex: &str) -> Result<Regex, String> {
    let whole = format!("^(?:{regex})$");
    // The pattern alone first: one that closes more groups than it opens must not close ours.
    let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(COMPILED_MAX).build();
    compile(regex).and_then(|_| compile(&whole)).map_err(|error| describe(&error))
}

/// The reason alone, in RE2's words where they differ.
fn describe(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.rsplit("error: ").next().unwrap_or(&text).trim();
    let known = match reason {
        "unclosed group" => "missing closing )",
        "unopened group" => "unexpected )",
        "unclosed character class" => "missing closing ]",
        "repetition operator missing expression" => "missing argument to repetition operator",
        "incomplete escape sequence, reached end of pattern prematurely" => "trailing backslash at end of expression",
        "unrecognized escape sequence" => "invalid escape sequence",
        other => other,
    };
    known.to_owned()
}

impl Consumer<'_> {
    /// Takes note of a member's pattern and has the group's patterns looked up where that is due.
    pub(super) fn update_regexes(
        &mut self,
        old: &ConsumerMember,
        updated: &ConsumerMember,
        topics: &TopicFilter,
    ) -> Result<RegexStatus, GroupError> {
        let (before, now) = (old.regex().cloned(), updated.regex().cloned());
        let (mut status, mut due) = (RegexStatus::Unchanged, false);
        if before != now {
            status = RegexStatus::Changed;
            if let Some(before) = &before
                && self.group.regex_members.get(before) == Some(&1)
            {
                self.record(Fact::Regex(Arc::clone(before), None));
            }
            match &now {
                None => status = RegexStatus::Resolved,
                Some(now) if !self.group.regex_members.contains_key(now) => {
                    compile(now).map_err(|why| {
                        let text = format!("SubscribedTopicRegex `{now}` is not a valid regular expression: {why}.");
                        GroupError::new(GroupFault::InvalidRegularExpression, text)
                    })?;
                    due = true;
                }
                Some(now) if self.group.regexes.contains_key(now) => status = RegexStatus::Resolved,
                Some(_) => {}
            }
        }
        self.look_up_if_due(before, now, due, topics);
        Ok(status)
    }

    fn look_up_if_due(&mut self, before: Option<Arc<str>>, now: Option<Arc<str>>, mut due: bool, topics: &TopicFilter) {
        let group = &*self.group;
        if (!due && group.regex_members.is_empty()) || group.resolving {
            return;
        }
        let last = group.regexes.values().next();
        let age = last.map(|last| self.cx.wall_ms.saturating_sub(last.resolved_at));
        if age.is_some_and(|age| (0..=LOOKUP_INTERVAL_MS).contains(&age)) {
            return;
        }
        let mut members = group.regex_members.clone();
        if let Some(before) = before {
            super::group::decrement(&mut members, &before);
        }
        if let Some(now) = now {
            *members.entry(now).or_default() += 1;
        }
        due |= members.len() != group.regexes.len();
        due |= last.is_none_or(|last| last.version < self.cx.topics_since);
        due |= age.is_none_or(|age| age > self.cx.settings.regex_refresh.as_millis() as i64 || age < 0);
        if due && !members.is_empty() {
            let regexes: BTreeSet<Arc<str>> = members.into_keys().collect();
            self.group.resolving = true;
            self.effects.jobs.push(Job::Resolve { group: Arc::clone(&self.group.id), regexes, topics: topics.clone() });
        }
    }
}

/// Matches patterns against all topics. Takes time in proportion to the names of the topics, whatever the patterns.
pub(crate) fn resolve(
    regexes: &BTreeSet<Arc<str>>,
    visible: &TopicFilter,
    image: &ClusterImage,
    now: TimestampMs,
) -> BTreeMap<Arc<str>, RegexValue> {
    let mut resolved = BTreeMap::new();
    for text in regexes {
        // One that was stored by a broker with other patterns matches nothing.
        let topics = compile(text).map(|regex| {
            let names = image.topics().map(|topic| &topic.name);
            names.filter(|name| regex.is_match(name) && visible.has(name)).cloned().collect()
        });
        let topics = topics.unwrap_or_default();
        resolved.insert(Arc::clone(text), RegexValue { topics, version: image.offset(), resolved_at: now });
    }
    resolved
}

impl ConsumerGroup {
    /// Takes over what patterns matched; the group's epoch grows where that is something else than before.
    pub fn resolved(&mut self, resolved: BTreeMap<Arc<str>, RegexValue>, cx: &Cx<'_>, effects: &mut Effects) {
        self.resolving = false;
        let mut wanted = self.wanted.clone();
        let mut bump = false;
        let record = |fact| GroupRecord { group: Arc::clone(&self.id), fact };
        for (regex, value) in resolved {
            if !self.regex_members.contains_key(&regex) {
                continue;
            }
            let old = self.regexes.get(&regex);
            if old.map_or(!value.topics.is_empty(), |old| old.topics != value.topics) {
                bump = true;
                old.iter().for_each(|old| count_matched(&mut wanted, old, -1));
                count_matched(&mut wanted, &value, 1);
            }
            effects.records.push(record(Fact::Regex(regex, Some(value))));
        }
        let hash = metadata_hash(&wanted, cx.image);
        if bump || hash != self.metadata_hash {
            let epoch = self.epoch + 1;
            effects.records.push(record(Fact::Epoch(Some((epoch, hash)))));
            (self.looked_at, self.looked_epoch) = (cx.image.offset(), epoch);
        }
    }
}
