//! The composition of a broker: every part started in its order, and stopped in the opposite one.
//!
//! ```text
//! start   cluster id -> metadata quorum -> logs opened and recovered -> tier -> sockets bound -> registration (fenced)
//!         -> replicas -> compaction -> unfenced -> clients served
//! stop    no new requests, what was asked is answered -> snapshot of the cluster in the bucket -> compaction -> replicas and logs, durable and marked
//!         as stopped cleanly -> fenced -> cache -> metadata quorum
//! ```
//! Killed anywhere in between, the next start recovers: nothing here is needed for an acknowledged record to survive.

use crate::compaction;
use crate::compose::{self, Parts};
use crate::runtimes::Runtimes;
use crate::start_error::StartError;
use crate::state_log::TopicLog;
use crate::status::Status;
use esker_config::Startup;
use esker_env::{Env, TaskHandle};
use esker_model::ClusterId;
use esker_quorum::MetadataQuorum;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a stop waits for the last answers.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(4);
/// How long a stop waits for tasks that were told to end.
const TASKS_MAX: Duration = Duration::from_secs(6);

/// A running broker. One that is dropped without [`Broker::stop`] leaves what a killed process leaves.
#[derive(Debug)]
pub struct Broker {
    pub(crate) parts: Parts,
    status: watch::Sender<Status>,
    /// Turns true when clients are no longer served.
    stopping: watch::Sender<bool>,
    tasks: Vec<TaskHandle<()>>,
    addresses: Vec<(Arc<str>, SocketAddr)>,
    http_address: Option<SocketAddr>,
    // The last field, so that threads end after everything that runs on them.
    runtimes: Runtimes,
}

/// Why a broker that served has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody asked for it.
    Asked,
    /// It cannot go on; the reason.
    Failed(Arc<str>),
}

impl Broker {
    /// Starts a broker and returns when it serves. Not inside of a runtime.
    ///
    /// # Errors
    /// What is in the way. Nothing runs then.
    pub fn start(startup: Startup, env: Env) -> Result<Self, StartError> {
        let runtimes = Runtimes::start(startup.broker.log.disk_threads).map_err(StartError::Threads)?;
        let network = runtimes.network().clone();
        let started = network.block_on(compose::start(startup, env, &runtimes))?;
        let compose::Started { parts, status, stopping, tasks, addresses, http_address } = started;
        Ok(Self { parts, status, stopping, tasks, addresses, http_address, runtimes })
    }

    /// Where clients are served: each listener's name and the address that its socket has.
    pub fn addresses(&self) -> &[(Arc<str>, SocketAddr)] {
        &self.addresses
    }

    /// Where the HTTP service is, where there is one.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http_address
    }

    /// The cluster that the broker belongs to.
    pub fn cluster_id(&self) -> &ClusterId {
        &self.parts.cluster
    }

    /// The log of an internal topic, for coordinators.
    pub fn topic_log(&self, topic: &str) -> TopicLog {
        TopicLog::new(topic, self.parts.image.clone(), Arc::clone(&self.parts.replicas))
    }

    /// Follows where the broker is in its life.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Waits until `asked` completes or the broker cannot go on. Not inside of a runtime.
    pub fn run_until(&self, asked: impl Future<Output = ()>) -> Ended {
        let ended = self.runtimes.network().block_on(async {
            tokio::select! {
                () = asked => Ended::Asked,
                reason = self.failure() => Ended::Failed(reason),
            }
        });
        if let Ended::Failed(reason) = &ended {
            self.status.send_replace(Status::Failed(Arc::clone(reason)));
        }
        ended
    }

    /// Completes when the broker cannot go on, with the reason.
    async fn failure(&self) -> Arc<str> {
        let logs = &self.parts.logs;
        let mut offline = logs.watch_offline_dirs();
        let all_offline = async {
            loop {
                if logs.dirs().iter().all(|dir| dir.offline().is_some()) {
                    let reasons: Vec<String> = logs.offline_dirs().iter().map(ToString::to_string).collect();
                    return Arc::from(format!("all log directories are offline: {}", reasons.join("; ")));
                }
                if offline.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            reason = self.parts.quorum.failed() => format!("the metadata quorum has failed: {reason}").into(),
            reason = all_offline => reason,
        }
    }

    /// Stops cleanly: what was asked for is answered, everything is durable, the next start need not recover. Not inside of a runtime.
    pub fn stop(mut self) {
        if !matches!(*self.status.borrow(), Status::Failed(_)) {
            self.status.send_replace(Status::Stopping);
        }
        let tasks = std::mem::take(&mut self.tasks);
        self.runtimes.network().block_on(self.shut_down(tasks));
    }

    async fn shut_down(&self, tasks: Vec<TaskHandle<()>>) {
        if let Some(offsets) = &self.parts.group_offsets {
            offsets.take_last();
        }
        self.stopping.send_replace(true);
        // Members that wait for others are sent to another coordinator.
        self.parts.groups.close();
        let connections = &self.parts.connections;
        if esker_env::timeout(LAST_ANSWERS_MAX, connections.all_closed()).await.is_none() {
            tracing::warn!(open = connections.open(), "connections are closed with requests unanswered");
        }
        if esker_env::timeout(TASKS_MAX, futures::future::join_all(tasks)).await.is_none() {
            tracing::warn!("tasks did not end in time and are left behind");
        }
        if let Some(cleaner) = &self.parts.cleaner {
            compaction::stop(cleaner, &self.runtimes.disk_pool).await;
        }
        self.parts.transactions.close();
        self.parts.replicas.shut_down().await;
        self.parts.presence.leave().await;
        if let Some(tier) = &self.parts.tier {
            tier.close().await;
        }
        self.parts.quorum.shutdown().await;
        tracing::info!("stopped");
    }
}
