//! GetTelemetrySubscriptions and PushTelemetry, answer by answer.

use crate::telemetry::otlp_test::{change, gauge};
use crate::testing::{Fixture, TELEMETRY};
use crate::{Reply, Session};
use bytes::Bytes;
use esker_metadata::{ConfigResource, ConfigResourceKind};
use esker_protocol::messages::{
    ApiVersionsRequest, GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse, PushTelemetryRequest,
};
use esker_record::{Codec, compress};
use uuid::Uuid;

const CLIENT: Uuid = Uuid::from_u128(0x77);

fn fixture(config: &str) -> Fixture {
    let mut broker = Fixture::new(&format!("{TELEMETRY}{config}"));
    let resource = ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: "m".into() };
    broker.set(resource.clone(), "metrics", "*");
    broker.set(resource.clone(), "interval.ms", "100000");
    broker.set(resource, "match", "client_software_name=kc.*,client_id=test,client_source_address=127.0.0.1");
    let software = ApiVersionsRequest { client_software_name: "kcat".into(), client_software_version: "1.7".into() };
    broker.ask(3, &software);
    broker
}

fn ask(broker: &mut Fixture, client_instance_id: Uuid) -> GetTelemetrySubscriptionsResponse {
    broker.ask(0, &GetTelemetrySubscriptionsRequest { client_instance_id })
}

/// A push of bytes as they are, following what the client was last told.
fn pushed(subscription_id: i32, metrics: Vec<u8>) -> PushTelemetryRequest {
    let metrics = Bytes::from(metrics);
    PushTelemetryRequest { client_instance_id: CLIENT, subscription_id, metrics, ..Default::default() }
}

fn push(broker: &mut Fixture, request: &PushTelemetryRequest) -> i16 {
    broker.ask(0, request).error_code
}

fn text(broker: &Fixture) -> String {
    broker.api.telemetry().unwrap().text()
}

#[test]
fn a_client_is_told_what_is_wanted_and_given_an_id_where_it_has_none() {
    let mut broker = fixture("telemetry.max.bytes=12345\n");
    let told = ask(&mut broker, Uuid::nil());
    assert!(told.client_instance_id.as_u128() > 1);
    assert_eq!((told.error_code, told.push_interval_ms, told.telemetry_max_bytes), (0, 100_000, 12_345));
    assert_eq!(told.accepted_compression_types, [4, 3, 1, 2]);
    assert!(told.delta_temporality);
    assert_eq!(told.requested_metrics, [esker_protocol::StrBytes::from_static("*")]);
    assert_eq!(ask(&mut broker, CLIENT).client_instance_id, CLIENT);
    let again = ask(&mut broker, CLIENT);
    assert_eq!((again.error_code, again.subscription_id, again.client_instance_id), (89, 0, Uuid::nil()));
}

#[test]
fn pushes_in_every_codec_are_kept_and_shown() {
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut broker = fixture("");
        let told = ask(&mut broker, CLIENT);
        let mut compressed = Vec::new();
        compress(codec, None, &gauge("org.apache.kafka.x", 2.5), &mut compressed).unwrap();
        let request =
            PushTelemetryRequest { compression_type: codec as i8, ..pushed(told.subscription_id, compressed) };
        assert_eq!(push(&mut broker, &request), 0, "{codec:?}");
        let line = "org_apache_kafka_x{client_id=\"test\",client_instance_id=\"AAAAAAAAAAAAAAAAAAAAdw\",\
                    client_software_name=\"kcat\",client_software_version=\"1.7\"} 2.5\n";
        assert!(text(&broker).ends_with(line), "{}", text(&broker));
    }
}

