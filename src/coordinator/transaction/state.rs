//! Where a transactional id stands, by Kafka's names and numbers.

/// The state of a transactional id. The numbers stand in `__transaction_state` and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i8)]
pub enum TxnState {
    /// A producer is known and has no transaction.
    Empty = 0,
    /// Partitions were added.
    Ongoing = 1,
    /// It is decided that the transaction is committed; the markers are on their way.
    PrepareCommit = 2,
    /// It is decided that the transaction is aborted; the markers are on their way.
    PrepareAbort = 3,
    /// Every partition has its marker.
    CompleteCommit = 4,
    /// Every partition has its marker.
    CompleteAbort = 5,
    /// The id was silent for too long and is being forgotten. Never stored.
    Dead = 6,
    /// The producer is being fenced so that its transaction can be aborted. Never stored.
    PrepareEpochFence = 7,
}

use TxnState::{CompleteAbort, CompleteCommit, Dead, Empty, Ongoing, PrepareAbort, PrepareCommit, PrepareEpochFence};

impl TxnState {
    /// All states, by number.
    pub const ALL: [TxnState; 8] =
        [Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead, PrepareEpochFence];

    /// The number that is stored.
    pub const fn id(self) -> i8 {
        self as i8
    }

    /// The state with this number.
    pub fn from_id(id: i8) -> Option<TxnState> {
        usize::try_from(id).ok().and_then(|id| Self::ALL.get(id)).copied()
    }

    /// The name that tools show.
    pub const fn name(self) -> &'static str {
        match self {
            Empty => "Empty",
            Ongoing => "Ongoing",
            PrepareCommit => "PrepareCommit",
            PrepareAbort => "PrepareAbort",
            CompleteCommit => "CompleteCommit",
            CompleteAbort => "CompleteAbort",
            Dead => "Dead",
            PrepareEpochFence => "PrepareEpochFence",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<TxnState> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether this state may come right after `before`.
    pub fn may_follow(self, before: TxnState) -> bool {
        match self {
            Empty | Dead => before.is_at_rest(),
            Ongoing => before == Ongoing || before.is_at_rest(),
            PrepareCommit | PrepareEpochFence => before == Ongoing,
            PrepareAbort => matches!(before, Ongoing | PrepareEpochFence) || before.is_at_rest(),
            CompleteCommit => before == PrepareCommit,
            CompleteAbort => before == PrepareAbort,
        }
    }

    /// Whether no transaction is under way: a new one may begin, and the id may be forgotten.
    pub const fn is_at_rest(self) -> bool {
        matches!(self, Empty | CompleteCommit | CompleteAbort)
    }

    /// How the transaction ends, where that is decided and the markers are on their way.
    pub const fn decided(self) -> Option<Outcome> {
        match self {
            PrepareCommit => Some(Outcome::Commit),
            PrepareAbort => Some(Outcome::Abort),
            _ => None,
        }
    }
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// What was written is shown to everybody.
    Commit,
    /// What was written is shown to nobody who reads committed records only.
    Abort,
}

impl Outcome {
    /// The state in which this is decided.
    pub const fn prepared(self) -> TxnState {
        match self {
            Outcome::Commit => PrepareCommit,
            Outcome::Abort => PrepareAbort,
        }
    }

    /// The state in which every partition has its marker.
    pub const fn complete(self) -> TxnState {
        match self {
            Outcome::Commit => CompleteCommit,
            Outcome::Abort => CompleteAbort,
        }
    }
}

/// The rules by which a producer and the cluster handle transactions: the levels of `transaction.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TransactionVersion {
    /// As before 4.0.
    #[default]
    V0 = 0,
    /// Flexible records.
    V1 = 1,
    /// Partitions are added by the brokers that are written to, and every transaction has its own epoch (KIP-890).
    V2 = 2,
}

impl TransactionVersion {
    /// The feature level.
    pub const fn level(self) -> i16 {
        self as i16
    }

    /// The version of a feature level; of a level above the highest known, the highest.
    pub const fn from_level(level: i16) -> Self {
        match level {
            i16::MIN..=0 => Self::V0,
            1 => Self::V1,
            _ => Self::V2,
        }
    }

    /// Whether the end of each transaction makes the producer's epoch grow.
    pub const fn bumps_epoch(self) -> bool {
        matches!(self, Self::V2)
    }
}
