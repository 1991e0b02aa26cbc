//! Principals, authorisation, delegation tokens.

use super::*;

keys! { Broker:
    /// Java class name of the authorizer: none, or Kafka's StandardAuthorizer, whose rules this build enforces.
    "authorizer.class.name": String = "", Low, ReadOnly, None, Honoured, any();
    /// Java class that names who a connection is; only Kafka's default is known here.
    "principal.builder.class": Class = "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", Medium, PerBroker, None, Honoured, any();
    /// Java security providers.
    "security.providers": String = null, Low, ReadOnly, None, Accepted, any();
    /// Key that signs delegation tokens.
    "delegation.token.secret.key": Password = null, Medium, ReadOnly, None, Accepted, any();
    /// Longest life of a delegation token.
    "delegation.token.max.lifetime.ms": Long = "604800000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Life of a delegation token that is not renewed.
    "delegation.token.expiry.time.ms": Long = "86400000", Medium, ReadOnly, Millis, Accepted, at_least(1);
    /// Time between two looks for dead delegation tokens.
    "delegation.token.expiry.check.interval.ms": Long = "3600000", Low, ReadOnly, Millis, Accepted, at_least(1);
}
