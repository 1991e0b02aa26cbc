//! The in-sync set: what the leader asks of the controller, and what it is answered.

use super::{Partition, View};
use crate::state::{IsrAnswer, IsrProposal};
use std::sync::Arc;

impl Partition {
    /// The change of the in-sync set that is called for, if one is and none is under way. From now on it is under way.
    pub fn propose_isr(&self) -> Option<IsrProposal> {
        let (ends, now) = (self.log_ends(), self.now());
        self.state.lock().propose_isr(ends, now)
    }

    /// Takes the controller's answer to a proposal in.
    pub fn isr_answered(&self, answer: IsrAnswer) {
        let _serving = self.serving.write();
        let (ends, now) = (self.log_ends(), self.now());
        self.step(|state| {
            let moved = state.isr_answered(answer, ends, now);
            self.view.store(Arc::new(View::of(state)));
            ((), moved)
        });
    }
}
