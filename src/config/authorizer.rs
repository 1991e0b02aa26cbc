//! Who may do everything, and what holds where nobody has said who may: the keys of Kafka's StandardAuthorizer.
//!
//! They are no keys of the broker's own, in Kafka neither: its authorizer reads them, and without one they mean nothing.

use crate::broker::text;
use crate::listeners::Fault;
use crate::values::BrokerValues;

/// Names the authorizer.
pub(crate) const CLASS: &str = "authorizer.class.name";

const SUPER_USERS: &str = "super.users";
const ALLOW_EVERYONE: &str = "allow.everyone.if.no.acl.found";

/// The keys that the authorizer reads.
pub(crate) const KEYS: [&str; 2] = [ALLOW_EVERYONE, SUPER_USERS];

/// An authorizer with Kafka's standard rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerConfig {
    /// Principals, each as `type:name`, who may do everything.
    pub super_users: Vec<String>,
    /// Whether everybody may do with a resource what they like as long as no rule is about it.
    pub allow_everyone: bool,
}

/// The authorizer that is asked for, if one is.
pub(crate) fn resolve(values: &BrokerValues) -> Result<Option<AuthorizerConfig>, Fault> {
    if text(values, CLASS).is_none_or(|class| class.is_empty()) {
        return Ok(None);
    }
    let setting = |name| values.statics.get(name).map_or("", String::as_str);
    let users = setting(SUPER_USERS).split(';').map(str::trim).filter(|user| !user.is_empty());
    let super_users = users.map(principal).collect::<Result<_, _>>()?;
    let allow_everyone = setting(ALLOW_EVERYONE).eq_ignore_ascii_case("true");
    Ok(Some(AuthorizerConfig { super_users, allow_everyone }))
}

fn principal(text: &str) -> Result<String, Fault> {
    match text.split_once(':') {
        Some(_) => Ok(text.to_owned()),
        None => Err((SUPER_USERS, format!("expected a string in format principalType:principalName but got {text}"))),
    }
}
