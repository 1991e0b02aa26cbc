//! Compaction of local logs, by the broker's keys; it follows them while the broker runs.

use esker_config::{BrokerValues, CompactionConfig};
use esker_env::Pool;
use esker_log::{Cleaner, CleanerConfig, LogManager};
use esker_metadata::{ConfigResourceKind, ConfigStore};
use std::io;
use std::sync::Arc;

/// Starts compaction, unless `log.cleaner.enable` is off.
pub(crate) fn start(values: &BrokerValues, logs: &Arc<LogManager>) -> io::Result<Option<Arc<Cleaner>>> {
    if !CompactionConfig::of(values).enabled {
        tracing::warn!("log.cleaner.enable is off: compacted topics are not compacted");
        return Ok(None);
    }
    Ok(Some(Arc::new(Cleaner::start(Arc::clone(logs), cleaner_config(values))?)))
}

/// Puts each change of the keys into effect. Never ends by itself.
pub(crate) async fn follow(cleaner: Arc<Cleaner>, configs: Arc<ConfigStore>, disk_pool: Pool) {
    let mut images = configs.watch().subscribe("compaction");
    loop {
        let change = images.next().await;
        if change.delta.configs_changed.iter().any(|resource| resource.kind == ConfigResourceKind::Broker) {
            let wanted = cleaner_config(&configs.at(&change.new));
            if wanted != *cleaner.config() {
                reconfigure(&cleaner, wanted, &disk_pool).await;
            }
        }
        images.applied(change.new.offset());
    }
}

/// A thread that is let go ends what it is at: not for a thread of the network to wait for.
async fn reconfigure(cleaner: &Arc<Cleaner>, wanted: CleanerConfig, disk_pool: &Pool) {
    let cleaner = Arc::clone(cleaner);
    match disk_pool.run(move || cleaner.configure(wanted)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "threads of compaction cannot be started"),
        Err(error) => tracing::error!(%error, "settings of compaction are not changed"),
    }
}

/// Gives up what is under way and waits for the threads.
pub(crate) async fn stop(cleaner: &Arc<Cleaner>, disk_pool: &Pool) {
    let cleaner = Arc::clone(cleaner);
    if let Err(error) = disk_pool.run(move || cleaner.stop()).await {
        tracing::warn!(%error, "compaction is not waited for");
    }
}

fn cleaner_config(values: &BrokerValues) -> CleanerConfig {
    let keys = CompactionConfig::of(values);
    CleanerConfig {
        threads: keys.threads,
        dedupe_buffer_bytes: keys.dedupe_buffer_bytes,
        load_factor: keys.load_factor,
        io_buffer_bytes: keys.io_buffer_bytes,
        io_bytes_per_second: keys.io_bytes_per_second,
        backoff: keys.backoff,
    }
}
