//! AlterConfigs, answer by answer.

use crate::testing::Fixture;
use esker_metadata::ConfigResource;
use esker_protocol::messages::AlterConfigsRequest;
use esker_protocol::messages::alter_configs::{AlterConfigsResource, AlterableConfig};

fn resource(resource_type: i8, name: &str, configs: &[(&str, Option<&str>)]) -> AlterConfigsResource {
    let config =
        |(name, value): &(&str, Option<&str>)| AlterableConfig { name: (*name).into(), value: value.map(Into::into) };
    AlterConfigsResource { resource_type, resource_name: name.into(), configs: configs.iter().map(config).collect() }
}

fn ask(broker: &mut Fixture, version: i16, resources: Vec<AlterConfigsResource>) -> Vec<(i16, String)> {
    let answer = broker.ask(version, &AlterConfigsRequest { resources, validate_only: false });
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    answer.responses.iter().map(|row| (row.error_code, text(row.error_message.as_deref()))).collect()
}

fn with_topic() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(1, "a", 1);
    fixture
}

#[test]
fn what_is_not_named_any_more_is_removed() {
    let mut broker = with_topic();
    let topic = ConfigResource::topic("a");
    for version in 0..=2 {
        let configs = [("retention.ms", Some("5000")), ("segment.ms", Some("60000"))];
        assert_eq!(ask(&mut broker, version, vec![resource(2, "a", &configs)]), [(0, String::new())]);
        ask(&mut broker, version, vec![resource(2, "a", &[("segment.ms", Some("60000"))])]);
        let set = broker.image.configs(&topic).unwrap();
        assert_eq!(set.keys().collect::<Vec<_>>(), ["segment.ms"]);
        ask(&mut broker, version, vec![resource(2, "a", &[])]);
        assert!(broker.image.configs(&topic).is_none());
    }
}

#[test]
fn refusals_have_kafkas_codes_and_words() {
    let mut broker = with_topic();
    broker.set(ConfigResource::cluster_default(), "min.insync.replicas", "1");
    let twice = [("segment.ms", Some("1")), ("segment.ms", Some("2"))];
    let resources = vec![
        resource(2, "nope", &[("segment.ms", Some("60000"))]),
        resource(2, "a", &[("nope", Some("1"))]),
        resource(4, "2", &[("log.retention.ms", Some("1"))]),
        resource(8, "1", &[("root", Some("INFO"))]),
        resource(3, "x", &[]),
        resource(4, "", &[("log.retention.ms", Some("70000"))]),
    ];
    let expected = [
        (3, "The topic 'nope' does not exist."),
        (40, "Unknown topic config name: nope"),
        (42, "Unexpected broker id, expected 1, but received 2"),
        (42, "Unknown resource type 8"),
        (42, "Unknown resource type 3"),
        (40, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."),
    ];
    let expected = expected.map(|(code, text)| (code, text.to_owned()));
    assert_eq!(ask(&mut broker, 2, resources), expected);
    let nulls = [("segment.ms", None), ("retention.ms", None)];
    let text = "Null value not supported for : segment.ms, retention.ms";
    assert_eq!(ask(&mut broker, 2, vec![resource(2, "a", &nulls)]), [(42, text.to_owned())]);
    let text = "Error due to duplicate config keys";
    assert_eq!(ask(&mut broker, 2, vec![resource(2, "a", &twice)]), [(42, text.to_owned())]);
    let same = || resource(2, "a", &[("segment.ms", Some("60000"))]);
    let text = "Each resource must appear at most once.".to_owned();
    assert_eq!(ask(&mut broker, 2, vec![same(), same()]), [(42, text.clone()), (42, text)]);
}
