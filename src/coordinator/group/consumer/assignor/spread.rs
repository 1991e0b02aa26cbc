//! The readers of a topic by how much they have, from both ends: who has least is to get, who has most is to give.
//!
//! Both ends move towards each other in steps of one partition. Within a step everybody at that end gets or gives one.

/// Readers, by how much they have.
pub(super) struct Spread {
    /// By what they had at first, then by place.
    members: Vec<usize>,
    /// Those below have `least` by now, or will after this step.
    least_end: usize,
    least: isize,
    next_least: usize,
    /// Those from here to `most_end` have `most` by now, or will after this step.
    most_start: usize,
    /// Those from here on have nothing of this topic to give.
    most_end: usize,
    most: isize,
    next_most: isize,
}

impl Spread {
    pub fn new(readers: &[usize], sizes: &[usize]) -> Self {
        let mut members = readers.to_vec();
        members.sort_by_key(|member| (sizes[*member], *member));
        let size = |member: Option<&usize>| member.map_or(0, |member| sizes[*member] as isize);
        Self {
            least_end: 0,
            least: size(members.first()) - 1,
            next_least: 0,
            most_start: members.len(),
            most_end: members.len(),
            most: size(members.last()) + 1,
            next_most: members.len() as isize - 1,
            members,
        }
    }

    /// How much more the one with most has than the one with least.
    pub fn imbalance(&self, sizes: &[usize]) -> usize {
        match (self.members.first(), self.members.last()) {
            (Some(first), Some(last)) => sizes[*last] - sizes[*first],
            _ => 0,
        }
    }

    /// Whether both ends have met.
    pub fn is_even(&self) -> bool {
        self.most - self.least <= 1
    }

    /// Who is to get the next partition.
    pub fn next_least(&mut self, sizes: &[usize]) -> usize {
        if self.next_least >= self.least_end {
            self.least += 1;
            while self.members.get(self.least_end).is_some_and(|member| sizes[*member] as isize == self.least) {
                self.least_end += 1;
            }
            self.next_least = 0;
        }
        let member = self.members[self.next_least];
        self.next_least += 1;
        member
    }

    /// Who is to give the next partition; `None` where nobody has any.
    pub fn next_most(&mut self, sizes: &[usize]) -> Option<usize> {
        if self.next_most < self.most_start as isize {
            let below = self.most_start.checked_sub(1).map(|at| sizes[self.members[at]] as isize);
            self.most = match below {
                Some(size) if self.most_end <= self.most_start => size,
                _ => self.most - 1,
            };
            while self.most_start > 0 && sizes[self.members[self.most_start - 1]] as isize == self.most {
                self.most_start -= 1;
            }
            self.next_most = self.most_end as isize - 1;
        }
        let member = usize::try_from(self.next_most).ok().map(|at| self.members[at])?;
        self.next_most -= 1;
        Some(member)
    }

    /// The one that [`Spread::next_most`] gave has nothing of this topic.
    pub fn exclude_most(&mut self) {
        let at = (self.next_most + 1) as usize;
        self.most_end -= 1;
        self.members.swap(at, self.most_end);
    }
}
