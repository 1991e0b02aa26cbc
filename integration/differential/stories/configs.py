"""Configurations of topics, brokers, groups and client metrics: described, altered in both ways, listed."""

from story import story

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


def resource(kind, name, keys=None): return {"resource_type": kind, "resource_name": name, "configuration_keys": keys}


@story("DescribeConfigs")
def describe_configs(told):
    told.topic("a", retention_ms="1000", cleanup_policy="compact")
    a = told.name("a")

    def ask(what, *resources, **fields):
        told.ask("DescribeConfigs", what, resources=list(resources), **fields)
    ask("a topic", resource(TOPIC, a))
    ask("a topic, with synonyms", resource(TOPIC, a), include_synonyms=True)
    ask("two keys of a topic", resource(TOPIC, a, ["retention.ms", "cleanup.policy"]), include_synonyms=True)
    ask("a key nobody knows", resource(TOPIC, a, ["nothing.of.this"]))
    ask("no keys", resource(TOPIC, a, []))
    ask("a key twice", resource(TOPIC, a, ["retention.ms", "retention.ms"]))
    ask("a topic that does not exist", resource(TOPIC, told.name("none")))
    ask("names that cannot be", resource(TOPIC, ""), resource(TOPIC, "a b"), resource(TOPIC, "x" * 250))
    ask("a topic twice", resource(TOPIC, a, ["retention.ms"]), resource(TOPIC, a, ["retention.ms"]))
    ask("nothing")
    ask("some keys of a broker", resource(BROKER, "1", ["log.retention.ms", "num.io.threads", "compression.type"]), include_synonyms=True)
    ask("some keys of all brokers", resource(BROKER, "", ["log.retention.ms", "num.io.threads"]), include_synonyms=True)
    ask("another broker", resource(BROKER, "7"))
    ask("a broker of no number", resource(BROKER, "one"))
    ask("loggers of another broker", resource(LOGGER, "7"))
    ask("loggers of nobody", resource(LOGGER, ""))
    ask("a group", resource(GROUP, told.name("g")), include_synonyms=True)
    ask("a group without a name", resource(GROUP, ""))
    ask("client metrics", resource(METRICS, told.name("m")))
    ask("client metrics without a name", resource(METRICS, ""))
    for kind in (0, 1, 3, 99, -1):
        ask(f"kind {kind}", resource(kind, "x"))
    ask("with documentation", resource(TOPIC, a, ["retention.ms"]), include_documentation=True)


@story("DescribeConfigs", versions=(4,))
def describe_configs_of_the_broker(told):
    told.ask("DescribeConfigs", resources=[resource(BROKER, "1")], include_synonyms=True)


@story("IncrementalAlterConfigs")
def incremental_alter_configs(told):
    told.topic("a", cleanup_policy="compact")
    a = told.name("a")

    def ask(what, *changes, kind=TOPIC, name=a, **fields):
        configs = [{"name": key, "config_operation": operation, "value": value} for key, operation, value in changes]
        told.ask("IncrementalAlterConfigs", what, resources=[{"resource_type": kind, "resource_name": name, "configs": configs}], **fields)
    ask("a key", ("retention.ms", SET, "5000"))
    ask("a key, only validated", ("retention.ms", SET, "6000"), validate_only=True)
    ask("a key taken away", ("retention.ms", DELETE, None))
    ask("a key taken away that is not set", ("segment.bytes", DELETE, None))
    ask("something added to a list", ("cleanup.policy", APPEND, "delete"))
    ask("added again", ("cleanup.policy", APPEND, "delete"))
    ask("something taken out of a list", ("cleanup.policy", SUBTRACT, "compact"))
    ask("taken out again", ("cleanup.policy", SUBTRACT, "compact"))
    ask("added to what is no list", ("retention.ms", APPEND, "1"))
    ask("taken out of what is no list", ("retention.ms", SUBTRACT, "1"))
    ask("a key nobody knows", ("nothing.of.this", SET, "1"))
    ask("a key nobody knows taken away", ("nothing.of.this", DELETE, None))
    ask("a wrong value", ("retention.ms", SET, "soon"))
    ask("a value out of range", ("min.insync.replicas", SET, "0"))
    ask("no value", ("retention.ms", SET, None))
    ask("an operation nobody knows", ("retention.ms", 9, "1"))
    ask("a negative operation", ("retention.ms", -1, "1"))
    ask("a key twice", ("retention.ms", SET, "1"), ("retention.ms", SET, "2"))
    ask("two keys, one of them wrong", ("retention.ms", SET, "7000"), ("segment.bytes", SET, "much"))
    ask("nothing")
    ask("a topic that does not exist", ("retention.ms", SET, "1"), name=told.name("none"))
    ask("a topic without a name", ("retention.ms", SET, "1"), name="")
    ask("a topic of a name that cannot be", ("retention.ms", SET, "1"), name="a b")
    ask("another broker", ("log.retention.ms", SET, "1"), kind=BROKER, name="7", validate_only=True)
    ask("a broker of no number", ("log.retention.ms", SET, "1"), kind=BROKER, name="one", validate_only=True)
    ask("a key of a broker that cannot change", ("broker.id", SET, "5"), kind=BROKER, name="1", validate_only=True)
    ask("a key of one broker for all", ("listeners", SET, "PLAINTEXT://:1"), kind=BROKER, name="", validate_only=True)
    ask("a wrong value for a broker", ("log.retention.ms", SET, "soon"), kind=BROKER, name="1", validate_only=True)
    ask("a key of a broker", ("log.cleaner.threads", SET, "2"), kind=BROKER, name="1", validate_only=True)
    ask("a group", ("consumer.session.timeout.ms", SET, "50000"), kind=GROUP, name=told.name("g"))
    ask("a group, out of range", ("consumer.session.timeout.ms", SET, "1"), kind=GROUP, name=told.name("g"))
    ask("a group, a key nobody knows", ("nothing.of.this", SET, "1"), kind=GROUP, name=told.name("g"))
    ask("a group without a name", ("consumer.session.timeout.ms", SET, "50000"), kind=GROUP, name="")
    ask("client metrics", ("interval.ms", SET, "1000"), ("metrics", SET, "org.apache"), kind=METRICS, name=told.name("m"))
    ask("client metrics, too often", ("interval.ms", SET, "1"), kind=METRICS, name=told.name("m"))
    ask("client metrics, no match", ("match", SET, "nothing=at all"), kind=METRICS, name=told.name("m"))
    ask("client metrics without a name", ("interval.ms", SET, "1000"), kind=METRICS, name="")
    for kind in (0, 1, 99):
        ask(f"kind {kind}", ("a", SET, "b"), kind=kind, name="x")
    told.ask("IncrementalAlterConfigs", "a resource twice", resources=[
        {"resource_type": TOPIC, "resource_name": a, "configs": [{"name": "retention.ms", "config_operation": SET, "value": "1"}]}] * 2)
    told.caught_up()
    told.ask("DescribeConfigs", "what is left of it", resources=[
        resource(TOPIC, a), resource(GROUP, told.name("g")), resource(METRICS, told.name("m"))], version=4)
    told.ask("ListConfigResources", "of all kinds", resource_types=[], version=1, only="config_resources")


