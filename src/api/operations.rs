//! The operations that answers say a client may do (KIP-430), as bits by Kafka's operation numbers.

use esker_metadata::{AclOperation, AclResourceType};

/// Says that the client did not ask.
pub(crate) const NOT_ASKED: i32 = i32::MIN;

/// What can be done with a resource of some type.
pub(crate) fn operations_of(kind: AclResourceType) -> &'static [AclOperation] {
    use AclOperation::{
        Alter, AlterConfigs, ClusterAction, Create, CreateTokens, Delete, Describe, DescribeConfigs, DescribeTokens,
        IdempotentWrite, Read, TwoPhaseCommit, Write,
    };
    match kind {
        AclResourceType::Topic => &[Read, Write, Create, Describe, Delete, Alter, DescribeConfigs, AlterConfigs],
        AclResourceType::Group => &[Read, Describe, Delete, DescribeConfigs, AlterConfigs],
        AclResourceType::Cluster => {
            &[Create, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite, Alter, Describe]
        }
        AclResourceType::TransactionalId => &[Describe, Write, TwoPhaseCommit],
        AclResourceType::DelegationToken => &[Describe],
        AclResourceType::User => &[CreateTokens, DescribeTokens],
    }
}
