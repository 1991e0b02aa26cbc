//! The configuration that Kafka ships for one node starts a broker as it is.

use crate::testing::{Client, World};
use esker_config::RawConfig;
use esker_env::Env;
use esker_protocol::messages::metadata::MetadataRequest;

/// The settings of Kafka 4.3's `config/server.properties`, in its order; directory and ports are the test's.
const SETTINGS: &str = "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:@CONTROLLER@
listeners=PLAINTEXT://:@PORT@,CONTROLLER://:@CONTROLLER@
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:@PORT@,CONTROLLER://localhost:@CONTROLLER@
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=@DIR@/kraft-combined-logs
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
esker.http.listener=
";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_properties_that_kafka_ships_start_a_broker() {
    let world = World::new("").unwrap();
    let (port, controller) = (free_port(), free_port());
    let text = SETTINGS
        .replace("@DIR@", &world.path().display().to_string())
        .replace("@PORT@", &port.to_string())
        .replace("@CONTROLLER@", &controller.to_string());
    let startup = RawConfig::from_text(&text).unwrap().resolve("this-machine").unwrap();
    assert_eq!(startup.warnings, Vec::<String>::new());
    let broker = crate::Broker::start(startup, Env::system()).unwrap();
    let mut client = Client::connect(([127, 0, 0, 1], port).into()).unwrap();
    let told = client.ask(12, &MetadataRequest { topics: None, ..MetadataRequest::default() }).unwrap();
    assert_eq!((told.brokers[0].host.to_string(), told.brokers[0].port), ("localhost".to_owned(), i32::from(port)));
    assert!(
        Client::connect(([127, 0, 0, 1], controller).into()).is_err(),
        "nobody could use the controller's listener"
    );
    broker.stop();
}