#[test]
fn a_last_push_may_come_early_and_none_follows_it() {
    let mut broker = fixture("");
    let told = ask(&mut broker, CLIENT);
    assert_eq!(push(&mut broker, &pushed(told.subscription_id, change("x", 3))), 0);
    assert_eq!(push(&mut broker, &pushed(told.subscription_id, change("x", 4))), 89);
    let last = PushTelemetryRequest { terminating: true, ..pushed(told.subscription_id, change("x", 5)) };
    assert_eq!(push(&mut broker, &last), 0);
    assert!(text(&broker).ends_with("} 8\n"), "{}", text(&broker));
    assert_eq!(push(&mut broker, &last), 42);
    let stats = broker.api.telemetry().unwrap().stats();
    assert_eq!((stats.pushes, stats.throttled, stats.instances, stats.values), (2, 1, 1, 1));
}

#[test]
fn what_is_wrong_with_a_push_is_told_as_kafka_tells_it() {
    for (request, code) in [
        (PushTelemetryRequest { client_instance_id: Uuid::nil(), ..pushed(0, Vec::new()) }, 42),
        (PushTelemetryRequest { client_instance_id: Uuid::from_u128(1), ..pushed(0, Vec::new()) }, 42),
        (pushed(1, Vec::new()), 117),
        (PushTelemetryRequest { compression_type: 5, ..pushed(0, Vec::new()) }, 76),
        (pushed(0, vec![0; 1_025]), 118),
        (pushed(0, b"no OTLP".to_vec()), 87),
        (PushTelemetryRequest { compression_type: 4, ..pushed(0, b"no zstd".to_vec()) }, 87),
        (pushed(0, Vec::new()), 0),
    ] {
        let mut broker = fixture("telemetry.max.bytes=1024\n");
        let told = ask(&mut broker, CLIENT);
        let request =
            PushTelemetryRequest { subscription_id: told.subscription_id ^ request.subscription_id, ..request };
        assert_eq!(push(&mut broker, &request), code, "{request:?}");
        assert_eq!(text(&broker), "");
    }
}

#[test]
fn a_bomb_is_refused_whatever_its_codec() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut broker = fixture("");
        let told = ask(&mut broker, CLIENT);
        let mut bomb = Vec::new();
        compress(codec, None, &vec![0; (1 << 20) + 1], &mut bomb).unwrap();
        let request = PushTelemetryRequest { compression_type: codec as i8, ..pushed(told.subscription_id, bomb) };
        assert_eq!(push(&mut broker, &request), 87, "{codec:?}");
    }
}

#[test]
fn a_changed_subscription_is_told_at_once() {
    let mut broker = fixture("");
    let told = ask(&mut broker, CLIENT);
    let resource = ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: "m".into() };
    broker.set(resource, "interval.ms", "50000");
    assert_eq!(push(&mut broker, &pushed(told.subscription_id, gauge("x", 1.0))), 117);
    let told = ask(&mut broker, CLIENT);
    assert_eq!((told.error_code, told.push_interval_ms), (0, 50_000));
    let other_software = ApiVersionsRequest { client_software_name: "x".into(), client_software_version: "1".into() };
    broker.ask(3, &other_software);
    let told = ask(&mut broker, Uuid::from_u128(0x78));
    assert_eq!((told.push_interval_ms, told.requested_metrics.len()), (300_000, 0), "no subscription matches");
}

#[test]
fn a_client_is_forgotten_with_its_connection() {
    let mut broker = fixture("");
    let told = ask(&mut broker, CLIENT);
    assert_eq!(push(&mut broker, &pushed(told.subscription_id, gauge("x", 1.0))), 0);
    broker.session = Session::new("PLAINTEXT".into(), "127.0.0.1:50001".parse().unwrap());
    let stats = broker.api.telemetry().unwrap().stats();
    assert_eq!((stats.instances, stats.values, stats.pushes), (0, 0, 1));
    assert_eq!(text(&broker), "");
}

#[test]
fn without_the_setting_the_connection_is_closed() {
    let mut broker = Fixture::new("");
    assert!(broker.api.telemetry().is_none());
    let reply = broker.send(0, &GetTelemetrySubscriptionsRequest { client_instance_id: CLIENT });
    assert!(matches!(reply, Reply::Close), "{reply:?}");
}
