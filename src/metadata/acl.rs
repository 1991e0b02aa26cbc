//! Access rules, as Kafka's authorizer has them, and the table that finds those for a resource.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Name of a literal pattern that stands for every resource of its type, and of a host that stands for every host.
pub const WILDCARD: &str = "*";

/// Most rules that a cluster keeps: they lie in the memory of every broker.
pub const ACLS_MAX: usize = 100_000;

/// Kinds of things that rules protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum AclResourceType {
    Cluster,
    DelegationToken,
    Group,
    Topic,
    TransactionalId,
    User,
}

/// How the name of a pattern is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclPatternType {
    /// The resource of this name, or every one where it is [`WILDCARD`].
    Literal,
    /// Every resource whose name begins so.
    Prefixed,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum AclOperation {
    All,
    Alter,
    AlterConfigs,
    ClusterAction,
    Create,
    CreateTokens,
    Delete,
    Describe,
    DescribeConfigs,
    DescribeTokens,
    IdempotentWrite,
    Read,
    TwoPhaseCommit,
    Write,
}

/// Whether a rule opens or closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum AclPermission {
    Allow,
    Deny,
}

/// One access rule. It has no other identity than what it says: the same rule is there once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Acl {
    /// The kind of resource.
    pub resource_type: AclResourceType,
    /// How the name is meant.
    pub pattern_type: AclPatternType,
    /// The resource's name, a prefix of it, or [`WILDCARD`]. Never empty.
    pub resource_name: Arc<str>,
    /// Whom it is about: type and name, as in `User:alice`; `User:*` for everybody.
    pub principal: Arc<str>,
    /// The address it is about, or [`WILDCARD`].
    pub host: Arc<str>,
    /// What it is about.
    pub operation: AclOperation,
    /// Whether it opens or closes.
    pub permission: AclPermission,
}

/// A rule apart from its pattern and principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AclRule {
    /// The address it is about, or [`WILDCARD`].
    pub host: Arc<str>,
    /// What it is about.
    pub operation: AclOperation,
    /// Whether it opens or closes.
    pub permission: AclPermission,
}

/// The rules of one pattern, by principal. No set is empty.
pub type PatternAcls = BTreeMap<Arc<str>, BTreeSet<AclRule>>;

/// The patterns of one type of resource, by name. No entry is empty.
#[derive(Clone, Debug, Default, PartialEq)]
struct TypeAcls {
    literal: OrdMap<Arc<str>, Arc<PatternAcls>>,
    prefixed: OrdMap<Arc<str>, Arc<PatternAcls>>,
}

impl TypeAcls {
    fn patterns(&self, kind: AclPatternType) -> &OrdMap<Arc<str>, Arc<PatternAcls>> {
        match kind {
            AclPatternType::Literal => &self.literal,
            AclPatternType::Prefixed => &self.prefixed,
        }
    }

    fn patterns_mut(&mut self, kind: AclPatternType) -> &mut OrdMap<Arc<str>, Arc<PatternAcls>> {
        match kind {
            AclPatternType::Literal => &mut self.literal,
            AclPatternType::Prefixed => &mut self.prefixed,
        }
    }
}

/// All access rules of a cluster. A clone shares everything with its original.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AclTable {
    types: [TypeAcls; AclResourceType::ALL.len()],
    len: usize,
}

impl AclResourceType {
    /// Every type, in the order of the table.
    pub const ALL: [AclResourceType; 6] = [
        AclResourceType::Cluster,
        AclResourceType::DelegationToken,
        AclResourceType::Group,
        AclResourceType::Topic,
        AclResourceType::TransactionalId,
        AclResourceType::User,
    ];
}

impl AclTable {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this rule is there.
    pub fn contains(&self, acl: &Acl) -> bool {
        let patterns = self.types[acl.resource_type as usize].patterns(acl.pattern_type);
        let rules = patterns.get(&*acl.resource_name).and_then(|pattern| pattern.get(&acl.principal));
        rules.is_some_and(|rules| rules.contains(&acl.rule()))
    }

    /// Adds a rule; says whether it is new.
    pub(crate) fn insert(&mut self, acl: &Acl) -> bool {
        let patterns = self.types[acl.resource_type as usize].patterns_mut(acl.pattern_type);
        let pattern = Arc::make_mut(patterns.entry(Arc::clone(&acl.resource_name)).or_default());
        let new = pattern.entry(Arc::clone(&acl.principal)).or_default().insert(acl.rule());
        self.len += usize::from(new);
        new
    }

