//! The object store as the tier sees it: few operations, errors by what the caller should do, everything counted and bounded.

mod backend;
mod breaker;
#[cfg(test)]
mod breaker_test;
mod client;
#[cfg(test)]
mod client_test;
mod cloud;
#[cfg(test)]
mod cloud_test;
mod counters;
mod credentials;
#[cfg(test)]
mod credentials_test;
mod error;
#[cfg(test)]
pub(crate) mod faulty;
mod file;
#[cfg(test)]
mod file_test;
#[cfg(test)]
mod hostile_test;
mod http;
mod memory;
mod remote;
mod s3;
#[cfg(test)]
mod s3_policy_test;
#[cfg(test)]
pub(crate) mod s3_server;
#[cfg(test)]
mod s3_test;
mod topic_accounts;
#[cfg(test)]
mod topic_accounts_test;

pub(crate) use backend::{Backend, Body, ByteStream, Listed, Part, PutMode, body_len};
pub use breaker::BreakerState;
pub(crate) use client::{Created, Store, StoreLimits};
pub use cloud::CloudEnvironment;
pub(crate) use cloud::{open_azure, open_google};
pub(crate) use counters::Counters;
pub use counters::{Operation, Reason, RequestCount};
pub use error::{StoreError, StoreErrorKind};
pub(crate) use file::FileBackend;
pub(crate) use memory::MemoryBackend;
pub use s3::S3Options;
pub(crate) use s3::open_s3;
pub use topic_accounts::TopicRequests;
pub(crate) use topic_accounts::{OF_OTHERS, TopicAccounts};
