//! What the keys of access rules have in common.

use crate::ErrorCode;
use crate::acl_codes::{self, Code, MATCH};
use crate::answer::Failure;
use esker_security::PatternFilter;

/// How a filter means its name; `None` for a number that means nothing.
pub(crate) fn pattern(number: i8) -> Option<PatternFilter> {
    match acl_codes::pattern_type(number) {
        Code::One(kind) => Some(PatternFilter::Kind(kind)),
        Code::Any => Some(PatternFilter::Any),
        Code::Unknown => (number == MATCH).then_some(PatternFilter::Match),
    }
}

/// The answer to changes where there is no authorizer to follow them.
pub(crate) fn no_authorizer() -> Failure {
    Failure::new(ErrorCode::SecurityDisabled, "No Authorizer is configured.")
}
