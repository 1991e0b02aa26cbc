//! Offsets that nobody has use for are forgotten, and groups without members and offsets with them.

use crate::group::cx::Cx;
use crate::group::offsets::StoredOffset;
use crate::group::offsets::delete::tombstone;
use crate::group::record::GroupRecord;
use crate::group::shard::{Group, GroupShard, Kind};
use esker_model::TimestampMs;
use std::sync::Arc;

type UnusedSince<'a> = Box<dyn Fn(TimestampMs) -> TimestampMs + 'a>;

impl GroupShard {
    /// The tombstones for what has expired, those of each group together.
    pub(crate) fn expired(&self, cx: &Cx<'_>) -> Vec<Vec<GroupRecord>> {
        let retention = i64::try_from(cx.settings.offsets_retention.as_millis()).unwrap_or(i64::MAX);
        let of_group = |(id, group): (&Arc<str>, &Group)| group.expired(id, cx.wall_ms, retention);
        self.groups.iter().map(of_group).filter(|records| !records.is_empty()).collect()
    }
}

impl Group {
    fn expired(&self, id: &Arc<str>, now: TimestampMs, retention: i64) -> Vec<GroupRecord> {
        let mut records = Vec::new();
        let mut all = self.open.is_empty();
        if !self.offsets.is_empty() {
            let Some(unused_since) = self.unused_since() else { return records };
            let is_expired = |offset: &StoredOffset| match offset.value.expires_at {
                -1 => now.saturating_sub(unused_since(offset.value.committed_at)) >= retention,
                at => now >= at,
            };
            for (topic, partitions) in self.offsets.topics() {
                for (partition, offset) in partitions {
                    let pending = self.open.contains_key(&(Arc::clone(topic), *partition));
                    if !self.reads(topic) && is_expired(offset) && !pending {
                        records.push(tombstone(id, topic, *partition));
                    } else {
                        all = false;
                    }
                }
            }
        }
        // Somebody who was told an id is on the way.
        let awaited = matches!(&self.kind, Kind::Classic(group) if !group.pending.is_empty());
        if all && self.is_empty() && !awaited {
            records.extend(self.tombstones(id));
        }
        records
    }

    /// Since when an offset is not used, by when it was committed; `None` where all are in use.
    fn unused_since(&self) -> Option<UnusedSince<'_>> {
        Some(match &self.kind {
            Kind::Classic(group) => Box::new(group.unused_since()?),
            Kind::Simple | Kind::Consumer(_) => Box::new(|committed_at| committed_at),
        })
    }
}
