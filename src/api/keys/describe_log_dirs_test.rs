//! DescribeLogDirs: everything, some partitions, and what nobody has.

use crate::testing::{Fixture, batch};
use bytes::Bytes;
use esker_protocol::messages::describe_log_dirs::{DescribableLogDirTopic, DescribeLogDirsResult};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{DescribeLogDirsRequest, ProduceRequest};

fn with_records() -> (Fixture, i64) {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "a", 2);
    fixture.create_topic(0xb, "b", 1);
    let records = batch(&["x"]);
    let size = records.len() as i64;
    let partition_data = vec![PartitionProduceData::<Bytes> { index: 1, records: Some(records.into()) }];
    let topic = TopicProduceData { name: "a".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    fixture.ask(9, &request);
    (fixture, size)
}

fn sizes(result: &DescribeLogDirsResult) -> Vec<(&str, Vec<(i32, i64)>)> {
    let mut topics: Vec<_> = result
        .topics
        .iter()
        .map(|topic| {
            let sizes = topic.partitions.iter().map(|row| (row.partition_index, row.partition_size)).collect();
            (topic.name.as_str(), sizes)
        })
        .collect();
    topics.sort();
    topics
}

#[test]
fn without_a_list_every_partition_is_described() {
    let (mut broker, size) = with_records();
    for version in 1..=5 {
        let response = broker.ask(version, &DescribeLogDirsRequest { topics: None });
        assert_eq!((response.error_code, response.results.len()), (0, 1));
        let dir = &response.results[0];
        assert_eq!(sizes(dir), [("a", vec![(0, 0), (1, size)]), ("b", vec![(0, 0)])]);
        assert!(dir.error_code == 0 && dir.log_dir.starts_with('/') && !dir.is_cordoned);
        let rows = dir.topics.iter().flat_map(|topic| &topic.partitions);
        assert!(rows.into_iter().all(|row| row.offset_lag == 0 && !row.is_future_key));
        let space = (dir.total_bytes, dir.usable_bytes);
        if version < 4 {
            assert_eq!(space, (-1, -1));
        } else {
            assert!(space.0 > 0 && space.1 > 0 && space.1 <= space.0, "{space:?}");
        }
    }
}

#[test]
fn a_list_chooses_and_what_nobody_has_is_left_out() {
    let (mut broker, size) = with_records();
    let topic =
        |name: &str, partitions: &[i32]| DescribableLogDirTopic { topic: name.into(), partitions: partitions.to_vec() };
    let topics = vec![topic("a", &[1, 1, 7, -1]), topic("nobody", &[0]), topic("a", &[1])];
    let response = broker.ask(5, &DescribeLogDirsRequest { topics: Some(topics) });
    assert_eq!(sizes(&response.results[0]), [("a", vec![(1, size)])]);
    let nothing = broker.ask(5, &DescribeLogDirsRequest { topics: Some(Vec::new()) });
    assert!(nothing.results.len() == 1 && nothing.results[0].topics.is_empty(), "the directory is named all the same");
}
