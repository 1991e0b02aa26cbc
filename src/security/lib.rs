//! Who may do what, and how much of it: access rules, credentials, quotas.
//!
//! Every decision is a function of the cluster's image and a question; the image holds the rules ([`esker_metadata::AclTable`]),
//! the quotas and what is kept of passwords. What changes them is decided here too, as the records that would ([`Change`]):
//! whoever leads the metadata quorum proposes those. Only [`Quotas`] remembers something of its own, what each client has used.

mod acl_change;
#[cfg(test)]
mod acl_change_test;
mod acl_filter;
#[cfg(test)]
mod acl_filter_test;
mod authorizer;
#[cfg(test)]
mod authorizer_model_test;
#[cfg(test)]
mod authorizer_test;
mod change;
mod principal;
mod quota;
mod scram;
mod scram_change;
#[cfg(test)]
mod scram_test;
#[cfg(test)]
mod testing;

pub use acl_change::{NewAcl, create_acls, delete_acls};
pub use acl_filter::{AclFilter, PatternFilter};
pub use authorizer::{Authorizer, Question, Rules};
pub use change::{Change, Refusal, RefusalKind};
pub use principal::{ANONYMOUS, Principal, PrincipalError};
pub use quota::alter::{QuotaAlteration, alter_quotas};
pub use quota::filter::{QuotaFilter, QuotaMatch};
pub use quota::{Mutations, QuotaKind, Quotas};
pub use scram_change::{ScramAlteration, ScramPassword, alter_scram};
