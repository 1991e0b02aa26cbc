//! Which variables set which keys.

use crate::key_of_variable;

#[test]
fn a_variable_names_a_key_as_kafkas_images_do() {
    for (variable, key) in [
        ("KAFKA_LOG_DIRS", "log.dirs"),
        ("KAFKA_NODE_ID", "node.id"),
        ("KAFKA_ESKER_TIER_URL", "esker.tier.url"),
        ("KAFKA_LISTENER_NAME_INSIDE__NET_MAX_CONNECTIONS", "listener.name.inside_net.max.connections"),
        ("KAFKA_LISTENER_NAME_A_SCRAM___SHA___256_SASL_JAAS_CONFIG", "listener.name.a.scram-sha-256.sasl.jaas.config"),
        ("KAFKA_A____B", "a-.b"),
    ] {
        assert_eq!(key_of_variable(variable).as_deref(), Some(key), "{variable}");
    }
}

#[test]
fn the_launchers_variables_set_nothing() {
    for variable in [
        "KAFKA_HEAP_OPTS",
        "KAFKA_OPTS",
        "KAFKA_JVM_PERFORMANCE_OPTS",
        "KAFKA_GC_LOG_OPTS",
        "KAFKA_LOG4J_OPTS",
        "KAFKA_LOG4J_ROOT_LOGLEVEL",
        "KAFKA_LOG4J_LOGGERS",
        "KAFKA_JMX_OPTS",
        "KAFKA_JMX_PORT",
        "KAFKA_DEBUG",
        "KAFKA_HOME",
        "KAFKA_VERSION",
        "CLUSTER_ID",
        "PATH",
        "KAFKA_",
        "kafka_log_dirs",
        "XKAFKA_LOG_DIRS",
    ] {
        assert_eq!(key_of_variable(variable), None, "{variable}");
    }
}
