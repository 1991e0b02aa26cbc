//! Levels of features change as Kafka lets them, or are refused in its words.

use crate::features::{FeatureUpdate, UpgradeKind, decide};
use crate::testing::{Paper, broker};
use esker_metadata::{ConfigResource, Record, VersionRange};

fn paper() -> Paper {
    let mut paper = Paper::new(&[], "");
    let mut one = broker(1, None, false);
    one.features.insert("metadata.version".into(), VersionRange { min: 7, max: 30 });
    one.features.insert("kraft.version".into(), VersionRange { min: 0, max: 1 });
    paper.apply(Record::BrokerRegistered(one));
    paper
}

fn update(name: &str, level: i16, kind: UpgradeKind) -> FeatureUpdate {
    FeatureUpdate { name: name.into(), level, kind }
}

#[test]
fn what_cannot_be_is_refused_in_kafkas_words() {
    use UpgradeKind::{SafeDowngrade, Unknown, UnsafeDowngrade, Upgrade};
    let invalid =
        |level: i16, name: &str, why: &str| format!("Invalid update version {level} for feature {name}. {why}");
    let down = "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
    let table = [
        (update("metadata.version", 29, Upgrade), invalid(29, "metadata.version", down)),
        (
            update("metadata.version", 29, SafeDowngrade),
            "Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.".into(),
        ),
        (
            update("metadata.version", 7, UnsafeDowngrade),
            "Unsupported metadata.version downgrade from 30 to 7. Unsafe metadata downgrade is not supported in this version.".into(),
        ),
        (update("metadata.version", 31, Upgrade), invalid(31, "metadata.version", "Local controller 1 only supports versions 7-30")),
        (update("metadata.version", 0, SafeDowngrade), invalid(0, "metadata.version", "Local controller 1 only supports versions 7-30")),
        (update("group.version", -1, Upgrade), invalid(-1, "group.version", "A feature version cannot be less than 0.")),
        (update("group.version", 0, Upgrade), invalid(0, "group.version", down)),
        (update("group.version", 2, Upgrade), invalid(2, "group.version", "Local controller 1 only supports versions 0-1")),
        (update("group.version", 0, Unknown), invalid(0, "group.version", "The controller does not support the given upgrade type.")),
        (update("foo", 1, Upgrade), invalid(1, "foo", "Local controller 1 does not support this feature.")),
        (update("foo", 0, Upgrade), invalid(0, "foo", "Feature foo not found.")),
        (update("kraft.version", 1, Upgrade), invalid(1, "kraft.version", "The voters of this quorum are those that controller.quorum.voters names.")),
    ];
    let paper = paper();
    for (update, text) in table {
        let refusal = decide(paper.cluster(), 1, &[update]).unwrap_err();
        let all = "The update failed for all features since the following feature had an error: ";
        assert_eq!(refusal.text.unwrap(), format!("{all}{text}"));
    }
}

#[test]
fn a_broker_that_cannot_follow_holds_the_cluster_back() {
    let mut paper = paper();
    let mut old = broker(2, None, true);
    old.features.insert("transaction.version".into(), VersionRange { min: 0, max: 1 });
    paper.apply(Record::FeatureSet { name: "transaction.version".into(), level: 1 });
    paper.apply(Record::BrokerRegistered(old));
    let refusal = decide(paper.cluster(), 1, &[update("transaction.version", 2, UpgradeKind::Upgrade)]).unwrap_err();
    assert!(refusal.text.unwrap().ends_with("transaction.version. Broker 2 only supports versions 0-1"));
}

#[test]
fn levels_change_together_and_one_that_stays_makes_no_record() {
    let mut paper = paper();
    let updates = [
        update("group.version", 0, UpgradeKind::SafeDowngrade),
        update("group.version", 1, UpgradeKind::Upgrade),
        update("transaction.version", 1, UpgradeKind::SafeDowngrade),
        update("metadata.version", 30, UpgradeKind::Upgrade),
    ];
    let decision = decide(paper.cluster(), 1, &updates).unwrap();
    assert_eq!(decision.records, [Record::FeatureSet { name: "transaction.version".into(), level: 1 }]);
    paper.take(decision);
    let bad = [update("transaction.version", 2, UpgradeKind::Upgrade), update("foo", 1, UpgradeKind::Upgrade)];
    assert!(decide(paper.cluster(), 1, &bad).is_err(), "none where one cannot");
}

#[test]
fn with_eligible_leader_replicas_the_cluster_has_a_minimum() {
    let mut paper = paper();
    const ELR: &str = "eligible.leader.replicas.version";
    let down = decide(paper.cluster(), 1, &[update(ELR, 0, UpgradeKind::SafeDowngrade)]).unwrap();
    paper.take(down);
    assert_eq!(paper.image.feature(ELR), 0);
    let key = "min.insync.replicas".to_owned();
    paper.apply(Record::ConfigSet { resource: ConfigResource::cluster_default(), key, value: None });
    let up = decide(paper.cluster(), 1, &[update(ELR, 1, UpgradeKind::Upgrade)]).unwrap();
    paper.take(up);
    assert_eq!(paper.image.config(&ConfigResource::cluster_default(), "min.insync.replicas"), Some("1"));
}
