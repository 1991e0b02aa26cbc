//! Who may do what: the one place where handlers ask the authorizer.
//!
//! Without an authorizer everybody may do everything. What a client asked for by name and may not have is logged; what is only left
//! out of a list is not.

use crate::answer::Failure;
use crate::log_limit::LogLimit;
use crate::operations::operations_of;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_env::Env;
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::ApiKey;
use esker_security::{Principal, Question, Rules};
use std::net::IpAddr;
use std::sync::Arc;

/// The name of the one resource of type cluster.
pub(crate) const CLUSTER_NAME: &str = "kafka-cluster";

/// What whoever sent a request may do. Cheap to clone; it answers by the rules of the request's beginning.
#[derive(Clone, Debug)]
pub(crate) struct Access(Option<Arc<Asker>>);

#[derive(Debug)]
struct Asker {
    rules: Rules,
    principal: Principal,
    host: String,
    key: ApiKey,
    env: Env,
    denials: Arc<LogLimit>,
}

impl Api {
    /// What whoever sent a request may do.
    pub(crate) fn access(&self, cx: &RequestContext) -> Access {
        Access(self.authorizer.as_ref().map(|authorizer| {
            Arc::new(Asker {
                rules: authorizer.rules(),
                principal: cx.client.principal().clone(),
                host: java_address(cx.client.peer().ip()),
                key: cx.head.key,
                env: self.services.env.clone(),
                denials: Arc::clone(&self.denials),
            })
        }))
    }
}

impl Access {
    /// Whether an operation that was asked for may be done.
    pub fn may(&self, operation: AclOperation, kind: AclResourceType, name: &str) -> bool {
        let allowed = self.sees(operation, kind, name);
        if let (false, Some(asker)) = (allowed, &self.0) {
            asker.log(operation, kind, name);
        }
        allowed
    }

    /// Whether an operation may be done, without a word where not: for what is only left out of a list.
    pub fn sees(&self, operation: AclOperation, kind: AclResourceType, name: &str) -> bool {
        self.0.as_ref().is_none_or(|asker| asker.rules.allow(asker.question(), operation, kind, name))
    }

    /// Whether an operation may be done with some resource of this type, whatever its name.
    pub fn any(&self, operation: AclOperation, kind: AclResourceType) -> bool {
        self.0.as_ref().is_none_or(|asker| asker.rules.allow_any(asker.question(), operation, kind))
    }

    /// Whether an operation may be done with a topic.
    pub fn topic(&self, operation: AclOperation, name: &str) -> bool {
        self.may(operation, AclResourceType::Topic, name)
    }

    /// Whether an operation may be done with a group.
    pub fn group(&self, operation: AclOperation, name: &str) -> bool {
        self.may(operation, AclResourceType::Group, name)
    }

    /// Whether an operation may be done with a transactional id.
    pub fn transactional_id(&self, operation: AclOperation, name: &str) -> bool {
        self.may(operation, AclResourceType::TransactionalId, name)
    }

    /// Whether an operation may be done with the cluster.
    pub fn cluster(&self, operation: AclOperation) -> bool {
        self.may(operation, AclResourceType::Cluster, CLUSTER_NAME)
    }

    /// Asks whether an operation may be done with the cluster.
    ///
    /// # Errors
    /// The code of the answer where it may not.
    pub fn require_cluster(&self, operation: AclOperation) -> Result<(), ErrorCode> {
        if self.cluster(operation) { Ok(()) } else { Err(ErrorCode::ClusterAuthorizationFailed) }
    }

    /// Everything that may be done with a resource, as bits by Kafka's operation numbers (KIP-430).
    pub fn operations(&self, kind: AclResourceType, name: &str) -> i32 {
        let allowed = operations_of(kind).iter().filter(|operation| self.sees(**operation, kind, name));
        allowed.fold(0, |bits, operation| bits | 1 << crate::acl_codes::operation_code(*operation))
    }

    /// Everything that may be done with the cluster.
    pub fn cluster_operations(&self) -> i32 {
        self.operations(AclResourceType::Cluster, CLUSTER_NAME)
    }
}

/// The answer about a resource that must not be touched.
pub(crate) fn denied(kind: AclResourceType) -> Failure {
    let (code, text) = match kind {
        AclResourceType::Group => (ErrorCode::GroupAuthorizationFailed, "Group authorization failed."),
        AclResourceType::Topic => (ErrorCode::TopicAuthorizationFailed, "Topic authorization failed."),
        AclResourceType::TransactionalId => {
            (ErrorCode::TransactionalIdAuthorizationFailed, "Transactional Id authorization failed.")
        }
        _ => (ErrorCode::ClusterAuthorizationFailed, "Cluster authorization failed."),
    };
    Failure::new(code, text)
}

impl Asker {
    fn question(&self) -> Question<'_> {
        Question { principal: &self.principal, host: &self.host }
    }

    fn log(&self, operation: AclOperation, kind: AclResourceType, name: &str) {
        if let Some(dropped) = self.denials.admit(self.env.clock.now()) {
            let (principal, host, key) = (&self.principal, &self.host, self.key);
            tracing::info!(%principal, host, %key, ?operation, ?kind, name, lines_dropped = dropped, "operation denied");
        }
    }
}

/// An address as Java writes it, which rules name it by: no run of zeros is left out of an IPv6 one.
pub(crate) fn java_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments().map(|segment| format!("{segment:x}")).join(":"),
    }
}
