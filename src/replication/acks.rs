//! From an append to its acknowledgement: what a producer asked to wait for, and the waiting.

use crate::fault::AckFault;
use crate::partition::Partition;
use crate::purgatory::{Edge, Purgatory, WaitSet, Waiter};
use esker_env::Clock;
use esker_model::{LeaderEpoch, Offset};
use std::sync::Arc;
use std::time::Duration;

/// What a producer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// Nothing.
    None,
    /// The leader has the records, durably where the topic says so.
    Leader,
    /// All in-sync replicas have them.
    All,
}

/// What must still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// This replica vouches for the records.
    OwnEnd,
    /// The high watermark is behind them.
    Replicated,
}

impl Need {
    fn edge(self) -> Edge {
        match self {
            Need::OwnEnd => Edge::OwnEnd,
            Need::Replicated => Edge::HighWatermark,
        }
    }
}

/// Records that wait: everything below `end`, appended in one tenure of one log.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    pub(crate) partition: Arc<Partition>,
    pub(crate) since: LeaderEpoch,
    /// Which content of the log is meant: the tier may replace it.
    pub(crate) life: u64,
    pub(crate) end: Offset,
    pub(crate) need: Need,
}

/// What must still happen before an append is acknowledged. Dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct AckTicket(Ticket);

#[derive(Clone, Debug)]
enum Ticket {
    Decided(Result<(), AckFault>),
    Waiting(Awaited),
}

impl AckTicket {
    pub(crate) fn decided(result: Result<(), AckFault>) -> Self {
        Self(Ticket::Decided(result))
    }

    /// A ticket for `awaited`, which may be decided already.
    pub(crate) fn new(awaited: Awaited) -> Self {
        match awaited.partition.decided(&awaited) {
            Some(result) => Self::decided(result),
            None => Self(Ticket::Waiting(awaited)),
        }
    }

    /// The result, if it is there.
    pub fn poll_now(&self) -> Option<Result<(), AckFault>> {
        match &self.0 {
            Ticket::Decided(result) => Some(result.clone()),
            Ticket::Waiting(awaited) => awaited.partition.decided(awaited),
        }
    }
}

/// The results of all tickets, where each is decided.
pub fn done_now(tickets: &[AckTicket]) -> Option<Vec<Result<(), AckFault>>> {
    tickets.iter().map(AckTicket::poll_now).collect()
}

/// Waits until each ticket is decided or `limit` has passed.
pub(crate) async fn acknowledged(
    purgatory: Arc<Purgatory>,
    clock: Arc<dyn Clock>,
    tickets: Vec<AckTicket>,
    limit: Duration,
) -> Vec<Result<(), AckFault>> {
    let deadline = clock.now() + limit;
    let mut results: Vec<_> = tickets.iter().map(AckTicket::poll_now).collect();
    let mut set = WaitSet::new(&purgatory, Waiter::Produce);
    for number in 0..tickets.len() {
        wait_for(&mut set, &tickets, &results, number);
    }
    while results.iter().any(Option::is_none) {
        let Some(fired) = set.fired(deadline.since(clock.now())).await else { break };
        for number in fired {
            let number = number as usize;
            results[number] = tickets[number].poll_now();
            wait_for(&mut set, &tickets, &results, number);
        }
    }
    let late = |(result, ticket): (Option<_>, &AckTicket)| {
        result.or_else(|| ticket.poll_now()).unwrap_or(Err(AckFault::TimedOut))
    };
    results.into_iter().zip(&tickets).map(late).collect()
}

fn wait_for(set: &mut WaitSet, tickets: &[AckTicket], results: &[Option<Result<(), AckFault>>], number: usize) {
    let ticket = &tickets[number];
    if let (Ticket::Waiting(awaited), None) = (&ticket.0, &results[number]) {
        let over = || ticket.poll_now().is_some();
        set.add(awaited.partition.waits(), awaited.need.edge(), awaited.end, number as u32, over);
    }
}
