//! The keys of access rules, answer by answer as Kafka 4.3.1 gives them.

use crate::Reply;
use crate::access_test::AUTHORIZER;
use crate::testing::Fixture;
use esker_protocol::StrBytes;
use esker_protocol::messages::create_acls::AclCreation;
use esker_protocol::messages::delete_acls::DeleteAclsFilter;
use esker_protocol::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

/// A broker with an authorizer that lets everybody do what no rule is about.
fn open() -> Fixture {
    Fixture::new(&format!("{AUTHORIZER}allow.everyone.if.no.acl.found=true\n"))
}

fn creation() -> AclCreation {
    AclCreation {
        resource_type: 2,
        resource_name: StrBytes::from_static("t"),
        resource_pattern_type: 3,
        principal: StrBytes::from_static("User:alice"),
        host: StrBytes::from_static("*"),
        operation: 3,
        permission_type: 3,
    }
}

fn create(broker: &mut Fixture, creations: &[AclCreation]) -> Vec<(i16, Option<String>)> {
    let answer = broker.ask(3, &CreateAclsRequest { creations: creations.to_vec() });
    answer.results.into_iter().map(|row| (row.error_code, row.error_message.map(|text| text.to_string()))).collect()
}

fn everything() -> DescribeAclsRequest {
    DescribeAclsRequest {
        resource_type_filter: 1,
        resource_name_filter: None,
        pattern_type_filter: 1,
        principal_filter: None,
        host_filter: None,
        operation: 1,
        permission_type: 1,
    }
}

fn filter() -> DeleteAclsFilter {
    DeleteAclsFilter {
        resource_type_filter: 2,
        resource_name_filter: Some(StrBytes::from_static("t")),
        pattern_type_filter: 3,
        principal_filter: None,
        host_filter: None,
        operation: 1,
        permission_type: 1,
    }
}

#[test]
fn rules_are_added_each_by_itself() {
    let mut broker = open();
    let text = StrBytes::from_static;
    let invalid = |said: &str| (42, Some(said.to_owned()));
    let fine = || (0, Some(String::new()));
    let table = [
        (creation(), fine()),
        (creation(), fine()),
        (AclCreation { resource_name: text(""), ..creation() }, invalid("Invalid empty resource name")),
        (
            AclCreation { resource_type: 4, ..creation() },
            invalid("The only valid name for the CLUSTER resource is kafka-cluster"),
        ),
        (AclCreation { resource_type: 99, ..creation() }, invalid("Invalid resourceType UNKNOWN")),
        (AclCreation { resource_pattern_type: 55, ..creation() }, invalid("Invalid patternType UNKNOWN")),
        (AclCreation { operation: 16, ..creation() }, invalid("Invalid operation UNKNOWN")),
        (AclCreation { permission_type: 9, ..creation() }, invalid("Invalid permissionType UNKNOWN")),
        (
            AclCreation { principal: text("alice"), ..creation() },
            invalid(
                "Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)",
            ),
        ),
        (AclCreation { operation: 15, resource_type: 5, ..creation() }, fine()),
        (AclCreation { host: text("not an address"), ..creation() }, fine()),
    ];
    let wanted: Vec<AclCreation> = table.iter().map(|(creation, _)| creation.clone()).collect();
    let said: Vec<_> = table.into_iter().map(|(_, said)| said).collect();
    assert_eq!(create(&mut broker, &wanted), said);
    assert_eq!(broker.image.acls().len(), 3);
}

