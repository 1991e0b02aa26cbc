//! The log of a coordinator, under the name that composition knows it by.

pub use esker_api::TopicLog;
