//! What a request leads to.

use super::error::TxnError;
use super::txn::TxnData;

/// What follows from a request. `T` is what is answered where nothing has to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision<T> {
    /// This is written; the answer is made of it once it is committed.
    Write(TxnData),
    /// Nothing has to be written.
    Answer(T),
    /// It is refused.
    Refuse(TxnError),
    /// It cannot be decided without an unused producer id.
    NeedsProducerId,
    /// The transaction that is open must be aborted first.
    Fence,
}

impl Decision<()> {
    /// The same decision with another answer.
    pub fn answering<T>(self, answer: T) -> Decision<T> {
        match self {
            Decision::Write(data) => Decision::Write(data),
            Decision::Answer(()) => Decision::Answer(answer),
            Decision::Refuse(error) => Decision::Refuse(error),
            Decision::NeedsProducerId => Decision::NeedsProducerId,
            Decision::Fence => Decision::Fence,
        }
    }
}
