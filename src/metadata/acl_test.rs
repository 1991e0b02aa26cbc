//! The table of access rules finds every pattern that matches, and nothing else.

use crate::samples::acl;
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn names(table: &AclTable, name: &str) -> Vec<String> {
    let found = table.matching(AclResourceType::Topic, name);
    found.flat_map(|pattern| pattern.keys()).map(|principal| principal.to_string()).collect()
}

/// A table in which each rule's principal is the pattern that it is of.
fn table(patterns: &[(AclPatternType, &str)]) -> AclTable {
    let mut table = AclTable::default();
    for (kind, name) in patterns {
        let principal = format!("{kind:?}:{name}").into();
        table.insert(&Acl { principal, ..acl(*kind, name, AclPermission::Allow) });
    }
    table
}

#[test]
fn a_resource_is_matched_by_its_name_its_prefixes_and_the_wildcard() {
    use AclPatternType::{Literal, Prefixed};
    let table = table(&[
        (Literal, "*"),
        (Literal, "foo"),
        (Literal, "foobar"),
        (Prefixed, "*"),
        (Prefixed, "f"),
        (Prefixed, "fa"),
        (Prefixed, "foo"),
        (Prefixed, "foob"),
        (Prefixed, "foobarx"),
        (Prefixed, "fé"),
        (Prefixed, "g"),
    ]);
    assert_eq!(names(&table, "foobar"), ["Literal:foobar", "Literal:*", "Prefixed:foob", "Prefixed:foo", "Prefixed:f"]);
    assert_eq!(names(&table, "fèx"), ["Literal:*", "Prefixed:f"]);
    assert_eq!(names(&table, "féx"), ["Literal:*", "Prefixed:fé", "Prefixed:f"]);
    assert_eq!(names(&table, "*"), ["Literal:*", "Prefixed:*"]);
    assert_eq!(names(&table, ""), ["Literal:*"]);
    assert_eq!(table.matching(AclResourceType::Group, "foo").count(), 0);
}

proptest! {
    #[test]
    fn the_table_agrees_with_a_look_at_every_rule(
        rules in proptest::collection::vec((any::<bool>(), any::<bool>(), "[ab*é]{1,4}", "[uv]", any::<bool>()), 0..60),
        name in "[ab*é]{0,5}",
    ) {
        let mut table = AclTable::default();
        let mut plain = BTreeSet::new();
        for (create, literal, pattern, principal, allow) in rules {
            let kind = if literal { AclPatternType::Literal } else { AclPatternType::Prefixed };
            let permission = if allow { AclPermission::Allow } else { AclPermission::Deny };
            let acl = Acl { principal: principal.into(), ..acl(kind, &pattern, permission) };
            if create {
                prop_assert_eq!(table.insert(&acl), plain.insert(acl));
            } else {
                prop_assert_eq!(table.remove(&acl), plain.remove(&acl));
            }
        }
        prop_assert_eq!(table.len(), plain.len());
        prop_assert_eq!(table.iter().collect::<BTreeSet<_>>(), plain.clone());
        let matches = |acl: &&Acl| match acl.pattern_type {
            AclPatternType::Literal => *acl.resource_name == *name || &*acl.resource_name == WILDCARD,
            AclPatternType::Prefixed => name.starts_with(&*acl.resource_name),
        };
        let expected = plain.iter().filter(matches).count();
        let found: usize =
            table.matching(AclResourceType::Topic, &name).flat_map(|pattern| pattern.values()).map(BTreeSet::len).sum();
        prop_assert_eq!(found, expected);
        for acl in &plain {
            prop_assert!(table.contains(acl) && table.remove(acl));
        }
        prop_assert!(table.is_empty() && table == AclTable::default());
    }
}