    /// Removes a rule; says whether it was there.
    pub(crate) fn remove(&mut self, acl: &Acl) -> bool {
        if !self.contains(acl) {
            return false;
        }
        let patterns = self.types[acl.resource_type as usize].patterns_mut(acl.pattern_type);
        let Some(pattern) = patterns.get_mut(&*acl.resource_name).map(Arc::make_mut) else { return false };
        if let Some(rules) = pattern.get_mut(&acl.principal) {
            rules.remove(&acl.rule());
            if rules.is_empty() {
                pattern.remove(&acl.principal);
            }
        }
        if pattern.is_empty() {
            patterns.remove(&*acl.resource_name);
        }
        self.len -= 1;
        true
    }

    /// Every rule: by type, pattern, name, principal.
    pub fn iter(&self) -> impl Iterator<Item = Acl> + '_ {
        AclResourceType::ALL.into_iter().flat_map(|resource_type| self.of_type(resource_type))
    }

    /// Every rule about resources of one type.
    pub fn of_type(&self, resource_type: AclResourceType) -> impl Iterator<Item = Acl> + '_ {
        let patterns = [AclPatternType::Literal, AclPatternType::Prefixed].into_iter().flat_map(move |pattern_type| {
            let named = self.types[resource_type as usize].patterns(pattern_type).iter();
            named.map(move |(name, pattern)| (pattern_type, name, pattern))
        });
        patterns.flat_map(move |(pattern_type, name, pattern)| {
            let rules = pattern.iter().flat_map(|(principal, rules)| rules.iter().map(move |rule| (principal, rule)));
            rules.map(move |(principal, rule)| Acl {
                resource_type,
                pattern_type,
                resource_name: Arc::clone(name),
                principal: Arc::clone(principal),
                host: Arc::clone(&rule.host),
                operation: rule.operation,
                permission: rule.permission,
            })
        })
    }

    /// The patterns that match a resource: the one of its very name, those that are a prefix of it, and the one for all.
    pub fn matching<'a>(
        &'a self,
        resource_type: AclResourceType,
        name: &'a str,
    ) -> impl Iterator<Item = &'a PatternAcls> + 'a {
        let of_type = &self.types[resource_type as usize];
        let literal = of_type.literal.get(name);
        let wildcard = (name != WILDCARD).then(|| of_type.literal.get(WILDCARD)).flatten();
        let prefixed = Prefixes { patterns: &of_type.prefixed, name, rest: Some(name) };
        literal.into_iter().chain(wildcard).map(|pattern| &**pattern).chain(prefixed)
    }
}

impl Acl {
    fn rule(&self) -> AclRule {
        AclRule { host: Arc::clone(&self.host), operation: self.operation, permission: self.permission }
    }
}

/// The patterns whose name is a prefix of `name`, longest first. Each step is one search, and there are at most as many as the
/// name has characters: a pattern that is no prefix tells how much of the name is still worth looking for.
struct Prefixes<'a> {
    patterns: &'a OrdMap<Arc<str>, Arc<PatternAcls>>,
    name: &'a str,
    /// Patterns that are left have at most this name; `None` at the end.
    rest: Option<&'a str>,
}

impl<'a> Iterator for Prefixes<'a> {
    type Item = &'a PatternAcls;

    fn next(&mut self) -> Option<&'a PatternAcls> {
        loop {
            let (at, pattern) = self.patterns.get_prev(self.rest.filter(|rest| !rest.is_empty())?)?;
            let common = common_prefix(self.name, at);
            if common == at.len() {
                // What lies between this pattern and the one shorter by a character is no prefix of the name.
                let shorter = at.char_indices().next_back().map_or(0, |(start, _)| start);
                self.rest = self.name.get(..shorter);
                return Some(&**pattern);
            }
            self.rest = self.name.get(..common);
        }
    }
}

/// Length of what two texts begin with alike, in whole characters.
fn common_prefix(one: &str, other: &str) -> usize {
    let bytes = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    (0..=bytes).rev().find(|at| one.is_char_boundary(*at)).unwrap_or(0)
}