#[test]
fn a_rule_that_says_any_fails_the_request_and_one_that_says_nothing_ends_the_connection() {
    let mut broker = open();
    for bad in [
        AclCreation { resource_type: 1, ..creation() },
        AclCreation { resource_pattern_type: 1, ..creation() },
        AclCreation { resource_pattern_type: 2, ..creation() },
        AclCreation { operation: 1, ..creation() },
        AclCreation { permission_type: 1, ..creation() },
    ] {
        assert_eq!(create(&mut broker, &[creation(), bad]), [(-1, None), (-1, None)]);
    }
    assert!(broker.image.acls().is_empty());
    let nothing = CreateAclsRequest { creations: vec![AclCreation { operation: 0, ..creation() }] };
    assert!(matches!(broker.send(1, &nothing), Reply::Close));
    assert!(matches!(broker.send(1, &DescribeAclsRequest { operation: 0, ..everything() }), Reply::Close));
    let nothing = DeleteAclsRequest { filters: vec![DeleteAclsFilter { permission_type: 0, ..filter() }] };
    assert!(matches!(broker.send(1, &nothing), Reply::Close));
}

#[test]
fn rules_are_described_by_pattern() {
    let mut broker = open();
    let deny = AclCreation { permission_type: 2, ..creation() };
    create(&mut broker, &[creation(), deny, AclCreation { resource_pattern_type: 4, ..creation() }]);
    let answer = broker.ask(3, &everything());
    assert_eq!((answer.error_code, answer.error_message.as_deref()), (0, Some("")));
    let rows: Vec<_> = answer.resources.iter().map(|row| (row.pattern_type, row.acls.len())).collect();
    assert_eq!(rows, [(3, 2), (4, 1)]);
    let first = &answer.resources[0];
    assert_eq!((first.resource_type, first.resource_name.as_str()), (2, "t"));
    assert_eq!((first.acls[0].principal.as_str(), first.acls[0].host.as_str()), ("User:alice", "*"));
    let named = |name, pattern_type_filter| DescribeAclsRequest {
        resource_name_filter: Some(StrBytes::from_static(name)),
        pattern_type_filter,
        ..everything()
    };
    assert_eq!(broker.ask(1, &named("topic", 2)).resources.len(), 1, "a prefix matches");
    assert_eq!(broker.ask(1, &named("topic", 1)).resources.len(), 0, "and is not the name");
    for unknown in [
        DescribeAclsRequest { resource_type_filter: 99, ..everything() },
        DescribeAclsRequest { pattern_type_filter: 99, ..everything() },
    ] {
        let answer = broker.ask(1, &unknown);
        assert_eq!((answer.error_code, answer.resources.len()), (0, 0));
    }
}

#[test]
fn rules_are_removed_by_filter() {
    let mut broker = open();
    create(&mut broker, &[creation(), AclCreation { operation: 4, ..creation() }]);
    let filters = vec![
        filter(),
        filter(),
        DeleteAclsFilter { resource_type_filter: 77, ..filter() },
        DeleteAclsFilter { operation: 77, ..filter() },
        DeleteAclsFilter { pattern_type_filter: 77, ..filter() },
    ];
    let answer = broker.ask(2, &DeleteAclsRequest { filters });
    let rows: Vec<_> = answer
        .filter_results
        .iter()
        .map(|row| (row.error_code, row.error_message.as_deref(), row.matching_acls.len()))
        .collect();
    assert_eq!(
        rows,
        [
            (0, None, 2),
            (0, None, 2),
            (42, Some("Unknown patternFilter."), 0),
            (42, Some("Unknown entryFilter."), 0),
            (42, Some("Unknown patternFilter."), 0),
        ]
    );
    assert_eq!(answer.filter_results[0].matching_acls[0].error_message, None);
    assert!(broker.image.acls().is_empty());
}

#[test]
fn without_an_authorizer_there_are_no_rules() {
    let mut broker = Fixture::new("");
    let answer = broker.ask(3, &everything());
    let text = answer.error_message.as_deref();
    assert_eq!((answer.error_code, text), (54, Some("No Authorizer is configured on the broker")));
    assert_eq!(create(&mut broker, &[creation()]), [(54, Some("No Authorizer is configured.".to_owned()))]);
    let answer = broker.ask(3, &DeleteAclsRequest { filters: vec![filter(), filter()] });
    for row in answer.filter_results {
        assert_eq!((row.error_code, row.error_message.as_deref()), (54, Some("No Authorizer is configured.")));
    }
}
