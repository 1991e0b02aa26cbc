//! DeleteRecords: the log start moves, in both tiers.

use super::Partition;
use crate::fault::{DeleteFault, Unserved};
use esker_log::DeleteError;
use esker_model::Offset;
use esker_tiering::RaiseError;
use std::time::Duration;

impl Partition {
    /// Moves the log start to `offset`, to the high watermark where that is `None`. Done when the version of the manifest that holds it is
    /// confirmed; where the log starts then.
    pub(crate) async fn delete_records(&self, offset: Option<Offset>, limit: Duration) -> Result<Offset, DeleteFault> {
        self.serves(&self.view.load(), None)?;
        if !self.log.config().cleanup_policy.delete {
            return Err(DeleteFault::Policy);
        }
        let high_watermark = self.log.high_watermark();
        let offset = offset.unwrap_or(high_watermark);
        if offset < 0 {
            return Err(DeleteFault::OutOfRange { offset, high_watermark });
        }
        let bounds = self.log.advance_log_start(offset).map_err(|error| match error {
            DeleteError::AboveHighWatermark { offset, high_watermark } => {
                DeleteFault::OutOfRange { offset, high_watermark }
            }
            DeleteError::Storage(error) => DeleteFault::Storage(error.to_string()),
        })?;
        let Some(tier) = self.tier() else { return Ok(bounds.log_start) };
        match esker_env::timeout(limit, tier.raise_log_start(bounds.log_start)).await {
            Some(Ok(())) => Ok(self.log.log_start()),
            Some(Err(RaiseError::NotLeader)) => Err(Unserved::NotLeader(self.state.lock().not_leader()).into()),
            Some(Err(RaiseError::Busy)) => Err(Unserved::NotReady(RaiseError::Busy.to_string()).into()),
            None => Err(DeleteFault::TimedOut),
        }
    }
}
