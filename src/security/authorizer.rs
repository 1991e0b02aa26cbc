//! Whether somebody may do something, by the rules of Kafka's StandardAuthorizer.
//!
//! 1. Super users may do everything.
//! 2. A rule is about a question when its pattern matches the resource (the very name, a prefix of it, or `*`), it is for the
//!    principal or for everybody, and for the address or for every one.
//! 3. One such rule that denies the operation, or all operations, decides: no.
//! 4. One that allows it, or all, decides: yes. Allowing to read, write, delete or alter allows to describe too, and allowing to
//!    alter configurations allows to describe them. Denying implies nothing.
//! 5. Where no rule decides: no, if there is a rule of a matching pattern, for whomever; else what was configured.
//!
//! Before the cluster's image is there nobody but super users may do anything.

use crate::Principal;
use esker_config::AuthorizerConfig;
use esker_metadata::{
    AclOperation, AclPatternType, AclPermission, AclResourceType, AclRule, AclTable, ClusterImage, ImageWatch,
    PatternAcls, WILDCARD,
};
use std::collections::HashSet;
use std::sync::Arc;

/// The principal of rules for everybody.
const EVERYBODY: &str = "User:*";

/// A name of no resource in particular, which Kafka asks about first when it asks about any resource of a type.
const SOME_NAME: &str = "hardcode";

/// Who asks, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// The address, as Java writes it.
    pub host: &'a str,
}

/// An authorizer over the cluster's rules.
#[derive(Debug)]
pub struct Authorizer {
    super_users: HashSet<String>,
    allow_everyone: bool,
    image: ImageWatch,
}

impl Authorizer {
    /// An authorizer that follows the rules in `image`.
    pub fn new(config: &AuthorizerConfig, image: ImageWatch) -> Arc<Self> {
        let super_users = config.super_users.iter().cloned().collect();
        Arc::new(Self { super_users, allow_everyone: config.allow_everyone, image })
    }

    /// The rules as they are now, for all questions of one request.
    pub fn rules(self: &Arc<Self>) -> Rules {
        Rules { authorizer: Arc::clone(self), image: self.image.current() }
    }
}

/// The rules as they were at some time.
#[derive(Clone, Debug)]
pub struct Rules {
    authorizer: Arc<Authorizer>,
    image: Arc<ClusterImage>,
}

impl Rules {
    /// Every rule.
    pub fn acls(&self) -> &AclTable {
        self.image.acls()
    }

    /// Whether this operation may be done with this resource.
    pub fn allow(&self, question: Question<'_>, operation: AclOperation, kind: AclResourceType, name: &str) -> bool {
        if self.authorizer.super_users.contains(question.principal.as_str()) {
            return true;
        }
        if self.image.cluster_id().is_none() {
            return false;
        }
        let mut allowed = false;
        let mut matched = false;
        for pattern in self.image.acls().matching(kind, name) {
            matched = true;
            for rule in about(pattern, question) {
                match rule.permission {
                    AclPermission::Deny if denies(rule, operation) => return false,
                    AclPermission::Allow => allowed |= allows(rule, operation),
                    AclPermission::Deny => {}
                }
            }
        }
        allowed || (!matched && self.authorizer.allow_everyone)
    }

    /// Whether this operation may be done with some resource of this type, whatever its name.
    ///
    /// As in Kafka this knows no implied operations, and takes a pattern for allowed unless denying patterns cover it whole.
    pub fn allow_any(&self, question: Question<'_>, operation: AclOperation, kind: AclResourceType) -> bool {
        if self.allow(question, operation, kind, SOME_NAME) {
            return true;
        }
        let of_operation = |rule: &AclRule| rule.operation == operation || rule.operation == AclOperation::All;
        let of_host = |rule: &AclRule| *rule.host == *WILDCARD || *rule.host == *question.host;
        let of_principal = |principal: &str| principal == EVERYBODY || principal == question.principal.as_str();
        let mut found = Patterns::default();
        for acl in self.image.acls().of_type(kind).filter(|acl| of_principal(&acl.principal)) {
            let rule = AclRule { host: acl.host, operation: acl.operation, permission: acl.permission };
            if of_operation(&rule) && of_host(&rule) {
                found.add(acl.pattern_type, acl.resource_name, acl.permission);
            }
        }
        found.leave_something()
    }
}

/// The rules of a pattern that are for whoever asks.
fn about<'a>(pattern: &'a PatternAcls, question: Question<'a>) -> impl Iterator<Item = &'a AclRule> + 'a {
    let own = pattern.get(question.principal.as_str());
    let everybody = pattern.get(EVERYBODY).filter(|_| question.principal.as_str() != EVERYBODY);
    let rules = own.into_iter().chain(everybody).flatten();
    rules.filter(move |rule| *rule.host == *WILDCARD || *rule.host == *question.host)
}

fn denies(rule: &AclRule, operation: AclOperation) -> bool {
    rule.operation == AclOperation::All || rule.operation == operation
}

fn allows(rule: &AclRule, operation: AclOperation) -> bool {
    use AclOperation::{All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Read, Write};
    match (operation, rule.operation) {
        (_, All) | (Describe, Read | Write | Delete | Alter) | (DescribeConfigs, AlterConfigs) => true,
        (asked, ruled) => asked == ruled,
    }
}

/// The patterns for which an operation is allowed, and those for which it is denied.
#[derive(Default)]
struct Patterns {
    denied_names: HashSet<Arc<str>>,
    denied_prefixes: HashSet<Arc<str>>,
    allowed: Vec<(AclPatternType, Arc<str>)>,
    all_denied: bool,
    all_allowed: bool,
}

impl Patterns {
    fn add(&mut self, kind: AclPatternType, name: Arc<str>, permission: AclPermission) {
        let all = kind == AclPatternType::Literal && &*name == WILDCARD;
        match (permission, kind) {
            (AclPermission::Deny, _) if all => self.all_denied = true,
            (AclPermission::Allow, _) if all => self.all_allowed = true,
            (AclPermission::Deny, AclPatternType::Literal) => {
                self.denied_names.insert(name);
            }
            (AclPermission::Deny, AclPatternType::Prefixed) => {
                self.denied_prefixes.insert(name);
            }
            (AclPermission::Allow, kind) => self.allowed.push((kind, name)),
        }
    }

    /// Whether some resource is allowed that is not denied as a whole.
    fn leave_something(&self) -> bool {
        let covered = |name: &str| {
            let ends = name.char_indices().map(|(start, letter)| start + letter.len_utf8());
            ends.filter_map(|end| name.get(..end)).any(|prefix| self.denied_prefixes.contains(prefix))
        };
        let denied = |(kind, name): &(AclPatternType, Arc<str>)| {
            (*kind == AclPatternType::Literal && self.denied_names.contains(name)) || covered(name)
        };
        !self.all_denied && (self.all_allowed || !self.allowed.iter().all(denied))
    }
}
