//! Filters mean what Kafka's mean.

use crate::testing::{acl, image};
use crate::{AclFilter, PatternFilter};
use esker_metadata::{Acl, AclPatternType, AclPermission, AclResourceType, Record};

fn selected(filter: &AclFilter) -> Vec<String> {
    let rules = [
        "allow User:a * read literal foo",
        "allow User:a * write literal *",
        "deny User:b 1.1.1.1 read prefixed fo",
        "allow User:a * read prefixed foo",
        "allow User:a * read literal bar",
    ];
    let group = Acl { resource_type: AclResourceType::Group, ..acl("allow User:a * read literal foo") };
    let image = image(rules.iter().map(|text| acl(text)).chain([group]).map(Record::AclCreated));
    let found = filter.select(image.acls());
    found.map(|acl| format!("{:?} {:?} {}", acl.resource_type, acl.pattern_type, acl.resource_name)).collect()
}

#[test]
fn a_name_is_meant_as_the_pattern_says() {
    let named = |pattern| AclFilter {
        resource_type: Some(AclResourceType::Topic),
        resource_name: Some("foo".into()),
        pattern,
        ..AclFilter::any()
    };
    assert_eq!(selected(&named(PatternFilter::Any)), ["Topic Literal foo", "Topic Prefixed foo"]);
    let matching = ["Topic Literal *", "Topic Literal foo", "Topic Prefixed fo", "Topic Prefixed foo"];
    assert_eq!(selected(&named(PatternFilter::Match)), matching);
    assert_eq!(selected(&named(PatternFilter::Kind(AclPatternType::Literal))), ["Topic Literal foo"]);
    assert_eq!(selected(&AclFilter::any()).len(), 6);
}

#[test]
fn every_part_narrows() {
    let count = |filter: AclFilter| selected(&filter).len();
    assert_eq!(count(AclFilter { resource_type: Some(AclResourceType::Group), ..AclFilter::any() }), 1);
    assert_eq!(count(AclFilter { principal: Some("User:b".into()), ..AclFilter::any() }), 1);
    assert_eq!(count(AclFilter { host: Some("*".into()), ..AclFilter::any() }), 5);
    assert_eq!(count(AclFilter { operation: Some(esker_metadata::AclOperation::Write), ..AclFilter::any() }), 1);
    assert_eq!(count(AclFilter { permission: Some(AclPermission::Deny), ..AclFilter::any() }), 1);
    assert_eq!(count(AclFilter { pattern: PatternFilter::Kind(AclPatternType::Prefixed), ..AclFilter::any() }), 2);
}
