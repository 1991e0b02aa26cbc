//! Listeners as Kafka 4.3.1 works them out, by its own answers to the same settings.

use crate::startup_test::{faults, start};
use crate::{Listener, parse_endpoint};

fn client(text: &str) -> Listener {
    start(text).broker.listeners.clients().next().unwrap().clone()
}

fn advertised(listener: &Listener) -> String {
    listener.advertised.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn an_open_host_binds_everything_and_is_advertised_by_the_machines_name() {
    let listener = client("");
    assert_eq!((listener.host.clone(), listener.port), (None, 9092));
    assert_eq!(advertised(&listener), "box:9092");
    assert_eq!(advertised(&client("advertised.listeners=PLAINTEXT://:1\n")), "box:1");
}

#[test]
fn each_client_listener_has_its_own_advertised_address() {
    let listeners = start(
        "listeners=PLAINTEXT://:9092,CONTROLLER://:9093,EXT://10.0.0.1:9094,HIDDEN://:9095\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXT:PLAINTEXT,HIDDEN:PLAINTEXT\n\
         advertised.listeners=PLAINTEXT://a:1,EXT://a:1\n",
    )
    .broker
    .listeners;
    let seen: Vec<_> = listeners.all.iter().map(|listener| (listener.name.as_str(), advertised(listener))).collect();
    let expected = [("PLAINTEXT", "a:1"), ("CONTROLLER", "box:9093"), ("EXT", "a:1"), ("HIDDEN", "")];
    assert_eq!(seen, expected.map(|(name, address)| (name, address.to_owned())));
    assert_eq!(listeners.inter_broker, "PLAINTEXT");
}

#[test]
fn controllers_may_stand_among_the_advertised() {
    let listeners = start("advertised.listeners=PLAINTEXT://h:1,CONTROLLER://h:2\n").broker.listeners;
    assert_eq!(advertised(listeners.controllers().next().unwrap()), "h:2");
    assert_eq!(listeners.clients().count(), 1);
}

#[test]
fn names_are_in_upper_case_whatever_was_written() {
    let listeners = start("listeners=plaintext://:9092,controller://:9093\n").broker.listeners;
    assert_eq!(listeners.all[0].name, "PLAINTEXT");
    assert!(listeners.all[1].controller);
}

#[test]
fn ipv6_goes_in_brackets_and_may_share_a_port_with_ipv4() {
    let listener = client("listeners=PLAINTEXT://[::1]:9092,CONTROLLER://:9093\n");
    assert_eq!((listener.host.as_deref(), advertised(&listener).as_str()), (Some("::1"), "[::1]:9092"));
    start(
        "listeners=PLAINTEXT://127.0.0.1:9092,PLAIN2://[::1]:9092,CONTROLLER://:9093\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PLAIN2:PLAINTEXT,CONTROLLER:PLAINTEXT\n",
    );
    let two_of_a_kind = faults(
        "listeners=PLAINTEXT://127.0.0.1:9092,PLAIN2://127.0.0.2:9092,CONTROLLER://:9093\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PLAIN2:PLAINTEXT,CONTROLLER:PLAINTEXT\n",
    );
    assert!(two_of_a_kind.contains("Each listener must have a different port"), "{two_of_a_kind}");
}

#[test]
fn wrong_listeners_are_refused_in_kafkas_words() {
    for (settings, said) in [
        (
            "listeners=PLAINTEXT://:9092",
            "controller.listener.names must contain at least one value appearing in the 'listeners' configuration",
        ),
        ("listeners=PLAINTEXT://:9092,CONTROLLER://:9092", "Each listener must have a different port"),
        (
            "listeners=PLAINTEXT://:9092,PLAINTEXT://:9094,CONTROLLER://:9093",
            "Each listener must have a different name, listeners: [PLAINTEXT://:9092, PLAINTEXT://:9094, CONTROLLER://:9093]",
        ),
        (
            "listeners=CONTROLLER://:9093",
            "There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?",
        ),
        (
            "listeners=FOO://:9092,CONTROLLER://:9093",
            "Error creating broker listeners from '[FOO://:9092, CONTROLLER://:9093]': No security protocol defined for listener FOO",
        ),
        (
            "listeners=FOO://:9092,CONTROLLER://:9093\nlistener.security.protocol.map=FOO:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "Listener with name PLAINTEXT defined in inter.broker.listener.name not found",
        ),
        ("advertised.listeners=PLAINTEXT://h:1,BAR://h:2", "No security protocol defined for listener BAR"),
        (
            "advertised.listeners=PLAINTEXT://h:1,SSL://h:2",
            "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found PLAINTEXT,SSL.",
        ),
        ("advertised.listeners=CONTROLLER://h:2", "There must be at least one broker advertised listener."),
        (
            "advertised.listeners=PLAINTEXT://0.0.0.0:1",
            "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.",
        ),
        ("listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093", "nonroutable meta-address 0.0.0.0"),
        ("listeners=PLAINTEXT://:x,CONTROLLER://:9093", "Unable to parse PLAINTEXT://:x to a broker endpoint"),
        ("listeners=PLAINTEXT:9092,CONTROLLER://:9093", "Unable to parse PLAINTEXT:9092 to a broker endpoint"),
        ("listeners=PLAINTEXT://:99999,CONTROLLER://:9093", "Unable to parse PLAINTEXT://:99999 to a broker endpoint"),
        ("listeners=PLAINTEXT://*:9092,CONTROLLER://:9093", "Unable to parse PLAINTEXT://*:9092 to a broker endpoint"),
        (
            "inter.broker.listener.name=FOO",
            "Listener with name FOO defined in inter.broker.listener.name not found in listener.security.protocol.map.",
        ),
        (
            "inter.broker.listener.name=CONTROLLER",
            "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are PLAINTEXT",
        ),
        (
            "inter.broker.listener.name=PLAINTEXT\nsecurity.inter.broker.protocol=PLAINTEXT",
            "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.",
        ),
        (
            "security.inter.broker.protocol=SSL",
            "inter.broker.listener.name must be a listener name defined in advertised.listeners.",
        ),
        ("controller.listener.names=FOO", "No security protocol defined for listener CONTROLLER"),
        (
            "controller.listener.names=CONTROLLER,FOO",
            "controller.listener.names must only contain values appearing in the 'listeners' configuration",
        ),
        ("listener.security.protocol.map=PLAINTEXT:PLAINTEXT", "No security protocol defined for listener CONTROLLER"),
        (
            "listener.security.protocol.map=PLAINTEXT:FOO",
            "Invalid security protocol `FOO` defined in listener.security.protocol.map",
        ),
        ("listener.security.protocol.map=PLAINTEXT", "\"PLAINTEXT\" is not of the form NAME:PROTOCOL"),
        ("listeners=SSL://:9092,CONTROLLER://:9093", "No security protocol defined for listener CONTROLLER"),
    ] {
        let text = faults(&format!("{settings}\n"));
        assert!(text.contains(said), "{settings}: {text}");
    }
}

#[test]
fn another_name_for_the_same_protocol_needs_a_map_and_an_inter_broker_name() {
    let listeners = start(
        "listeners=FOO://h_x:9092,CONTROLLER://:9093\nlistener.security.protocol.map=FOO:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=foo\n",
    )
    .broker
    .listeners;
    assert_eq!((listeners.inter_broker.as_str(), advertised(&listeners.all[0]).as_str()), ("FOO", "h_x:9092"));
}

#[test]
fn an_endpoint_of_any_text_is_read_or_refused() {
    for text in
        ["", "://", "://:1", "A://", "A://:", "A://h", "A://[::1:1", "A://]:1", "A://h:-1", "A://h :1", "A://\u{0}:1"]
    {
        assert!(parse_endpoint(text).is_err(), "{text:?}");
    }
    assert!(parse_endpoint(&format!("A://{}:1", "x".repeat(1_000_000))).is_ok());
    assert!(parse_endpoint(&"x".repeat(1_000_000)).unwrap_err().len() < 1_000);
}
