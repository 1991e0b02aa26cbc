//! Bytes written down by hand from the protocol's description, field by field.

use crate::messages::api_versions::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use crate::messages::fetch::{AbortedTransaction, EpochEndOffset, FetchableTopicResponse, PartitionData};
use crate::messages::metadata::MetadataRequestTopic;
use crate::messages::produce::{PartitionProduceData, TopicProduceData};
use crate::messages::{ApiVersionsResponse, FetchResponse, MetadataRequest, ProduceRequest};
use crate::wire::decode::Decode;
use crate::{Message, StrBytes};
use bytes::{Bytes, BytesMut};
use std::fmt::Debug;
use uuid::Uuid;

fn check<M: Message + Decode + PartialEq + Debug>(version: i16, message: &M, parts: &[&[u8]]) {
    let expected = Bytes::from(parts.concat());
    let mut bytes = BytesMut::new();
    message.encode(version, &mut bytes).unwrap();
    assert_eq!(bytes, expected, "{} v{version}", M::NAME);
    assert_eq!(&M::decode(expected, version).unwrap(), message, "{} v{version}", M::NAME);
}

#[test]
fn metadata_request_in_classic_versions() {
    let topic = |name| MetadataRequestTopic { name: Some(StrBytes::from_static(name)), ..Default::default() };
    let one = MetadataRequest { topics: Some(vec![topic("t1")]), ..Default::default() };
    check(0, &one, &[&[0, 0, 0, 1], &[0, 2], b"t1"]);
    check(4, &one, &[&[0, 0, 0, 1], &[0, 2], b"t1", &[1]]);
    let all = MetadataRequest { topics: None, ..Default::default() };
    check(1, &all, &[&[0xff; 4]]);
}

#[test]
fn metadata_request_by_topic_id() {
    let id = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    let topic = MetadataRequestTopic { topic_id: id, name: None };
    let request = MetadataRequest { topics: Some(vec![topic]), allow_auto_topic_creation: false, ..Default::default() };
    // One topic, counted from one; its id; no name; its tags; two flags; tags.
    let id = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    check(12, &request, &[&[2], &id, &[0], &[0], &[0], &[0], &[0]]);
}

#[test]
fn api_versions_response_with_tagged_features() {
    let response = ApiVersionsResponse {
        error_code: 0,
        api_keys: vec![ApiVersion { api_key: 18, min_version: 0, max_version: 4 }],
        throttle_time_ms: 7,
        supported_features: vec![SupportedFeatureKey { name: "f".into(), min_version: 0, max_version: 1 }],
        finalized_features_epoch: 3,
        finalized_features: vec![FinalizedFeatureKey { name: "f".into(), max_version_level: 1, min_version_level: 1 }],
        zk_migration_ready: false,
    };
    check(
        3,
        &response,
        &[
            &[0, 0],                   // no error
            &[2],                      // one key
            &[0, 18, 0, 0, 0, 4, 0],   // its number, range, tags
            &[0, 0, 0, 7],             // throttle time
            &[3],                      // three tagged fields: the fourth has its default
            &[0, 8, 2],                // tag 0, 8 bytes, one feature
            &[2, b'f', 0, 0, 0, 1, 0], // its name, range, tags
            &[1, 8],                   // tag 1, 8 bytes
            &[0, 0, 0, 0, 0, 0, 0, 3], // epoch
            &[2, 8, 2],                // tag 2, 8 bytes, one feature
            &[2, b'f', 0, 1, 0, 1, 0], // its name, levels, tags
        ],
    );
}

#[test]
fn produce_request_in_classic_and_flexible_versions() {
    let partition = PartitionProduceData { index: 5, records: Some(Bytes::from_static(b"RECORDS")) };
    let topic = TopicProduceData { name: "t".into(), partition_data: vec![partition], ..Default::default() };
    let request =
        ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 1000, topic_data: vec![topic.clone()] };
    check(
        3,
        &request,
        &[
            &[0xff, 0xff],             // no transactional id
            &[0xff, 0xff],             // acks of all
            &[0, 0, 3, 0xe8],          // timeout
            &[0, 0, 0, 1, 0, 1, b't'], // one topic, its name
            &[0, 0, 0, 1, 0, 0, 0, 5], // one partition, its index
            &[0, 0, 0, 7],
            b"RECORDS", // records
        ],
    );
    check(
        9,
        &request,
        &[&[0], &[0xff, 0xff], &[0, 0, 3, 0xe8], &[2, 2, b't'], &[2, 0, 0, 0, 5], &[8], b"RECORDS", &[0, 0, 0]],
    );
    let topic = TopicProduceData { name: "".into(), topic_id: Uuid::from_bytes([9; 16]), ..topic };
    let request = ProduceRequest { topic_data: vec![topic], ..request };
    check(
        13,
        &request,
        &[&[0], &[0xff, 0xff], &[0, 0, 3, 0xe8], &[2], &[9; 16], &[2, 0, 0, 0, 5], &[8], b"RECORDS", &[0, 0, 0]],
    );
}

#[test]
fn fetch_response_in_the_oldest_and_a_flexible_version() {
    let partition = PartitionData {
        partition_index: 1,
        high_watermark: 10,
        last_stable_offset: 9,
        aborted_transactions: Some(vec![AbortedTransaction { producer_id: 2, first_offset: 3 }]),
        records: Some(Bytes::from_static(b"abc")),
        ..Default::default()
    };
    let topic = FetchableTopicResponse { topic: "t".into(), partitions: vec![partition], ..Default::default() };
    let mut response = FetchResponse { throttle_time_ms: 4, responses: vec![topic], ..Default::default() };
    check(
        4,
        &response,
        &[
            &[0, 0, 0, 4],                         // throttle time
            &[0, 0, 0, 1, 0, 1, b't'],             // one topic, its name
            &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0],       // one partition, its index, no error
            &[0, 0, 0, 0, 0, 0, 0, 10],            // high watermark
            &[0, 0, 0, 0, 0, 0, 0, 9],             // last stable offset
            &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2], // one aborted transaction, its producer
            &[0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3],
            b"abc", // its first offset; three bytes of records
        ],
    );

    let topic = &mut response.responses[0];
    (topic.topic, topic.topic_id) = ("".into(), Uuid::from_bytes([7; 16]));
    let partition = &mut topic.partitions[0];
    (partition.aborted_transactions, partition.records) = (None, None);
    partition.diverging_epoch = EpochEndOffset { epoch: 6, end_offset: 8 };
    check(
        13,
        &response,
        &[
            &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0], // throttle time, no error, no session
            &[2],
            &[7; 16],                     // one topic, its id
            &[2, 0, 0, 0, 1, 0, 0],       // one partition, its index, no error
            &[0, 0, 0, 0, 0, 0, 0, 10],   // high watermark
            &[0, 0, 0, 0, 0, 0, 0, 9],    // last stable offset
            &[0xff; 8],                   // log start offset
            &[0],                         // null aborted transactions
            &[0xff; 4],                   // no preferred replica
            &[0],                         // null records
            &[1, 0, 13],                  // one tagged field: tag 0, 13 bytes
            &[0, 0, 0, 6],                // diverging epoch
            &[0, 0, 0, 0, 0, 0, 0, 8, 0], // its end, its tags
            &[0, 0],                      // tags of topic and response
        ],
    );
}
