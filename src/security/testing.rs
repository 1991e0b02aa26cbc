//! Images for the tests of this room.

use crate::{Authorizer, Principal};
use esker_config::AuthorizerConfig;
use esker_metadata::{
    Acl, AclOperation, AclPatternType, AclPermission, AclResourceType, ClusterImage, ImagePublisher, Record,
};
use std::sync::Arc;

/// An image that these records make.
pub fn image(records: impl IntoIterator<Item = Record>) -> ClusterImage {
    let mut image = ClusterImage::default();
    let created = Record::ClusterCreated { cluster_id: "test".parse().unwrap() };
    for (record, offset) in std::iter::once(created).chain(records).zip(0..) {
        image.apply(offset, &record).unwrap();
    }
    image
}

/// A rule about `topic`, written as `allow|deny principal host operation pattern name`.
pub fn acl(text: &str) -> Acl {
    let words: Vec<&str> = text.split(' ').collect();
    let [permission, principal, host, operation, pattern, name] = words[..] else { panic!("{text}") };
    Acl {
        resource_type: AclResourceType::Topic,
        pattern_type: if pattern == "prefixed" { AclPatternType::Prefixed } else { AclPatternType::Literal },
        resource_name: name.into(),
        principal: principal.into(),
        host: host.into(),
        operation: operation_named(operation),
        permission: if permission == "allow" { AclPermission::Allow } else { AclPermission::Deny },
    }
}

pub const OPERATIONS: [(&str, AclOperation); 14] = [
    ("all", AclOperation::All),
    ("alter", AclOperation::Alter),
    ("alter-configs", AclOperation::AlterConfigs),
    ("cluster-action", AclOperation::ClusterAction),
    ("create", AclOperation::Create),
    ("create-tokens", AclOperation::CreateTokens),
    ("delete", AclOperation::Delete),
    ("describe", AclOperation::Describe),
    ("describe-configs", AclOperation::DescribeConfigs),
    ("describe-tokens", AclOperation::DescribeTokens),
    ("idempotent-write", AclOperation::IdempotentWrite),
    ("read", AclOperation::Read),
    ("two-phase-commit", AclOperation::TwoPhaseCommit),
    ("write", AclOperation::Write),
];

pub fn operation_named(name: &str) -> AclOperation {
    OPERATIONS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}")).1
}

pub struct World {
    pub publisher: ImagePublisher,
    pub authorizer: Arc<Authorizer>,
}

/// An authorizer over these rules; `root` is a super user.
pub fn authorizer(acls: impl IntoIterator<Item = Acl>, allow_everyone: bool) -> World {
    let publisher = ImagePublisher::default();
    let config = AuthorizerConfig { super_users: vec!["User:root".into()], allow_everyone };
    let authorizer = Authorizer::new(&config, publisher.watch());
    publisher.publish(Arc::new(image(acls.into_iter().map(Record::AclCreated))));
    World { publisher, authorizer }
}

pub fn user(name: &str) -> Principal {
    Principal::user(name)
}
