//! From the local log to the bucket: one segment becomes one object.

mod pieces;
#[cfg(test)]
mod pieces_test;
mod segment;
#[cfg(test)]
mod segment_test;

pub(crate) use segment::{SegmentUpload, UploadError, UploadLimits};
