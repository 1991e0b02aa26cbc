//! TLS keys.

use super::*;

keys! { Broker:
    /// Whether clients must show a certificate; this build cannot ask for one.
    "ssl.client.auth": String = "none", Medium, PerBroker, None, Honoured, one_of(&["required", "requested", "none"]);
    /// TLS version that a context is made for.
    "ssl.protocol": String = "TLSv1.3", Medium, PerBroker, None, Accepted, any();
    /// TLS versions that are allowed.
    "ssl.enabled.protocols": List = "TLSv1.2,TLSv1.3", Medium, PerBroker, None, Accepted, list_or_empty();
    /// TLS cipher suites that are allowed; all where empty.
    "ssl.cipher.suites": List = "", Medium, PerBroker, None, Accepted, list_or_empty();
    /// Java security provider of TLS.
    "ssl.provider": String = null, Medium, PerBroker, None, Accepted, any();
    /// Java class that makes TLS engines.
    "ssl.engine.factory.class": Class = null, Low, PerBroker, None, Accepted, any();
    /// Java's source of randomness for TLS.
    "ssl.secure.random.implementation": String = null, Low, PerBroker, None, Accepted, any();
    /// Java's key manager.
    "ssl.keymanager.algorithm": String = "SunX509", Medium, PerBroker, None, Accepted, any();
    /// Java's trust manager.
    "ssl.trustmanager.algorithm": String = "PKIX", Medium, PerBroker, None, Accepted, any();
    /// How a server's name is checked against its certificate.
    "ssl.endpoint.identification.algorithm": String = "https", Low, PerBroker, None, Accepted, any();
    /// How a certificate's name becomes a principal.
    "ssl.principal.mapping.rules": String = "DEFAULT", Low, ReadOnly, None, Accepted, any();
    /// Whether a reloaded certificate may have another subject.
    "ssl.allow.dn.changes": Boolean = "false", Low, ReadOnly, None, Accepted, any();
    /// Whether a reloaded certificate may have other alternative names.
    "ssl.allow.san.changes": Boolean = "false", Low, ReadOnly, None, Accepted, any();
    /// Format of the key store.
    "ssl.keystore.type": String = "JKS", Medium, PerBroker, None, Accepted, any();
    /// File of the key store.
    "ssl.keystore.location": String = null, Medium, PerBroker, None, Accepted, any();
    /// Password of the key store.
    "ssl.keystore.password": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Private key in PEM.
    "ssl.keystore.key": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Certificates of that key in PEM.
    "ssl.keystore.certificate.chain": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Password of the private key.
    "ssl.key.password": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Format of the trust store.
    "ssl.truststore.type": String = "JKS", Medium, PerBroker, None, Accepted, any();
    /// File of the trust store.
    "ssl.truststore.location": String = null, Medium, PerBroker, None, Accepted, any();
    /// Password of the trust store.
    "ssl.truststore.password": Password = null, Medium, PerBroker, None, Accepted, any();
    /// Trusted certificates in PEM.
    "ssl.truststore.certificates": Password = null, Medium, PerBroker, None, Accepted, any();
}
