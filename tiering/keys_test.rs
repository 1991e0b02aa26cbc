//! Keys sort as what they name, and what they name is read back from them.

use crate::keys::{Keys, ObjectId, PartitionHome, object_of, sequence_of};
use crate::token::WriterToken;
use esker_model::TopicId;
use uuid::Uuid;

fn id(base: i64, leader_epoch: i32) -> ObjectId {
    let token = WriterToken { generation: 3, leader_epoch, broker_epoch: 77 };
    ObjectId { base, token, uuid: Uuid::from_u128(base as u128 + 9) }
}

#[test]
fn an_object_is_recognised_by_its_key() {
    let keys = Keys::new(&"abc".parse().unwrap());
    let home = PartitionHome { topic_id: TopicId(Uuid::from_u128(5)), partition: 12 };
    let key = keys.segment(home, &id(1 << 40, 6));
    assert_eq!(object_of(&key), Some(id(1 << 40, 6)));
    assert!(key > keys.segments_from(home, 1 << 40));
    assert!(key < keys.segments_from(home, (1 << 40) + 1));
    assert!(keys.segment(home, &id(9, 6)) < keys.segment(home, &id(10, 2)));
    assert!(keys.segment(home, &id(9, 6)) < keys.segment(home, &id(9, 7)));
}

#[test]
fn foreign_keys_are_not_objects_nor_sequences() {
    for key in ["", "a/b", "x/00000000000000000001-zz-zz", "x/1-2-3-4", "x/segments/00000000000000000001"] {
        assert_eq!(object_of(key), None, "{key}");
    }
    assert_eq!(sequence_of("a/manifest/00000000000000000017"), Some(17));
    assert_eq!(sequence_of("a/manifest/17"), None);
    assert_eq!(sequence_of("a/manifest/0000000000000000001x"), None);
    assert_eq!(sequence_of("a/manifest/99999999999999999999"), None);
}
