//! Configurations in Kafka's words: kinds of resources, sources of values, types.

use crate::access::{Access, CLUSTER_NAME, denied};
use crate::answer::Failure;
use esker_config::{ConfigSource, Type};
use esker_metadata::{AclOperation, AclResourceType, ConfigResourceKind};

/// A kind of resource that requests name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceType {
    /// One whose configurations are kept in the metadata.
    Kept(ConfigResourceKind),
    /// The loggers of a broker.
    BrokerLogger,
}

impl ResourceType {
    /// Every kind, by number.
    pub const ALL: [(i8, ResourceType); 5] = [
        (2, ResourceType::Kept(ConfigResourceKind::Topic)),
        (4, ResourceType::Kept(ConfigResourceKind::Broker)),
        (8, ResourceType::BrokerLogger),
        (16, ResourceType::Kept(ConfigResourceKind::ClientMetrics)),
        (32, ResourceType::Kept(ConfigResourceKind::Group)),
    ];

    /// The kind with this number.
    pub fn from_number(number: i8) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
    }
}

impl ResourceType {
    /// Whether an operation may be done with the configuration of a resource of this kind: that of brokers and of what belongs to them is the
    /// cluster's.
    ///
    /// # Errors
    /// The answer where it may not.
    pub fn check(self, access: &Access, operation: AclOperation, name: &str) -> Result<(), Failure> {
        let (kind, name) = match self {
            ResourceType::Kept(ConfigResourceKind::Topic) => (AclResourceType::Topic, name),
            ResourceType::Kept(ConfigResourceKind::Group) => (AclResourceType::Group, name),
            ResourceType::Kept(ConfigResourceKind::Broker | ConfigResourceKind::ClientMetrics)
            | ResourceType::BrokerLogger => (AclResourceType::Cluster, CLUSTER_NAME),
        };
        if access.may(operation, kind, name) { Ok(()) } else { Err(denied(kind)) }
    }
}

/// The number of a value's source.
pub(crate) fn source_number(source: ConfigSource) -> i8 {
    match source {
        ConfigSource::Topic => 1,
        ConfigSource::DynamicBroker => 2,
        ConfigSource::DynamicDefaultBroker => 3,
        ConfigSource::StaticBroker => 4,
        ConfigSource::Default => 5,
        ConfigSource::BrokerLogger => 6,
        ConfigSource::ClientMetrics => 7,
        ConfigSource::Group => 8,
    }
}

/// The number of a value's type; 0 for one that is not known.
pub(crate) fn type_number(kind: Option<Type>) -> i8 {
    match kind {
        None => 0,
        Some(Type::Boolean) => 1,
        Some(Type::String) => 2,
        Some(Type::Int) => 3,
        Some(Type::Short) => 4,
        Some(Type::Long) => 5,
        Some(Type::Double) => 6,
        Some(Type::List) => 7,
        Some(Type::Class) => 8,
        Some(Type::Password) => 9,
    }
}
