//! The authorizer's rules, one by one.

use crate::testing::*;
use crate::{Authorizer, Principal, Question};
use esker_config::AuthorizerConfig;
use esker_metadata::{Acl, AclOperation, AclResourceType, ImagePublisher};

/// Asks whether `question`, written as `user host operation topic`, is allowed under `rules`.
fn ask(rules: &[&str], allow_everyone: bool, question: &str) -> bool {
    let world = authorizer(rules.iter().map(|text| acl(text)), allow_everyone);
    let words: Vec<&str> = question.split(' ').collect();
    let [name, host, operation, topic] = words[..] else { panic!("{question}") };
    let principal = user(name);
    let question = Question { principal: &principal, host };
    world.authorizer.rules().allow(question, operation_named(operation), AclResourceType::Topic, topic)
}

#[test]
fn rules_decide_as_kafkas_do() {
    let table: &[(&[&str], &str, bool)] = &[
        (&[], "alice h read t", false),
        (&["allow User:alice * read literal t"], "alice h read t", true),
        (&["allow User:alice * read literal t"], "alice h write t", false),
        (&["allow User:alice * read literal t"], "bob h read t", false),
        (&["allow User:alice * read literal t"], "alice h read tt", false),
        (&["allow User:* * read literal t"], "bob h read t", true),
        (&["allow Group:alice * read literal t"], "alice h read t", false),
        (&["allow User:alice 10.0.0.1 read literal t"], "alice 10.0.0.1 read t", true),
        (&["allow User:alice 10.0.0.1 read literal t"], "alice 10.0.0.2 read t", false),
        (&["allow User:alice * all literal t"], "alice h delete t", true),
        (&["allow User:alice * read literal *"], "alice h read anything", true),
        (&["allow User:alice * read prefixed t"], "alice h read topic", true),
        (&["allow User:alice * read prefixed t"], "alice h read t", true),
        (&["allow User:alice * read prefixed top"], "alice h read to", false),
        (&["allow User:alice * read prefixed *"], "alice h read topic", false),
        (&["allow User:alice * read literal t", "deny User:alice * read literal t"], "alice h read t", false),
        (&["allow User:alice * read literal t", "deny User:* * all literal *"], "alice h read t", false),
        (&["allow User:alice * all literal *", "deny User:alice h read prefixed t"], "alice h read topic", false),
        (&["allow User:alice * all literal *", "deny User:alice h read prefixed t"], "alice g read topic", true),
        (&["allow User:alice * all literal *", "deny User:alice * read prefixed t"], "alice h write topic", true),
        (&["deny User:alice * read literal t"], "alice h write t", false),
    ];
    for (rules, question, expected) in table {
        assert_eq!(ask(rules, false, question), *expected, "{question} under {rules:?}");
    }
}

#[test]
fn allowing_implies_to_describe_and_denying_implies_nothing() {
    for (name, operation) in OPERATIONS {
        let allowed = ask(&[&format!("allow User:alice * {name} literal t")], false, "alice h describe t");
        let implies = matches!(name, "all" | "describe" | "read" | "write" | "delete" | "alter");
        assert_eq!(allowed, implies, "{operation:?} and to describe");
        let allowed = ask(&[&format!("allow User:alice * {name} literal t")], false, "alice h describe-configs t");
        assert_eq!(allowed, matches!(name, "all" | "describe-configs" | "alter-configs"), "{operation:?}");
        let rules = [&format!("deny User:alice * {name} literal t")[..], "allow User:alice * describe literal t"];
        assert_eq!(ask(&rules, false, "alice h describe t"), !matches!(name, "all" | "describe"), "{operation:?}");
    }
}

#[test]
fn what_is_configured_holds_only_where_no_rule_is_about_the_resource() {
    assert!(ask(&[], true, "alice h read t"));
    assert!(ask(&["allow User:bob * read literal other"], true, "alice h read t"));
    assert!(!ask(&["allow User:bob * read literal t"], true, "alice h read t"));
    assert!(!ask(&["deny User:bob g read prefixed t"], true, "alice h read t"));
    assert!(!ask(&["allow User:bob * read literal *"], true, "alice h read t"));
}

#[test]
fn super_users_pass_every_rule_and_everything_else_waits_for_the_image() {
    assert!(ask(&["deny User:root * all literal *", "deny User:* * all literal t"], false, "root h read t"));
    let config = AuthorizerConfig { super_users: vec!["User:root".into()], allow_everyone: true };
    let authorizer = Authorizer::new(&config, ImagePublisher::default().watch());
    let may = |principal: &Principal| {
        let question = Question { principal, host: "h" };
        authorizer.rules().allow(question, AclOperation::Read, AclResourceType::Topic, "t")
    };
    assert!(may(&user("root")) && !may(&user("alice")));
}

#[test]
fn a_rule_is_about_one_type_of_resource() {
    let group = Acl { resource_type: AclResourceType::Group, ..acl("allow User:alice * read literal x") };
    let world = authorizer([group], false);
    let alice = user("alice");
    let question = Question { principal: &alice, host: "h" };
    let may = |kind| world.authorizer.rules().allow(question, AclOperation::Read, kind, "x");
    assert!(may(AclResourceType::Group) && !may(AclResourceType::Topic) && !may(AclResourceType::TransactionalId));
}

#[test]
fn any_resource_of_a_type_is_allowed_unless_a_denial_covers_what_is_allowed() {
    let table: &[(&[&str], bool)] = &[
        (&[], false),
        (&["allow User:alice * write literal t"], true),
        (&["allow User:alice * all prefixed t"], true),
        (&["allow User:* h write literal *"], true),
        (&["allow User:alice g write literal t"], false),
        (&["allow User:alice * read literal t"], false),
        (&["allow User:alice * write literal t", "deny User:alice * write literal t"], false),
        (&["allow User:alice * write literal t", "deny User:alice * write prefixed t"], false),
        (&["allow User:alice * write prefixed t", "deny User:alice * write literal t"], true),
        (&["allow User:alice * write prefixed top", "deny User:alice * write prefixed to"], false),
        (&["allow User:alice * write prefixed to", "deny User:alice * write prefixed top"], true),
        (&["allow User:alice * write literal *", "deny User:alice * write literal t"], true),
        (&["allow User:alice * write literal t", "deny User:alice * write literal *"], false),
        (
            &[
                "allow User:alice * write literal a",
                "allow User:alice * write literal b",
                "deny User:* * all prefixed a",
            ],
            true,
        ),
    ];
    for (rules, expected) in table {
        let world = authorizer(rules.iter().map(|text| acl(text)), false);
        let alice = user("alice");
        let question = Question { principal: &alice, host: "h" };
        let may = world.authorizer.rules().allow_any(question, AclOperation::Write, AclResourceType::Topic);
        assert_eq!(may, *expected, "{rules:?}");
    }
    let world = authorizer([acl("deny User:root * all literal *")], false);
    let root = user("root");
    let question = Question { principal: &root, host: "h" };
    assert!(world.authorizer.rules().allow_any(question, AclOperation::Write, AclResourceType::Topic));
}

#[test]
fn a_new_image_is_asked_from_the_next_request_on() {
    let world = authorizer([], false);
    let alice = user("alice");
    let question = Question { principal: &alice, host: "h" };
    let may = || world.authorizer.rules().allow(question, AclOperation::Read, AclResourceType::Topic, "t");
    assert!(!may());
    let records = [esker_metadata::Record::AclCreated(acl("allow User:alice * read literal t"))];
    world.publisher.publish(std::sync::Arc::new(image(records)));
    assert!(may());
}
