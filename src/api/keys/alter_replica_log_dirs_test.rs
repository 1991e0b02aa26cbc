//! AlterReplicaLogDirs, as a broker with one directory answers.

use crate::testing::Fixture;
use esker_protocol::messages::alter_replica_log_dirs::{AlterReplicaLogDir, AlterReplicaLogDirTopic};
use esker_protocol::messages::{AlterReplicaLogDirsRequest, DescribeLogDirsRequest};

#[test]
fn a_replica_that_is_where_it_is_to_be_stays_and_others_are_told_why_not() {
    let mut broker = Fixture::new("");
    broker.create_topic(1, "t", 2);
    let own = broker.ask(4, &DescribeLogDirsRequest { topics: None }).results[0].log_dir.to_string();
    let dir = |path: &str, topic: &str, partitions: &[i32]| AlterReplicaLogDir {
        path: path.into(),
        topics: vec![AlterReplicaLogDirTopic { name: topic.into(), partitions: partitions.to_vec() }],
    };
    for version in 1..=2 {
        let dirs = vec![
            dir("/first", "t", &[0]),
            dir(&own, "t", &[0, 7]),
            dir("/nowhere", "t", &[1]),
            dir(&own, "none", &[0]),
        ];
        let answer = broker.ask(version, &AlterReplicaLogDirsRequest { dirs });
        let rows: Vec<_> = answer
            .results
            .iter()
            .flat_map(|topic| {
                topic.partitions.iter().map(|row| (topic.topic_name.as_str(), row.partition_index, row.error_code))
            })
            .collect();
        assert_eq!(rows, [("none", 0, 3), ("t", 0, 0), ("t", 1, 57), ("t", 7, 3)]);
    }
}
