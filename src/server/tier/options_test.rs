//! What a broker ships with is what the tier is tested with.

use super::options::options;
use esker_config::RawConfig;
use esker_tiering::TierOptions;
use std::path::{Path, PathBuf};

#[test]
fn the_tier_s_own_defaults_are_those_of_the_keys() {
    let text = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
        listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
        log.dirs=/data\nesker.tier.url=memory:\nesker.tier.cache.dir=/cache\n";
    let startup = RawConfig::from_text(text).unwrap().resolve("host").unwrap();
    let shipped = options(startup.broker.tier.as_ref().unwrap(), &startup.values, Path::new("/data"));
    let own = TierOptions {
        cache_dir: Some(PathBuf::from("/cache")),
        // These come from the environment too.
        s3: shipped.s3.clone(),
        cloud: shipped.cloud.clone(),
        ..TierOptions::new("/data")
    };
    assert_eq!(format!("{shipped:#?}"), format!("{own:#?}"));
}
