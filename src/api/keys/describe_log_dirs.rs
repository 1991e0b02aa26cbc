//! DescribeLogDirs (35): what this broker's log directories hold (KIP-113).
//!
//! Versions 1-5.
//! - 3: an error code for the whole
//! - 4: size of and room on the file system (KIP-827)
//! - 5: whether a directory takes no new partitions (KIP-1066); here every one does

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_log_dirs::{
    DescribableLogDirTopic, DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use esker_protocol::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse};
use esker_replication::{LogDirView, LogView};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Respond for DescribeLogDirsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code).chain(self.results.iter().map(|result| result.error_code))
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeLogDirsRequest,
) -> Answer<DescribeLogDirsResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Describe) {
        let error_code = if cx.version() >= 3 { code.number() } else { 0 };
        return Answer::Now(DescribeLogDirsResponse { error_code, ..DescribeLogDirsResponse::default() });
    }
    let wanted = Wanted::new(request.topics);
    let replicas = Arc::clone(&api.services.replicas);
    let pool = replicas.disk_pool().clone();
    Answer::later(async move {
        let described = pool.run(move || replicas.log_dirs().iter().map(|dir| describe(dir, &wanted)).collect()).await;
        match described {
            Ok(results) => DescribeLogDirsResponse { results, ..DescribeLogDirsResponse::default() },
            Err(error) => {
                tracing::error!(%error, "log directories cannot be described");
                let error_code = ErrorCode::UnknownServerError.number();
                DescribeLogDirsResponse { error_code, ..DescribeLogDirsResponse::default() }
            }
        }
    })
}

/// The partitions that are asked about; all of them where there is no list.
struct Wanted(Option<HashMap<StrBytes, HashSet<i32>>>);

impl Wanted {
    fn new(topics: Option<Vec<DescribableLogDirTopic>>) -> Self {
        Self(topics.map(|topics| {
            let mut wanted: HashMap<StrBytes, HashSet<i32>> = HashMap::new();
            topics.into_iter().for_each(|topic| wanted.entry(topic.topic).or_default().extend(topic.partitions));
            wanted
        }))
    }

    fn has(&self, view: &LogView) -> bool {
        let partition = &view.topic_partition;
        let listed = |topics: &HashMap<StrBytes, HashSet<i32>>| {
            topics.get(&*partition.topic).is_some_and(|partitions| partitions.contains(&partition.partition))
        };
        self.0.as_ref().is_none_or(listed)
    }
}

fn describe(dir: &LogDirView, wanted: &Wanted) -> DescribeLogDirsResult {
    let mut result = DescribeLogDirsResult {
        log_dir: StrBytes::from(dir.path.to_string_lossy().into_owned()),
        ..DescribeLogDirsResult::default()
    };
    if dir.error.is_some() {
        result.error_code = ErrorCode::KafkaStorageError.number();
        return result;
    }
    (result.total_bytes, result.usable_bytes) = (dir.total_bytes, dir.usable_bytes);
    for view in dir.partitions.iter().filter(|view| wanted.has(view)) {
        let partition = DescribeLogDirsPartition {
            partition_index: view.topic_partition.partition,
            partition_size: i64::try_from(view.size).unwrap_or(i64::MAX),
            offset_lag: view.lag,
            is_future_key: view.is_future,
        };
        match result.topics.last_mut().filter(|topic| topic.name == *view.topic_partition.topic) {
            Some(topic) => topic.partitions.push(partition),
            None => result.topics.push(DescribeLogDirsTopic {
                name: StrBytes::from(&*view.topic_partition.topic),
                partitions: vec![partition],
            }),
        }
    }
    result
}
