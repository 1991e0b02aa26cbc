//! The state machine of the quorum: committed records become images, and images are published.

use bytes::Bytes;
use esker_metadata::{ClusterImage, ImagePublisher, ImageWatch, Record, decode_snapshot, encode_snapshot};
use esker_model::Offset;
use esker_quorum::{MachineError, StateMachine};
use parking_lot::Mutex;
use std::fmt::Display;
use std::sync::Arc;

/// Applies committed records to the cluster's image.
#[derive(Debug, Default)]
pub struct ImageMachine {
    /// The newest state; what is published may be a few records behind it.
    working: Mutex<ClusterImage>,
    publisher: ImagePublisher,
}

impl ImageMachine {
    /// A machine over the empty image.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Where the images are published.
    pub fn watch(&self) -> ImageWatch {
        self.publisher.watch()
    }
}

fn refused(error: impl Display) -> MachineError {
    MachineError(error.to_string())
}

impl StateMachine for ImageMachine {
    fn apply(&self, offset: Offset, records: &[Bytes]) -> Result<(), MachineError> {
        let mut image = self.working.lock();
        for (bytes, offset) in records.iter().zip(offset..) {
            let record = Record::decode(bytes)
                .map_err(|error| MachineError(format!("the metadata record at offset {offset}: {error}")))?;
            image.apply(offset, &record).map_err(refused)?;
        }
        Ok(())
    }

    fn publish(&self) {
        let image = self.working.lock().clone();
        self.publisher.publish(Arc::new(image));
    }

    fn capture(&self) -> Box<dyn FnOnce() -> Vec<u8> + Send> {
        let image = self.working.lock().clone();
        Box::new(move || encode_snapshot(&image))
    }

    fn restore(&self, snapshot: &[u8]) -> Result<(), MachineError> {
        *self.working.lock() = decode_snapshot(snapshot).map_err(refused)?;
        Ok(())
    }
}
