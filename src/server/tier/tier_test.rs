//! A broker's tier on a bucket in a directory: who may write there, and who must not.

use super::generation_file::{self, Remembered};
use super::{GenerationError, OpenTier, TierError, open};
use esker_config::{RawConfig, Startup};
use esker_env::{Disk, Env, SystemDisk};
use esker_model::ClusterId;
use esker_tiering::TierState;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::runtime::Handle;

struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.empty_data();
        world
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn bucket(&self) -> PathBuf {
        self.0.path().join("bucket")
    }

    fn empty_data(&self) {
        let _ = SystemDisk.remove_dir_all(&self.data());
        SystemDisk.create_dir_all(&self.data()).unwrap();
    }

    fn startup(&self) -> Startup {
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
             listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             log.dirs={}\nesker.tier.url=file:{}\n",
            self.data().display(),
            self.bucket().display()
        );
        RawConfig::from_text(&text).unwrap().resolve("host").unwrap()
    }

    async fn open(&self, cluster: &str, is_new: bool) -> Result<OpenTier, TierError> {
        let startup = self.startup();
        let cluster: ClusterId = cluster.parse().unwrap();
        let tier = startup.broker.tier.as_ref().unwrap();
        open(tier, &startup.broker, &startup.values, &cluster, is_new, &Env::system(), Handle::current()).await
    }

    fn remembered(&self) -> Option<Remembered> {
        generation_file::read(&SystemDisk, &self.data()).unwrap()
    }
}

#[tokio::test]
async fn a_new_cluster_claims_its_place_once() {
    let world = World::new();
    let opened = world.open("east", true).await.unwrap();
    assert_eq!((opened.generation, opened.tier.state()), (1, TierState::Ready));
    let known = Remembered { cluster: "east".parse().unwrap(), generation: 1, claimed: true };
    assert_eq!(world.remembered(), Some(known.clone()));
    let again = world.open("east", false).await.unwrap();
    assert_eq!((again.generation, again.tier.state()), (1, TierState::Ready));
    assert_eq!(again.tier.highest_generation().await.unwrap(), Some(1));
    assert_eq!(world.remembered(), Some(known));
}

#[tokio::test]
async fn empty_directories_do_not_take_a_cluster_that_is_in_the_bucket() {
    let world = World::new();
    world.open("east", true).await.unwrap();
    world.empty_data();
    let error = world.open("east", true).await.unwrap_err();
    assert!(matches!(error, TierError::Generation(GenerationError::Taken { generation: 1, .. })), "{error}");
    // Beside it another one may begin.
    let other = world.open("west", true).await.unwrap();
    let mut clusters = other.tier.clusters_in_prefix().await.unwrap();
    clusters.sort_by_key(ToString::to_string);
    assert_eq!(clusters.iter().map(ClusterId::as_str).collect::<Vec<_>>(), ["east", "west"]);
}

#[tokio::test]
async fn another_or_an_emptied_bucket_is_noticed() {
    let world = World::new();
    world.open("east", true).await.unwrap();
    SystemDisk.remove_dir_all(&world.bucket()).unwrap();
    let error = world.open("east", false).await.unwrap_err();
    assert!(matches!(error, TierError::Generation(GenerationError::Gone { generation: 1, .. })), "{error}");
}

#[tokio::test]
async fn a_broker_killed_while_it_claims_goes_on_where_it_was() {
    let world = World::new();
    let intent = Remembered { cluster: "east".parse().unwrap(), generation: 1, claimed: false };
    // Before the claim ...
    generation_file::write(&SystemDisk, &world.data(), &intent).unwrap();
    world.open("east", false).await.unwrap();
    assert!(world.remembered().unwrap().claimed);
    // ... and behind it.
    generation_file::write(&SystemDisk, &world.data(), &intent).unwrap();
    world.open("east", false).await.unwrap();
    assert!(world.remembered().unwrap().claimed);
}

#[tokio::test]
async fn a_broker_of_an_earlier_generation_leaves_the_bucket_alone() {
    let world = World::new();
    let first = world.open("east", true).await.unwrap();
    assert_eq!(first.tier.claim_generation(Some(1)).await.unwrap(), 2);
    let again = world.open("east", false).await.unwrap();
    assert_eq!(again.tier.state(), TierState::Superseded { generation: 2 });
}

#[tokio::test]
async fn a_generation_of_another_cluster_is_not_used() {
    let world = World::new();
    world.open("east", true).await.unwrap();
    let error = world.open("west", false).await.unwrap_err();
    assert!(matches!(error, TierError::Generation(GenerationError::Foreign { .. })), "{error}");
}
