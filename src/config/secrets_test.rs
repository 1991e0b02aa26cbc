//! No secret leaves through any text that this room writes.

use crate::startup_test::{MINIMAL, start};
use crate::{ConfigMap, RawConfig, Resource};

const SECRET: &str = "hunter2-do-not-print";

/// Settings that are secrets, may be because nobody knows them, or carry a secret where none belongs.
fn secrets() -> String {
    format!(
        "esker.tier.s3.secret.access.key={SECRET}\nesker.tier.s3.session.token={SECRET}\nssl.key.password={SECRET}\n\
         listener.name.plaintext.ssl.keystore.password={SECRET}\nlistener.name.x.plain.sasl.jaas.config=p=\"{SECRET}\";\n\
         some.plugin.password={SECRET}\nesker.tier.url=memory:\n"
    )
}

fn assert_clean(what: &str, text: &str) {
    assert!(!text.contains(SECRET), "{what} shows a secret: {text}");
}

#[test]
fn neither_debug_nor_description_nor_warning_shows_a_secret() {
    let raw = RawConfig::from_text(&format!("{MINIMAL}{}", secrets())).unwrap();
    assert_clean("what was typed", &format!("{raw:?} {raw:#?}"));
    let started = start(&secrets());
    assert_clean("the start", &format!("{started:?}"));
    assert_clean("the warnings", &started.warnings.join("\n"));
    let dynamic: ConfigMap = [("ssl.key.password".to_owned(), SECRET.to_owned())].into();
    let values = started.values.with_dynamic(&dynamic, &dynamic);
    assert_clean("the layers", &format!("{values:?}"));
    assert_clean("the broker's description", &format!("{:?}", values.describe_broker()));
    assert_clean("the cluster's description", &format!("{:?}", values.describe_cluster_default()));
    let tier = started.broker.tier.unwrap();
    assert_eq!(tier.s3.secret_access_key.unwrap().reveal(), SECRET, "and yet the secret is there");
}

#[test]
fn no_fault_shows_a_secret() {
    let broken = [
        format!("esker.tier.url=s3://key:{SECRET}@bucket/prefix\n"),
        format!("esker.tier.url={SECRET}://bucket\n"),
        format!("esker.tier.url=s3:{SECRET}\n"),
        format!("{}num.partitions=x\n", secrets()),
    ];
    for text in broken {
        let raw = RawConfig::from_text(&format!("{MINIMAL}{text}")).unwrap();
        let errors = raw.resolve("box").unwrap_err();
        assert_clean("a fault", &format!("{errors} {errors:?}"));
    }
    let overridden = RawConfig::load(&esker_env::SystemDisk, None, [], &[SECRET.to_owned()]).unwrap_err();
    assert_clean("an override without '='", &format!("{overridden} {overridden:?}"));
}

#[test]
fn a_refused_secret_is_not_repeated() {
    let key = crate::find(crate::Scope::Broker, "ssl.key.password").unwrap();
    let error = crate::ValueError::invalid(key, SECRET, "too short");
    assert_eq!(error.text, "Invalid value [hidden] for configuration ssl.key.password: too short");
}

#[test]
fn no_refused_change_shows_a_secret() {
    let values = start("").values;
    for name in
        ["esker.tier.s3.secret.access.key", "ssl.key.password", "sasl.jaas.config", "delegation.token.secret.key"]
    {
        let configs: ConfigMap = [(name.to_owned(), SECRET.to_owned())].into();
        let rejection = values.validate_broker(Resource::ClusterDefault, &configs).unwrap_err();
        assert_clean(name, &rejection.text);
    }
}
