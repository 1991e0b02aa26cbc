//! A broker without a network for the tests of this room, and a client that speaks to it in frames.

use crate::{Api, Reply, Response, Services, Session};
use bytes::Bytes;
use esker_config::{RawConfig, Startup};
use esker_env::Env;
use esker_metadata::{
    Broker, ClusterImage, ConfigResource, ConfigStore, Endpoint, ImagePublisher, Partition, Record, SecurityProtocol,
};
use esker_model::TopicId;
use esker_protocol::frame::{read_response, request_frame};
use esker_protocol::wire::decode::Decode;
use esker_protocol::{Request, StrBytes};
use std::sync::Arc;
use uuid::Uuid;

/// Settings in which only what a test says differs from Kafka's defaults.
pub const PLAIN: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
    listeners=PLAINTEXT://127.0.0.1:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093\n\
    advertised.listeners=PLAINTEXT://example.org:19092,INTERNAL://10.0.0.1:9094\n\
    controller.listener.names=CONTROLLER\n\
    listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data\n";

/// What `text` beside [`PLAIN`] resolves to.
pub fn startup(text: &str) -> Startup {
    RawConfig::from_text(&format!("{PLAIN}{text}")).unwrap().resolve("host").unwrap()
}

/// A broker over an image that a test writes record by record.
pub struct Fixture {
    pub api: Api,
    pub publisher: ImagePublisher,
    pub image: ClusterImage,
    pub session: Session,
}

impl Fixture {
    /// A cluster of the brokers 1, unfenced, and nothing else.
    pub fn new(config: &str) -> Self {
        let startup = startup(config);
        let publisher = ImagePublisher::default();
        let image = publisher.watch();
        let services = Services {
            env: Env::system(),
            node_id: 1,
            config: Arc::new(startup.broker),
            configs: Arc::new(ConfigStore::new(startup.values, 1, image.clone())),
            image,
        };
        let session = Session::new("PLAINTEXT".into(), "127.0.0.1:50000".parse().unwrap());
        let api = Api::new(services);
        let mut fixture = Self { api, publisher, image: ClusterImage::default(), session };
        fixture.apply(Record::ClusterCreated { cluster_id: "test-cluster".parse().unwrap() });
        fixture.apply(Record::BrokerRegistered(broker(1)));
        fixture
    }

    /// Applies and publishes one record.
    pub fn apply(&mut self, record: Record) {
        self.image.apply(self.image.offset() + 1, &record).unwrap();
        self.publisher.publish(Arc::new(self.image.clone()));
    }

    /// Sets a configuration.
    #[allow(dead_code)] // for the keys of configuration, which come next
    pub fn set(&mut self, resource: ConfigResource, key: &str, value: &str) {
        self.apply(Record::ConfigSet { resource, key: key.into(), value: Some(value.into()) });
    }

    /// Creates a topic whose partitions are led by broker 1.
    pub fn create_topic(&mut self, id: u128, name: &str, partitions: i32) {
        self.apply(Record::TopicCreated { topic_id: topic_id(id), name: name.into(), tiered: false });
        for partition in 0..partitions {
            self.apply(Record::PartitionCreated { topic_id: topic_id(id), partition, state: led_by(1, &[1]) });
        }
    }

    /// Sends a request and reads its answer, which must come at once.
    pub fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response
    where
        R::Response: Decode,
    {
        match self.send(version, request) {
            Reply::Now(response) => read::<R>(response, version),
            other => panic!("{other:?} is no answer"),
        }
    }

    /// Sends a request.
    pub fn send<R: Request>(&mut self, version: i16, request: &R) -> Reply {
        let client_id = Some(StrBytes::from_static("test"));
        let frame = request_frame(7, client_id, version, request).unwrap().freeze();
        self.api.dispatch(&mut self.session, frame.slice(4..))
    }
}

/// The message in a response whose correlation id is that of [`Fixture::send`].
pub fn read<R: Request>(response: Response, version: i16) -> R::Response
where
    R::Response: Decode,
{
    let frame = bytes(&response);
    assert_eq!(frame[4..8], 7i32.to_be_bytes(), "the correlation id");
    read_response::<R>(frame.slice(4..), version).unwrap()
}

/// A response that lies in memory, as one.
pub fn bytes(response: &Response) -> Bytes {
    let parts: Vec<u8> = response
        .pieces
        .iter()
        .flat_map(|piece| match piece {
            crate::Piece::Bytes(bytes) => bytes.to_vec(),
            crate::Piece::File(range) => panic!("{range:?} is not in memory"),
        })
        .collect();
    Bytes::from(parts)
}

pub fn topic_id(id: u128) -> TopicId {
    TopicId(Uuid::from_u128(id))
}

/// A partition whose replicas are all in sync.
pub fn led_by(leader: i32, replicas: &[i32]) -> Partition {
    Partition { replicas: replicas.into(), isr: replicas.into(), leader: Some(leader), ..Partition::default() }
}

/// An unfenced broker with the endpoints that [`PLAIN`] advertises.
pub fn broker(id: i32) -> Broker {
    let endpoint = |listener: &str, host: &str, port| Endpoint {
        listener: listener.into(),
        host: host.into(),
        port,
        protocol: SecurityProtocol::Plaintext,
    };
    Broker {
        id,
        incarnation: Uuid::from_u128(id as u128),
        epoch: i64::from(id),
        endpoints: vec![
            endpoint("PLAINTEXT", "example.org", 19091 + id as u16),
            endpoint("INTERNAL", "10.0.0.1", 9094),
        ],
        rack: None,
        log_dirs: Vec::new(),
        features: Default::default(),
        fenced: false,
        in_controlled_shutdown: false,
    }
}
