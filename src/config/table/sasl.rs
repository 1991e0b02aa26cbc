//! SASL keys.

use super::*;

keys! { Broker:
    /// SASL mechanisms that clients may use; set together with a SASL listener, which this build cannot serve.
    "sasl.enabled.mechanisms": List = "GSSAPI", Medium, PerBroker, None, Honoured, list_or_empty();
    /// SASL mechanism between brokers.
    "sasl.mechanism.inter.broker.protocol": String = "GSSAPI", Medium, PerBroker, None, Accepted, any();
    /// SASL mechanism between brokers and controllers.
    "sasl.mechanism.controller.protocol": String = "GSSAPI", High, ReadOnly, None, Accepted, any();
    /// Login module and its options, in JAAS form.
    "sasl.jaas.config": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Java class that answers a SASL client's questions.
    "sasl.client.callback.handler.class": Class = null, Medium, ReadOnly, None, Accepted, any();
    /// Java class that answers a SASL server's questions.
    "sasl.server.callback.handler.class": Class = null, Medium, ReadOnly, None, Accepted, any();
    /// Largest frame before a connection has authenticated.
    "sasl.server.max.receive.size": Int = "524288", Medium, ReadOnly, Bytes, Accepted, any();
    /// Java class that answers a login's questions.
    "sasl.login.callback.handler.class": Class = null, Medium, ReadOnly, None, Accepted, any();
    /// Java class that logs in.
    "sasl.login.class": Class = null, Medium, ReadOnly, None, Accepted, any();
    /// Deadline of a login's connection.
    "sasl.login.connect.timeout.ms": Int = null, Low, ReadOnly, Millis, Accepted, any();
    /// Deadline of a login's answer.
    "sasl.login.read.timeout.ms": Int = null, Low, ReadOnly, Millis, Accepted, any();
    /// Share of a credential's life after which it is renewed.
    "sasl.login.refresh.window.factor": Double = "0.8", Medium, PerBroker, None, Accepted, any();
    /// Random part of that moment.
    "sasl.login.refresh.window.jitter": Double = "0.05", Medium, PerBroker, None, Accepted, any();
    /// Least time between two renewals.
    "sasl.login.refresh.min.period.seconds": Short = "60", Medium, PerBroker, Seconds, Accepted, any();
    /// Time before the end of a credential's life that a renewal must leave.
    "sasl.login.refresh.buffer.seconds": Short = "300", Medium, PerBroker, Seconds, Accepted, any();
    /// First pause after a failed login.
    "sasl.login.retry.backoff.ms": Long = "100", Low, ReadOnly, Millis, Accepted, any();
    /// Longest pause after a failed login.
    "sasl.login.retry.backoff.max.ms": Long = "10000", Low, ReadOnly, Millis, Accepted, any();
    /// Kerberos principal of the brokers.
    "sasl.kerberos.service.name": String = null, Medium, PerBroker, None, Accepted, any();
    /// Path of Kerberos's kinit.
    "sasl.kerberos.kinit.cmd": String = "/usr/bin/kinit", Medium, PerBroker, None, Accepted, any();
    /// Share of a ticket's life after which it is renewed.
    "sasl.kerberos.ticket.renew.window.factor": Double = "0.8", Medium, PerBroker, None, Accepted, any();
    /// Random part of that moment.
    "sasl.kerberos.ticket.renew.jitter": Double = "0.05", Medium, PerBroker, None, Accepted, any();
    /// Least time between two logins, in milliseconds.
    "sasl.kerberos.min.time.before.relogin": Long = "60000", Medium, PerBroker, Millis, Accepted, any();
    /// How a Kerberos principal becomes a short name.
    "sasl.kerberos.principal.to.local.rules": List = "DEFAULT", Medium, PerBroker, None, Accepted, list_or_empty();
    /// Where tokens are asked for.
    "sasl.oauthbearer.token.endpoint.url": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Where the keys that check tokens are read.
    "sasl.oauthbearer.jwks.endpoint.url": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Time between two reads of those keys.
    "sasl.oauthbearer.jwks.endpoint.refresh.ms": Long = "3600000", Low, ReadOnly, Millis, Accepted, any();
    /// First pause after a failed read.
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": Long = "100", Low, ReadOnly, Millis, Accepted, any();
    /// Longest pause after a failed read.
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": Long = "10000", Low, ReadOnly, Millis, Accepted, any();
    /// Difference of clocks that a token's times may show.
    "sasl.oauthbearer.clock.skew.seconds": Int = "30", Low, ReadOnly, Seconds, Accepted, any();
    /// Audiences of which a token must name one.
    "sasl.oauthbearer.expected.audience": List = "", High, ReadOnly, None, Accepted, list_or_empty();
    /// Issuer that a token must name.
    "sasl.oauthbearer.expected.issuer": String = null, High, ReadOnly, None, Accepted, any();
    /// Claim that holds a token's scope.
    "sasl.oauthbearer.scope.claim.name": String = "scope", Low, ReadOnly, None, Accepted, any();
    /// Claim that holds a token's subject.
    "sasl.oauthbearer.sub.claim.name": String = "sub", Low, ReadOnly, None, Accepted, any();
    /// Scope to ask for.
    "sasl.oauthbearer.scope": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Client id to ask for tokens with.
    "sasl.oauthbearer.client.credentials.client.id": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Secret of that client id.
    "sasl.oauthbearer.client.credentials.client.secret": Password = null, Medium, ReadOnly, None, Accepted, any();
    /// Java class that fetches tokens.
    "sasl.oauthbearer.jwt.retriever.class": Class = "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", Medium, ReadOnly, None, Accepted, any();
    /// Java class that checks tokens.
    "sasl.oauthbearer.jwt.validator.class": Class = "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", Medium, ReadOnly, None, Accepted, any();
    /// Signature of an assertion.
    "sasl.oauthbearer.assertion.algorithm": String = "RS256", Medium, ReadOnly, None, Accepted, one_of_any_case(&["ES256", "RS256"]);
    /// Audience of an assertion.
    "sasl.oauthbearer.assertion.claim.aud": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Issuer of an assertion.
    "sasl.oauthbearer.assertion.claim.iss": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Subject of an assertion.
    "sasl.oauthbearer.assertion.claim.sub": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Life of an assertion.
    "sasl.oauthbearer.assertion.claim.exp.seconds": Int = "300", Low, ReadOnly, Seconds, Accepted, between(0, 86400);
    /// How long before its making an assertion is valid.
    "sasl.oauthbearer.assertion.claim.nbf.seconds": Int = "60", Low, ReadOnly, Seconds, Accepted, between(0, 3600);
    /// Whether an assertion gets an identity of its own.
    "sasl.oauthbearer.assertion.claim.jti.include": Boolean = "false", Medium, ReadOnly, None, Accepted, any();
    /// File that holds a ready assertion.
    "sasl.oauthbearer.assertion.file": String = null, Medium, ReadOnly, None, Accepted, any();
    /// File of the key that signs assertions.
    "sasl.oauthbearer.assertion.private.key.file": String = null, Medium, ReadOnly, None, Accepted, any();
    /// Passphrase of that key.
    "sasl.oauthbearer.assertion.private.key.passphrase": Password = null, Medium, ReadOnly, None, Accepted, any();
    /// File with an assertion's fixed parts.
    "sasl.oauthbearer.assertion.template.file": String = null, Medium, ReadOnly, None, Accepted, any();
}
