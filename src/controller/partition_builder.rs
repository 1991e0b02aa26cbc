//! How a partition changes when its in-sync set, its replicas or the brokers that may lead it do: completed
//! reassignments, eligible leader replicas (KIP-966), elections, all in one change.

use crate::cluster::Cluster;
use esker_metadata::{DirectoryId, LeaderRecovery, Partition, PartitionChange};
use esker_model::BrokerId;

/// Who may be elected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Election {
    /// The first replica where it may lead, else as [`Election::Online`].
    Preferred,
    /// Whoever leads, else the first replica that holds every acknowledged record.
    #[default]
    Online,
    /// As [`Election::Online`], and where nobody is left any replica that is there.
    Unclean,
}

/// A change in the making: what the partition is to become, before the consequences are drawn.
pub struct PartitionBuilder<'a> {
    before: &'a Partition,
    cluster: Cluster<'a>,
    min_isr: usize,
    may_lead: &'a dyn Fn(BrokerId) -> bool,
    /// The in-sync set to be.
    pub isr: Vec<BrokerId>,
    /// The replicas to be.
    pub replicas: Vec<BrokerId>,
    /// The replicas that a reassignment adds.
    pub adding: Vec<BrokerId>,
    /// The replicas that a reassignment removes.
    pub removing: Vec<BrokerId>,
    /// Who is elected.
    pub election: Election,
    /// The state of recovery to be.
    pub recovery: LeaderRecovery,
    /// A broker that may have lost what it had not synced.
    pub unclean_shutdown: Option<BrokerId>,
    elr: Vec<BrokerId>,
}

/// What an election came to.
#[derive(Clone, Copy)]
struct Elected {
    leader: Option<BrokerId>,
    unclean: bool,
}

impl<'a> PartitionBuilder<'a> {
    /// A change of `before`. `min_isr` is the topic's effective minimum, `may_lead` says of a broker whether it may be elected.
    pub fn new(
        before: &'a Partition,
        cluster: Cluster<'a>,
        min_isr: usize,
        may_lead: &'a dyn Fn(BrokerId) -> bool,
    ) -> Self {
        Self {
            before,
            cluster,
            min_isr,
            may_lead,
            isr: before.isr.to_vec(),
            replicas: before.replicas.to_vec(),
            adding: before.adding.to_vec(),
            removing: before.removing.to_vec(),
            election: Election::default(),
            recovery: before.recovery,
            unclean_shutdown: None,
            elr: before.elr.to_vec(),
        }
    }

    /// The change with all consequences; `None` where nothing changes.
    pub fn build(mut self) -> Option<PartitionChange> {
        let mut change = PartitionChange::default();
        let keeps_elr = self.cluster.keeps_elr();
        self.complete_reassignment();
        if keeps_elr {
            self.fill_elr();
        }
        self.elect(&mut change);
        if change.leader.is_none() && self.before.replicas.iter().any(|id| !self.replicas.contains(id)) {
            // A replica left: followers of the old assignment must not be taken for ones of the new.
            change.leader = Some(self.before.leader);
        }
        if !keeps_elr || change.isr.is_some() {
            self.elr.clear();
        }
        let differs = |new: &[BrokerId], old: &[BrokerId]| (new != old).then(|| new.into());
        change.elr = differs(&self.elr, &self.before.elr);
        if change.isr.is_none() && (keeps_elr || !self.isr.is_empty()) {
            change.isr = differs(&self.isr, &self.before.isr);
        }
        if keeps_elr {
            self.note_last_leader(&mut change);
        }
        self.assign(&mut change);
        if self.recovery != self.before.recovery {
            change.recovery = Some(self.recovery);
        }
        (!change.is_empty()).then_some(change)
    }

    /// Ends a reassignment whose new replicas are all in sync.
    fn complete_reassignment(&mut self) {
        if self.adding.is_empty() && self.removing.is_empty() {
            return;
        }
        let stays = |id: &BrokerId| !self.removing.contains(id);
        let isr: Vec<BrokerId> = self.isr.iter().copied().filter(stays).collect();
        let replicas: Vec<BrokerId> = self.replicas.iter().copied().filter(stays).collect();
        if isr.is_empty() || replicas.is_empty() || replicas.iter().any(|id| !isr.contains(id)) {
            return;
        }
        (self.isr, self.replicas) = (isr, replicas);
        self.adding.clear();
        self.removing.clear();
    }

