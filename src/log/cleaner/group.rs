//! Which neighbouring segments become one when they are compacted. Pure.

use esker_model::Offset;
use std::ops::Range;

/// A closed segment that is compacted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupMember {
    pub(crate) base_offset: Offset,
    pub(crate) size: u64,
    /// Bytes of its offset index and of its time index.
    pub(crate) index_bytes: [u64; 2],
}

/// What a segment may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupLimits {
    /// `segment.bytes`.
    pub(crate) segment_bytes: u64,
    /// `segment.index.bytes`.
    pub(crate) index_bytes: u64,
}

/// Runs of segments that fit one: by bytes, by index entries, and by offsets, which an index counts with 31 bits from its base. `end` is
/// the first offset behind the last segment. A segment too large for all of that stays alone.
pub(crate) fn group(members: &[GroupMember], limits: &GroupLimits, end: Offset) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    while start < members.len() {
        let (mut size, mut indexes) = (members[start].size, members[start].index_bytes);
        let mut next = start + 1;
        while let Some(member) = members.get(next) {
            let last_offset = members.get(next + 1).map_or(end, |behind| behind.base_offset) - 1;
            let in_reach = last_offset - members[start].base_offset <= i64::from(i32::MAX);
            let fits = size + member.size <= limits.segment_bytes
                && (0..2).all(|at| indexes[at] + member.index_bytes[at] <= limits.index_bytes);
            // An empty one says nothing about offsets: without this, one would be left over every 2^31 offsets.
            if !fits || !(in_reach || member.size == 0) {
                break;
            }
            size += member.size;
            (0..2).for_each(|at| indexes[at] += member.index_bytes[at]);
            next += 1;
        }
        groups.push(start..next);
        start = next;
    }
    groups
}
