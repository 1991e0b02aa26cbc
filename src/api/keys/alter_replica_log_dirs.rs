//! AlterReplicaLogDirs (34): replicas are to move to other log directories of this broker (KIP-113).
//!
//! Versions 1-2. A replica that is where it is to be is answered with success, as in Kafka. One that would have to move is
//! POLICY_VIOLATION: this broker moves no log between its directories. Of a partition that is named twice the last directory counts.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::AclOperation;
use esker_model::TopicPartition;
use esker_protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult,
};
use esker_protocol::messages::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
use esker_replication::LogDirView;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The directory that each partition is to be in, by topic and number.
type Wanted = BTreeMap<(String, i32), String>;

impl Respond for AlterReplicaLogDirsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AlterReplicaLogDirsRequest,
) -> Answer<AlterReplicaLogDirsResponse> {
    let wanted = wanted(&request.dirs);
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(rows(wanted, |_, _, _| code));
    }
    let replicas = Arc::clone(&api.services.replicas);
    let pool = replicas.disk_pool().clone();
    Answer::later(async move {
        match pool.run(move || replicas.log_dirs()).await {
            Ok(dirs) => rows(wanted, |topic, partition, dir| outcome(&dirs, topic, partition, dir)),
            Err(error) => {
                tracing::error!(%error, "log directories cannot be looked at");
                rows(wanted, |_, _, _| ErrorCode::KafkaStorageError)
            }
        }
    })
}

fn wanted(dirs: &[AlterReplicaLogDir]) -> Wanted {
    let topics = dirs.iter().flat_map(|dir| dir.topics.iter().map(move |topic| (dir, topic)));
    let partitions = topics.flat_map(|(dir, topic)| topic.partitions.iter().map(move |number| (dir, topic, *number)));
    partitions.map(|(dir, topic, number)| ((topic.name.to_string(), number), dir.path.to_string())).collect()
}

fn outcome(dirs: &[LogDirView], topic: &str, partition: i32, wanted: &str) -> ErrorCode {
    let wanted = Path::new(wanted);
    let Some(target) = dirs.iter().find(|dir| dir.path == wanted) else { return ErrorCode::LogDirNotFound };
    if target.error.is_some() {
        return ErrorCode::KafkaStorageError;
    }
    let sought = TopicPartition::new(topic, partition);
    let holds = |dir: &&LogDirView| dir.partitions.iter().any(|log| log.topic_partition == sought);
    match dirs.iter().find(holds) {
        None => ErrorCode::UnknownTopicOrPartition,
        Some(dir) if dir.path == wanted => ErrorCode::None,
        Some(_) => ErrorCode::PolicyViolation,
    }
}

fn rows(wanted: Wanted, code: impl Fn(&str, i32, &str) -> ErrorCode) -> AlterReplicaLogDirsResponse {
    let mut results: Vec<AlterReplicaLogDirTopicResult> = Vec::new();
    for ((topic, partition_index), dir) in wanted {
        let error_code = code(&topic, partition_index, &dir).number();
        let row = AlterReplicaLogDirPartitionResult { partition_index, error_code };
        match results.last_mut().filter(|last| last.topic_name == topic.as_str()) {
            Some(last) => last.partitions.push(row),
            None => results.push(AlterReplicaLogDirTopicResult { topic_name: topic.into(), partitions: vec![row] }),
        }
    }
    AlterReplicaLogDirsResponse { results, ..AlterReplicaLogDirsResponse::default() }
}
