//! The authorizer against a reference that looks at every rule, over random rules and questions.

use crate::testing::*;
use crate::{Principal, Question};
use esker_env::Random;
use esker_env::sim::SeededRandom;
use esker_metadata::{Acl, AclOperation, AclPatternType, AclPermission, AclResourceType};

const TYPES: [AclResourceType; 3] = [AclResourceType::Topic, AclResourceType::Group, AclResourceType::Cluster];
const NAMES: [&str; 8] = ["*", "a", "ab", "abc", "b", "é", "éa", "**"];
const USERS: [&str; 4] = ["User:u", "User:v", "User:*", "Role:u"];
const HOSTS: [&str; 3] = ["*", "1.1.1.1", "2.2.2.2"];

/// The rules as a person would write them down.
fn reference(
    acls: &[Acl],
    everyone: bool,
    who: &str,
    host: &str,
    op: AclOperation,
    on: (AclResourceType, &str),
) -> bool {
    use AclOperation::*;
    if who == "User:root" {
        return true;
    }
    let of_resource = |acl: &&Acl| {
        acl.resource_type == on.0
            && match acl.pattern_type {
                AclPatternType::Literal => *acl.resource_name == *on.1 || *acl.resource_name == *"*",
                AclPatternType::Prefixed => on.1.starts_with(&*acl.resource_name),
            }
    };
    let of_asker = |acl: &&Acl| {
        (*acl.principal == *who || *acl.principal == *"User:*") && (*acl.host == *host || *acl.host == *"*")
    };
    let about: Vec<&Acl> = acls.iter().filter(of_resource).collect();
    let mine: Vec<&Acl> = about.iter().copied().filter(of_asker).collect();
    let same = |acl: &Acl| acl.operation == All || acl.operation == op;
    if mine.iter().any(|acl| acl.permission == AclPermission::Deny && same(acl)) {
        return false;
    }
    let implied = |acl: &Acl| match op {
        Describe => [Read, Write, Delete, Alter].contains(&acl.operation),
        DescribeConfigs => acl.operation == AlterConfigs,
        _ => false,
    };
    mine.iter().any(|acl| acl.permission == AclPermission::Allow && (same(acl) || implied(acl)))
        || (about.is_empty() && everyone)
}

struct Dice(SeededRandom);

impl Dice {
    fn roll(&self, sides: usize) -> usize {
        self.0.below(sides as u64) as usize
    }

    fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn acl(&self) -> Acl {
        Acl {
            resource_type: self.pick(&TYPES),
            pattern_type: self.pick(&[AclPatternType::Literal, AclPatternType::Prefixed]),
            resource_name: self.pick(&NAMES).into(),
            principal: self.pick(&USERS).into(),
            host: self.pick(&HOSTS).into(),
            operation: self.pick(&OPERATIONS).1,
            permission: self.pick(&[AclPermission::Allow, AclPermission::Allow, AclPermission::Deny]),
        }
    }
}

#[test]
fn h44_a_million_questions_are_answered_as_the_reference_answers_them() {
    let dice = Dice(SeededRandom::new(2026));
    let mut yes = 0;
    for round in 0..10_000 {
        let mut acls: Vec<Acl> = (0..dice.roll(12)).map(|_| dice.acl()).collect();
        acls.sort();
        acls.dedup();
        let everyone = round % 2 == 0;
        let world = authorizer(acls.iter().cloned(), everyone);
        let rules = world.authorizer.rules();
        for _ in 0..100 {
            let who = dice.pick(&["User:u", "User:v", "User:w", "Role:u", "User:*", "User:root"]);
            let (host, op) = (dice.pick(&["1.1.1.1", "2.2.2.2", "3.3.3.3"]), dice.pick(&OPERATIONS).1);
            let on = (dice.pick(&TYPES), dice.pick(&NAMES));
            let principal = Principal::parse(who).unwrap();
            let answer = rules.allow(Question { principal: &principal, host }, op, on.0, on.1);
            let expected = reference(&acls, everyone, who, host, op, on);
            assert_eq!(answer, expected, "round {round}: {who} from {host} to {op:?} {on:?} under {acls:#?}");
            yes += usize::from(answer);
        }
    }
    assert!((200_000..800_000).contains(&yes), "{yes} of a million are allowed: the cases are one-sided");
}
