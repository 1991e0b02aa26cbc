//! Which rules somebody means.

use esker_metadata::{Acl, AclOperation, AclPatternType, AclPermission, AclResourceType, AclTable, WILDCARD};

/// Which patterns are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternFilter {
    /// Those of every kind with this very name.
    Any,
    /// Those that match a resource of this name.
    Match,
    /// Those of one kind with this very name.
    Kind(AclPatternType),
}

/// Which rules are meant; `None` means all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclFilter {
    /// By type of resource.
    pub resource_type: Option<AclResourceType>,
    /// By name.
    pub resource_name: Option<String>,
    /// How the name is meant.
    pub pattern: PatternFilter,
    /// By principal.
    pub principal: Option<String>,
    /// By address.
    pub host: Option<String>,
    /// By operation.
    pub operation: Option<AclOperation>,
    /// By whether they allow or deny.
    pub permission: Option<AclPermission>,
}

impl AclFilter {
    /// All rules.
    pub fn any() -> Self {
        Self {
            resource_type: None,
            resource_name: None,
            pattern: PatternFilter::Any,
            principal: None,
            host: None,
            operation: None,
            permission: None,
        }
    }

    /// Whether this rule is meant.
    pub fn matches(&self, acl: &Acl) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        self.resource_type.is_none_or(|wanted| wanted == acl.resource_type)
            && self.operation.is_none_or(|wanted| wanted == acl.operation)
            && self.permission.is_none_or(|wanted| wanted == acl.permission)
            && is(&self.principal, &acl.principal)
            && is(&self.host, &acl.host)
            && self.matches_pattern(acl)
    }

    fn matches_pattern(&self, acl: &Acl) -> bool {
        if let PatternFilter::Kind(kind) = self.pattern
            && kind != acl.pattern_type
        {
            return false;
        }
        let Some(wanted) = self.resource_name.as_deref() else { return true };
        match (self.pattern, acl.pattern_type) {
            (PatternFilter::Any | PatternFilter::Kind(_), _) => wanted == &*acl.resource_name,
            (PatternFilter::Match, AclPatternType::Literal) => {
                wanted == &*acl.resource_name || &*acl.resource_name == WILDCARD
            }
            (PatternFilter::Match, AclPatternType::Prefixed) => wanted.starts_with(&*acl.resource_name),
        }
    }

    /// The rules that are meant, in the order of the table.
    pub fn select<'a>(&'a self, table: &'a AclTable) -> impl Iterator<Item = Acl> + 'a {
        let types = AclResourceType::ALL.into_iter().filter(|kind| self.resource_type.is_none_or(|one| one == *kind));
        types.flat_map(|kind| table.of_type(kind)).filter(|acl| self.matches(acl))
    }
}