    /// With fewer replicas in sync than the minimum nothing is acknowledged: whoever was in sync then still has all.
    fn fill_elr(&mut self) {
        if self.isr.len() >= self.min_isr {
            self.elr.clear();
            return;
        }
        for id in self.before.isr.iter().filter(|id| !self.before.elr.contains(id)) {
            self.elr.push(*id);
        }
        let (isr, replicas, lost) = (&self.isr, &self.replicas, self.unclean_shutdown);
        self.elr.retain(|id| !isr.contains(id) && replicas.contains(id) && Some(*id) != lost);
    }

    fn elect(&mut self, change: &mut PartitionChange) {
        let Elected { leader, unclean } = self.winner();
        if leader == self.before.leader {
            return;
        }
        change.leader = Some(leader);
        let Some(leader) = leader else { return };
        if self.elr.contains(&leader) {
            self.isr = vec![leader];
            self.elr.retain(|id| *id != leader);
        }
        if unclean {
            // Whatever only the others hold is given up.
            change.isr = Some([leader].into());
            self.recovery = LeaderRecovery::Recovering;
        }
    }

    fn winner(&self) -> Elected {
        let clean = |leader: BrokerId| Elected { leader: Some(leader), unclean: false };
        if self.election == Election::Preferred
            && let Some(preferred) = self.replicas.first().copied().filter(|id| self.is_valid(*id))
        {
            return clean(preferred);
        }
        if let Some(leader) = self.before.leader.filter(|id| self.is_valid(*id)) {
            return clean(leader);
        }
        if let Some(leader) = self.replicas.iter().copied().find(|id| self.is_valid(*id)) {
            return clean(leader);
        }
        let anybody = || self.replicas.iter().copied().find(|id| (self.may_lead)(*id));
        let last_resort = self.last_known_leader().or_else(|| match self.election {
            Election::Unclean => anybody(),
            Election::Preferred | Election::Online => None,
        });
        Elected { leader: last_resort, unclean: last_resort.is_some() }
    }

    /// Whether a replica holds every acknowledged record and may lead.
    fn is_valid(&self, id: BrokerId) -> bool {
        let holds_all = self.isr.contains(&id) || (self.isr.is_empty() && self.elr.contains(&id));
        holds_all && (self.may_lead)(id)
    }

    /// The last leader, where nobody is known to hold everything: no replica can have more than it had.
    fn last_known_leader(&self) -> Option<BrokerId> {
        if !self.cluster.keeps_elr() || !self.elr.is_empty() || !self.isr.is_empty() {
            return None;
        }
        match self.before.last_known_elr[..] {
            [last] => Some(last).filter(|id| (self.may_lead)(*id)),
            _ => None,
        }
    }

    /// Remembers who led when the last in-sync replica left, and forgets it once somebody leads.
    fn note_last_leader(&self, change: &mut PartitionChange) {
        let known = &self.before.last_known_elr[..];
        let empties_isr = change.isr.as_ref().is_some_and(|isr| isr.is_empty());
        let leads_after = match change.leader {
            Some(leader) => leader.is_some(),
            None => self.before.leader.is_some(),
        };
        match self.before.leader {
            Some(leader) if empties_isr && known != [leader] => change.last_known_elr = Some([leader].into()),
            _ if leads_after && !known.is_empty() => change.last_known_elr = Some(Box::default()),
            _ => {}
        }
    }

    fn assign(&self, change: &mut PartitionChange) {
        let differs = |new: &[BrokerId], old: &[BrokerId]| (new != old).then(|| new.into());
        change.replicas = differs(&self.replicas, &self.before.replicas);
        change.adding = differs(&self.adding, &self.before.adding);
        change.removing = differs(&self.removing, &self.before.removing);
        let known: Vec<(BrokerId, DirectoryId)> =
            self.before.replicas.iter().copied().zip(self.before.directories.iter().copied()).collect();
        if change.replicas.is_some() {
            let directories = self.cluster.directories(&self.replicas, &known);
            change.directories = (directories != self.before.directories).then_some(directories);
        }
    }
}
