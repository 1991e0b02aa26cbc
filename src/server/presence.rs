//! A broker among the brokers: registered, unfenced while it serves, fenced when it goes.

use crate::images::newest;
use esker_api::SUPPORTED_FEATURES;
use esker_config::BrokerConfig;
use esker_controller::{Controller, ControllerError, NewBroker};
use esker_env::Env;
use esker_log::{LoadReport, LogManager};
use esker_metadata::{ClusterImage, Endpoint, ImageWatch, VersionRange};
use esker_model::{BrokerEpoch, ClusterId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long one change of the broker's own registration may take.
const CHANGE_MAX: Duration = Duration::from_secs(30);
/// How long the last one may take, when the broker goes.
const LEAVE_MAX: Duration = Duration::from_secs(5);
/// Pause after a change that was refused.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// This broker's registration.
#[derive(Debug)]
pub(crate) struct Presence {
    controller: Arc<Controller>,
    logs: Arc<LogManager>,
    registration: NewBroker,
    pub(crate) epoch: BrokerEpoch,
}

impl Presence {
    /// Registers the broker, fenced.
    pub(crate) async fn register(
        env: &Env,
        config: &BrokerConfig,
        cluster: &ClusterId,
        endpoints: Vec<Endpoint>,
        controller: Arc<Controller>,
        logs: Arc<LogManager>,
        loaded: &LoadReport,
    ) -> Result<Self, ControllerError> {
        let registration = NewBroker {
            id: config.node_id,
            incarnation: env.random.uuid(),
            cluster_id: Some(cluster.clone()),
            endpoints,
            rack: config.rack.clone(),
            log_dirs: online(&logs),
            features: SUPPORTED_FEATURES
                .iter()
                .map(|&(name, min, max)| (name.to_owned(), VersionRange { min, max }))
                .collect(),
            previous_epoch: previous_epoch(loaded, &logs),
        };
        let epoch = controller.register_broker(registration.clone(), CHANGE_MAX).await?;
        Ok(Self { controller, logs, registration, epoch })
    }

    /// Lets the broker lead.
    pub(crate) async fn unfence(&self) -> Result<(), ControllerError> {
        self.controller.set_broker_state(self.registration.id, self.epoch, Some(false), Some(false), CHANGE_MAX).await
    }

    /// Takes leadership away, so that the next start begins a new one. What fails here is made good by then.
    pub(crate) async fn leave(&self) {
        let state = self.controller.set_broker_state(self.registration.id, self.epoch, Some(true), None, LEAVE_MAX);
        if let Err(error) = state.await {
            tracing::warn!(%error, "the broker goes without being fenced");
        }
    }

    /// Keeps the registration true: a directory that goes offline is no longer among those that are announced, and a broker that
    /// serves is not fenced.
    pub(crate) async fn keep(self: Arc<Self>, image: ImageWatch, mut stopping: watch::Receiver<bool>) {
        let mut offline = self.logs.watch_offline_dirs();
        // One may have failed before anybody looked.
        offline.mark_changed();
        let mut images = newest(&image, "registration");
        loop {
            let event = tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                changed = offline.changed() => match changed {
                    Ok(()) => Event::DirectoryOffline,
                    Err(_) => return,
                },
                changed = images.changed() => match changed {
                    Ok(()) => Event::Image(Arc::clone(&images.borrow_and_update())),
                    Err(_) => return,
                },
            };
            let result = match event {
                Event::DirectoryOffline => self.announce_dirs().await,
                Event::Image(image) => {
                    let own = image.broker(self.registration.id);
                    let is_fenced = own.is_some_and(|own| own.epoch == self.epoch && own.fenced);
                    if is_fenced { self.unfence().await } else { Ok(()) }
                }
            };
            if let Err(error) = result {
                tracing::warn!(%error, "the broker's registration is not as it should be");
                esker_env::sleep(RETRY_PAUSE).await;
            }
        }
    }

    async fn announce_dirs(&self) -> Result<(), ControllerError> {
        let log_dirs = online(&self.logs);
        // Without any directory the broker ends; there is nothing to announce.
        if log_dirs.is_empty() || log_dirs == self.registration.log_dirs {
            return Ok(());
        }
        let registration = NewBroker { log_dirs, ..self.registration.clone() };
        self.controller.register_broker(registration, CHANGE_MAX).await.map(|_| ())
    }
}

/// What a broker that serves has to answer to.
enum Event {
    DirectoryOffline,
    Image(Arc<ClusterImage>),
}

/// Identities of the directories that work.
fn online(logs: &LogManager) -> Vec<esker_metadata::DirectoryId> {
    logs.dirs().iter().filter(|dir| dir.offline().is_none()).map(|dir| dir.id()).collect()
}

/// The registration of the last run, where all directories say that it ended cleanly.
fn previous_epoch(loaded: &LoadReport, logs: &LogManager) -> Option<BrokerEpoch> {
    let (_, first) = loaded.clean.first()?;
    let all = loaded.clean.len() == logs.dirs().len() && logs.offline_dirs().is_empty();
    (all && loaded.clean.iter().all(|(_, epoch)| epoch == first)).then_some(*first)
}
