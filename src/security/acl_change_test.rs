//! What adding and removing rules comes to.

use crate::testing::{acl, image};
use crate::{AclFilter, Refusal, RefusalKind, create_acls, delete_acls};
use esker_metadata::{Acl, AclResourceType, Record};

#[test]
fn a_rule_is_added_once_and_a_bad_one_is_told_in_its_place() {
    let there = acl("allow User:a * read literal t");
    let image = image([Record::AclCreated(there.clone())]);
    let new = acl("deny User:a * read literal t");
    let cluster = Acl { resource_type: AclResourceType::Cluster, ..acl("allow User:a * alter literal x") };
    let unnamed = Acl { resource_name: "".into(), ..there.clone() };
    let nobody = Acl { principal: "alice".into(), ..there.clone() };
    let unknown = Refusal::invalid("Invalid operation UNKNOWN");
    let wanted = [Ok(there), Ok(new.clone()), Ok(new.clone()), Ok(cluster), Ok(unnamed), Ok(nobody), Err(unknown)];
    let change = create_acls(&image, &wanted).unwrap();
    assert_eq!(change.records, [Record::AclCreated(new)]);
    let texts: Vec<String> =
        change.answer.into_iter().map(|one| one.map_or_else(|refusal| refusal.text, |()| String::new())).collect();
    assert_eq!(
        texts,
        [
            "",
            "",
            "",
            "The only valid name for the CLUSTER resource is kafka-cluster",
            "Invalid empty resource name",
            "Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)",
            "Invalid operation UNKNOWN",
        ]
    );
}

#[test]
fn too_many_rules_at_once_are_refused() {
    let many: Vec<_> = (0..10_001).map(|n| Ok(acl(&format!("allow User:a * read literal t{n}")))).collect();
    let refusal = create_acls(&image([]), &many).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::PolicyViolation);
    assert_eq!(create_acls(&image([]), &many[1..]).unwrap().records.len(), 10_000);
}

#[test]
fn a_rule_that_two_filters_mean_is_removed_once_and_told_twice() {
    let rules = [acl("allow User:a * read literal t"), acl("allow User:b * read literal t")];
    let image = image(rules.clone().map(Record::AclCreated));
    let of_a = AclFilter { principal: Some("User:a".into()), ..AclFilter::any() };
    let bad = Refusal::invalid("Unknown patternFilter.");
    let none = AclFilter { host: Some("9.9.9.9".into()), ..AclFilter::any() };
    let change = delete_acls(&image, &[Ok(of_a), Ok(AclFilter::any()), Err(bad.clone()), Ok(none)]);
    assert_eq!(change.records, rules.clone().map(Record::AclRemoved));
    assert_eq!(change.answer, [Ok(vec![rules[0].clone()]), Ok(rules.to_vec()), Err(bad), Ok(Vec::new())]);
}
