//! Makes the tiered history of a stopped broker longer, by the product's own chain.

use esker_benches::LoadError;
use esker_env::Env;
use esker_tiering::TierOptions;
use esker_tiering::TierUrl;
use esker_tiering::bucket::{Bucket, BucketAccess, Lengthened};
use std::path::Path;

fn wrong(error: impl std::fmt::Display) -> LoadError {
    LoadError::Settings(error.to_string())
}

/// What all partitions together have become.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grown {
    pub partitions: u64,
    pub entries: u64,
    pub pages: u64,
    pub largest_root: usize,
}

impl Grown {
    fn add(&mut self, one: Lengthened) {
        self.partitions += 1;
        self.entries += one.entries;
        self.pages += one.pages as u64;
        self.largest_root = self.largest_root.max(one.root_len);
    }
}

/// Makes every partition of every topic in the bucket at `directory` one of `entries` segments, as far as its offsets allow.
pub fn lengthen(directory: &Path, entries: u64) -> Result<Grown, LoadError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let env = Env::system();
        let (url, options) = (TierUrl::File(directory.to_owned()), TierOptions::new(directory));
        let bucket = Bucket::open(&url, BucketAccess::Write, &options, env.clone(), handle).map_err(wrong)?;
        let mut grown = Grown::default();
        for id in bucket.clusters().await.map_err(wrong)? {
            let cluster = bucket.cluster(&id);
            for topic in cluster.topics().await.map_err(wrong)? {
                for partition in &topic.partitions {
                    let partition = cluster.partition(topic.id, &topic.label(), *partition);
                    grown.add(partition.lengthen(entries, || env.random.uuid()).await.map_err(wrong)?);
                }
            }
        }
        Ok(grown)
    })
}
