//! From the local log to the bucket: one segment becomes one object.

mod segment;
#[cfg(test)]
mod segment_test;

pub(crate) use segment::{SegmentUpload, UploadError, UploadLimits};
