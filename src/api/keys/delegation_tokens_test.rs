//! Delegation tokens are refused as Kafka refuses them where nobody has proved who they are.

use crate::testing::Fixture;
use esker_protocol::StrBytes;
use esker_protocol::messages::{
    CreateDelegationTokenRequest, DescribeDelegationTokenRequest, ExpireDelegationTokenRequest,
    RenewDelegationTokenRequest,
};

#[test]
fn a_token_is_refused_to_whoever_it_would_be_for() {
    let mut broker = Fixture::new("");
    let owned = |kind: Option<&'static str>, name: Option<&'static str>| CreateDelegationTokenRequest {
        owner_principal_type: kind.map(StrBytes::from_static),
        owner_principal_name: name.map(StrBytes::from_static),
        renewers: Vec::new(),
        max_lifetime_ms: -1,
    };
    for (version, request, owner, requester) in [
        (3, owned(Some("User"), Some("o")), "o", "ANONYMOUS"),
        (3, owned(None, None), "ANONYMOUS", "ANONYMOUS"),
        (2, owned(Some(""), Some("")), "ANONYMOUS", ""),
    ] {
        let answer = broker.ask(version, &request);
        assert_eq!((answer.error_code, answer.principal_type.as_str()), (64, "User"));
        assert_eq!(
            (answer.principal_name.as_str(), answer.token_requester_principal_name.as_str()),
            (owner, requester)
        );
        assert_eq!((answer.issue_timestamp_ms, answer.expiry_timestamp_ms, answer.max_timestamp_ms), (-1, -1, -1));
    }
}

#[test]
fn there_are_none_to_renew_end_or_show() {
    let mut broker = Fixture::new("");
    let answer = broker.ask(2, &RenewDelegationTokenRequest::default());
    assert_eq!((answer.error_code, answer.expiry_timestamp_ms), (64, -1));
    let answer = broker.ask(2, &ExpireDelegationTokenRequest::default());
    assert_eq!((answer.error_code, answer.expiry_timestamp_ms), (64, -1));
    let answer = broker.ask(3, &DescribeDelegationTokenRequest { owners: None });
    assert_eq!((answer.error_code, answer.tokens.len()), (64, 0));
}
