//! The committed reference is the generated one.

use crate::{keys, reference};

#[test]
fn the_committed_reference_is_up_to_date() {
    let committed = include_str!("../../config/REFERENCE.md");
    assert!(committed == reference(), "config/REFERENCE.md has drifted from the table: run `make fix`");
}

#[test]
fn every_key_has_its_row() {
    let page = reference();
    for key in keys() {
        assert!(page.contains(&format!("| `{}` |", key.name)), "{}", key.name);
    }
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(page.lines().filter(|line| line.starts_with('|')).all(|line| columns(line) == 7));
}

#[test]
fn shipped_files_start_and_explain_each_of_their_keys() {
    for text in [crate::EMBEDDED, include_str!("../../config/minio.properties")] {
        let started = crate::RawConfig::from_text(text).unwrap().resolve("box").unwrap();
        assert_eq!(started.warnings, Vec::<String>::new());
        assert!(started.values.tier_enabled() && started.broker.topics.tiered);
        let mut explained = false;
        for line in text.lines() {
            if line.starts_with('#') || line.contains('=') {
                explained |= line.starts_with("# ");
                assert!(line.starts_with('#') || explained, "nothing explains {line}");
            } else {
                explained = false;
            }
        }
        for name in ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"] {
            let one = |key: &str| started.values.get(&format!("{name}.{key}")).shown();
            assert_eq!(one("replication.factor").as_deref(), Some("1"));
        }
    }
}