@story("AlterConfigs")
def alter_configs(told):
    told.topic("a", retention_ms="1000")
    a = told.name("a")

    def ask(what, *pairs, kind=TOPIC, name=a, **fields):
        configs = [{"name": key, "value": value} for key, value in pairs]
        told.ask("AlterConfigs", what, resources=[{"resource_type": kind, "resource_name": name, "configs": configs}], **fields)
    ask("another key: what was set goes", ("segment.bytes", "2000000"))
    ask("only validated", ("segment.bytes", "3000000"), validate_only=True)
    ask("a wrong value", ("retention.ms", "soon"))
    ask("no value", ("retention.ms", None))
    ask("a key nobody knows", ("nothing.of.this", "1"))
    ask("a key twice", ("retention.ms", "1"), ("retention.ms", "2"))
    ask("a topic that does not exist", ("retention.ms", "1"), name=told.name("none"))
    ask("a topic without a name", ("retention.ms", "1"), name="")
    ask("another broker", ("log.retention.ms", "1"), kind=BROKER, name="7", validate_only=True)
    ask("a key of a broker that cannot change", ("broker.id", "5"), kind=BROKER, name="1", validate_only=True)
    ask("loggers", ("kafka", "INFO"), kind=LOGGER, name="1")
    ask("a group", ("consumer.session.timeout.ms", "50000"), kind=GROUP, name=told.name("g"))
    ask("client metrics", ("interval.ms", "1000"), kind=METRICS, name=told.name("m"))
    for kind in (0, 1, 99):
        ask(f"kind {kind}", ("a", "b"), kind=kind, name="x")
    if told.version == 2:
        told.ask("AlterConfigs", "a resource twice", resources=[
            {"resource_type": TOPIC, "resource_name": a, "configs": [{"name": "retention.ms", "value": "1"}]}] * 2)
    told.ask("AlterConfigs", "nothing", resources=[])
    told.caught_up()
    told.ask("DescribeConfigs", "what is left of it", resources=[resource(TOPIC, a)], version=4)
    ask("everything taken away")
    told.caught_up()
    told.ask("DescribeConfigs", "and after that", resources=[resource(TOPIC, a)], version=4)


@story("ListConfigResources")
def list_config_resources(told):
    told.topic("a")
    told.call("IncrementalAlterConfigs", resources=[
        {"resource_type": METRICS, "resource_name": told.name("m"), "configs": [{"name": "interval.ms", "config_operation": SET, "value": "1000"}]},
        {"resource_type": GROUP, "resource_name": told.name("g"), "configs": [
            {"name": "consumer.session.timeout.ms", "config_operation": SET, "value": "50000"}]}])
    told.caught_up()
    for kinds in ([], [TOPIC], [BROKER], [LOGGER], [METRICS], [GROUP], [TOPIC, GROUP], [TOPIC, TOPIC], [0], [1], [99], [TOPIC, 99]):
        told.ask("ListConfigResources", f"kinds {kinds}", resource_types=kinds,
                 only=None if kinds in ([BROKER], [LOGGER]) else "config_resources")
