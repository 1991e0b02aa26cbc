//! Kafka's numbers for what access rules are made of.

use esker_metadata::{AclOperation, AclPatternType, AclPermission, AclResourceType};

/// The number that stands for everything in filters.
const ANY: i8 = 1;

/// A number that stands in a rule or filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code<T> {
    /// A number that means nothing.
    Unknown,
    /// Everything.
    Any,
    /// One thing.
    One(T),
}

impl<T> Code<T> {
    fn of(number: i8, known: impl Fn(i8) -> Option<T>) -> Self {
        match known(number) {
            Some(one) => Code::One(one),
            None if number == ANY => Code::Any,
            None => Code::Unknown,
        }
    }

    /// The one thing.
    ///
    /// # Errors
    /// Kafka's name of what it is instead.
    pub fn one(self) -> Result<T, &'static str> {
        match self {
            Code::One(one) => Ok(one),
            Code::Any => Err("ANY"),
            Code::Unknown => Err("UNKNOWN"),
        }
    }

    /// What a filter means by it, `None` for everything.
    ///
    /// # Errors
    /// A number that means nothing.
    pub fn wanted(self) -> Result<Option<T>, ()> {
        match self {
            Code::One(one) => Ok(Some(one)),
            Code::Any => Ok(None),
            Code::Unknown => Err(()),
        }
    }
}

/// Number of patterns that match a name.
pub(crate) const MATCH: i8 = 2;

pub(crate) fn resource_type(number: i8) -> Code<AclResourceType> {
    Code::of(number, |number| AclResourceType::ALL.into_iter().find(|kind| resource_type_code(*kind) == number))
}

pub(crate) fn resource_type_code(kind: AclResourceType) -> i8 {
    match kind {
        AclResourceType::Topic => 2,
        AclResourceType::Group => 3,
        AclResourceType::Cluster => 4,
        AclResourceType::TransactionalId => 5,
        AclResourceType::DelegationToken => 6,
        AclResourceType::User => 7,
    }
}

pub(crate) fn pattern_type(number: i8) -> Code<AclPatternType> {
    Code::of(number, |number| match number {
        3 => Some(AclPatternType::Literal),
        4 => Some(AclPatternType::Prefixed),
        _ => None,
    })
}

pub(crate) fn pattern_type_code(kind: AclPatternType) -> i8 {
    match kind {
        AclPatternType::Literal => 3,
        AclPatternType::Prefixed => 4,
    }
}

/// Every operation, by number from 2 on.
const OPERATIONS: [AclOperation; 14] = [
    AclOperation::All,
    AclOperation::Read,
    AclOperation::Write,
    AclOperation::Create,
    AclOperation::Delete,
    AclOperation::Alter,
    AclOperation::Describe,
    AclOperation::ClusterAction,
    AclOperation::DescribeConfigs,
    AclOperation::AlterConfigs,
    AclOperation::IdempotentWrite,
    AclOperation::CreateTokens,
    AclOperation::DescribeTokens,
    AclOperation::TwoPhaseCommit,
];

pub(crate) fn operation(number: i8) -> Code<AclOperation> {
    let position = |number: i8| usize::try_from(number).ok()?.checked_sub(2);
    Code::of(number, |number| position(number).and_then(|at| OPERATIONS.get(at)).copied())
}

pub(crate) fn operation_code(operation: AclOperation) -> i8 {
    let position = OPERATIONS.iter().position(|known| *known == operation);
    position.and_then(|at| i8::try_from(at + 2).ok()).unwrap_or(0)
}

pub(crate) fn permission(number: i8) -> Code<AclPermission> {
    Code::of(number, |number| match number {
        2 => Some(AclPermission::Deny),
        3 => Some(AclPermission::Allow),
        _ => None,
    })
}

pub(crate) fn permission_code(permission: AclPermission) -> i8 {
    match permission {
        AclPermission::Deny => 2,
        AclPermission::Allow => 3,
    }
}
