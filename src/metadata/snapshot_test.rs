//! Snapshots: nothing is missing, nothing leaves that must not, damage is told.

use crate::samples::*;
use crate::*;

#[test]
fn a_snapshot_holds_the_whole_image() {
    let image = image_of(&history());
    assert_eq!(decode_snapshot(&encode_snapshot(&image)).unwrap(), image);
    let empty = ClusterImage::default();
    assert_eq!(decode_snapshot(&encode_snapshot(&empty)).unwrap(), empty);
}

#[test]
fn a_snapshot_at_any_offset_and_the_records_behind_it_make_the_same_image() {
    let records = history();
    let whole = image_of(&records);
    for cut in 0..=records.len() {
        let mut image = decode_snapshot(&encode_snapshot(&image_of(&records[..cut]))).unwrap();
        for (record, offset) in records[cut..].iter().zip(cut as i64..) {
            image.apply(offset, record).unwrap();
        }
        assert_eq!(image, whole, "cut at {cut}");
    }
}

#[test]
fn the_bucket_gets_no_secret_and_no_registration() {
    let image = image_of(&history());
    let bytes = bucket_snapshot(&image, |kind, key| kind == ConfigResourceKind::Broker && key.contains("password"));
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("secret") && !text.contains("broker-registered"), "{text}");
    let restored = decode_snapshot(&bytes).unwrap();
    assert_eq!(restored.topics().count(), image.topics().count());
    assert_eq!(restored.next_producer_id(), 1000);
    assert_eq!(restored.topic_deletions().count(), 1);
    assert_eq!(restored.config(&ConfigResource::topic("orders"), "retention.ms"), Some("-1"));
    assert_eq!(restored.brokers().count(), 0);
    assert!(image.scram_credential_count() > 0 && restored.scram_credential_count() == 0);
    assert!(restored.acls() == image.acls() && restored.quotas() == image.quotas());
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    let bytes = encode_snapshot(&image_of(&history()));
    for len in 0..bytes.len() {
        assert!(decode_snapshot(&bytes[..len]).is_err(), "cut at {len}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        assert!(decode_snapshot(&flipped).is_err(), "flipped at {at}");
    }
}

#[test]
fn a_later_layout_or_a_later_record_is_called_newer() {
    let with_crc = |body: &str| format!("{body}{{\"crc32c\":\"{:08x}\"}}\n", crc32c::crc32c(body.as_bytes()));
    let later = with_crc("{\"format\":\"esker-cluster-snapshot\",\"version\":2,\"offset\":0,\"records\":0}\n");
    assert!(matches!(decode_snapshot(later.as_bytes()), Err(SnapshotError::NewerVersion(2))));
    let head = "{\"format\":\"esker-cluster-snapshot\",\"version\":1,\"offset\":0,\"records\":1}\n";
    let record = with_crc(&format!("{head}{{\"type\":\"from-the-future\"}}\n"));
    let error = decode_snapshot(record.as_bytes()).unwrap_err();
    assert!(matches!(error, SnapshotError::Record { line: 2, error: RecordError::Newer(_) }), "{error}");
    let short = with_crc("{\"format\":\"esker-cluster-snapshot\",\"version\":1,\"offset\":0,\"records\":1}\n");
    assert!(matches!(decode_snapshot(short.as_bytes()), Err(SnapshotError::Damaged(_))));
}
