//! The shell around the decisions: commits their records, decides anew where the log has moved on, waits until they are
//! in effect.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::{
    ConfigChange, ControllerError, CreatedTopic, ElectionRows, ErrorKind, FeatureUpdate, IsrChange, MorePartitions,
    NewBroker, NewTopic, Reassignment, ReassignmentRows, WantedLeader, alter_configs, brokers, create_cluster,
    create_partitions, create_topics, delete_topics, elect_leaders, features, isr, producer_ids, reassign,
};
use bytes::Bytes;
use esker_env::{Env, Instant};
use esker_metadata::{ClusterImage, ConfigStore, Partition, Record};
use esker_model::{BrokerEpoch, BrokerId, ClusterId, ProducerId, TopicId};
use esker_quorum::{MetadataQuorum, Proposal, ProposeError};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long the first record of a cluster may take.
const CREATE_CLUSTER_LIMIT: Duration = Duration::from_secs(60);

/// Decides for the cluster, as long as this node leads the metadata quorum.
///
/// All methods may be called by many tasks at once. What a method answers has happened: committed, published, applied by
/// every subscriber of the image. After [`ErrorKind::Timeout`] it may happen yet.
pub struct Controller {
    env: Env,
    node_id: BrokerId,
    quorum: Arc<dyn MetadataQuorum>,
    configs: Arc<ConfigStore>,
    /// Decisions of this node are made one after the other: each would only refuse the next one's proposal.
    turn: Mutex<()>,
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

impl Controller {
    /// A controller that decides on the images that `configs` follows and has its records committed by `quorum`.
    pub fn new(
        env: Env,
        node_id: BrokerId,
        quorum: Arc<dyn MetadataQuorum>,
        configs: Arc<ConfigStore>,
    ) -> Arc<Controller> {
        Arc::new(Self { env, node_id, quorum, configs, turn: Mutex::new(()) })
    }

    /// The quorum that commits what is decided.
    pub fn quorum(&self) -> &Arc<dyn MetadataQuorum> {
        &self.quorum
    }

    /// The newest image.
    pub fn image(&self) -> Arc<ClusterImage> {
        self.configs.watch().current()
    }

    /// The cluster's identity; a new cluster gets `wanted`, or a fresh one. Its features are finalised with it.
    pub async fn create_cluster(&self, wanted: Option<ClusterId>) -> Result<ClusterId, ControllerError> {
        let fresh = ClusterId::from_uuid(self.env.random.uuid());
        self.commit(CREATE_CLUSTER_LIMIT, |cluster| create_cluster::decide(cluster, wanted.as_ref(), &fresh)).await
    }

    /// Registers a broker. It is fenced until [`Controller::set_broker_state`] says otherwise.
    pub async fn register_broker(&self, new: NewBroker, limit: Duration) -> Result<BrokerEpoch, ControllerError> {
        // This process has the node's directories locked: no other one can be running with its id.
        let has_session = new.id != self.node_id;
        self.commit(limit, |cluster| brokers::register(cluster, &new, has_session)).await
    }

    /// Fences or unfences a broker, or lets it prepare to stop; leadership moves accordingly.
    pub async fn set_broker_state(
        &self,
        id: BrokerId,
        epoch: BrokerEpoch,
        fenced: Option<bool>,
        in_controlled_shutdown: Option<bool>,
        limit: Duration,
    ) -> Result<(), ControllerError> {
        let decide = |cluster: Cluster<'_>| brokers::change_state(cluster, id, epoch, fenced, in_controlled_shutdown);
        self.commit(limit, decide).await
    }

    /// Creates topics, each by itself, or only says what would happen.
    pub async fn create_topics(
        &self,
        topics: Vec<NewTopic>,
        validate_only: bool,
        limit: Duration,
    ) -> Vec<Row<CreatedTopic>> {
        let random = &*self.env.random;
        let decide = |cluster: Cluster<'_>| create_topics::decide(cluster, &topics, random);
        rows(topics.len(), self.decide_or_commit(validate_only, limit, decide).await)
    }

    /// Deletes topics, each by itself.
    pub async fn delete_topics(&self, topics: Vec<TopicId>, limit: Duration) -> Vec<Row<()>> {
        rows(topics.len(), self.commit(limit, |cluster| delete_topics::decide(cluster, &topics)).await)
    }

    /// Notes that nothing of a deleted topic is left in the bucket.
    pub async fn finish_topic_deletion(&self, topic_id: TopicId, limit: Duration) -> Result<(), ControllerError> {
        self.commit(limit, |cluster| Ok(delete_topics::finish(cluster, topic_id))).await
    }

    /// Lets topics grow, each by itself, or only says what would happen.
    pub async fn create_partitions(
        &self,
        topics: Vec<MorePartitions>,
        validate_only: bool,
        limit: Duration,
    ) -> Vec<Row<()>> {
        let random = &*self.env.random;
        let decide = |cluster: Cluster<'_>| create_partitions::decide(cluster, &topics, random);
        rows(topics.len(), self.decide_or_commit(validate_only, limit, decide).await)
    }

    /// Changes configurations, of each resource by itself, or only says what would happen.
    pub async fn alter_configs(
        &self,
        changes: Vec<ConfigChange>,
        validate_only: bool,
        limit: Duration,
    ) -> Vec<Row<()>> {
        let decide = |cluster: Cluster<'_>| alter_configs::decide(cluster, &changes);
        rows(changes.len(), self.decide_or_commit(validate_only, limit, decide).await)
    }

    /// Finalises features at other levels, all or none, or only says what would happen.
    pub async fn update_features(
        &self,
        updates: Vec<FeatureUpdate>,
        validate_only: bool,
        limit: Duration,
    ) -> Result<(), ControllerError> {
        let node_id = self.node_id;
        let decide = |cluster: Cluster<'_>| features::decide(cluster, node_id, &updates);
        self.decide_or_commit(validate_only, limit, decide).await
    }

    /// Takes a broker out of the cluster for good.
    pub async fn unregister_broker(&self, id: BrokerId, limit: Duration) -> Result<(), ControllerError> {
        self.commit(limit, |cluster| brokers::unregister(cluster, id)).await
    }

    /// Elects leaders, of each partition by itself; of every one where there is no list.
    pub async fn elect_leaders(
        &self,
        wanted: WantedLeader,
        partitions: Option<Vec<(String, Vec<i32>)>>,
        limit: Duration,
    ) -> Result<ElectionRows, ControllerError> {
        self.commit(limit, |cluster| elect_leaders::decide(cluster, wanted, partitions.as_deref())).await
    }

    /// Moves partitions to other replicas and calls moves off, each by itself.
    pub async fn reassign_partitions(
        &self,
        topics: Vec<(String, Vec<Reassignment>)>,
        may_resize: bool,
        limit: Duration,
    ) -> Result<ReassignmentRows, ControllerError> {
        self.commit(limit, |cluster| reassign::decide(cluster, &topics, may_resize)).await
    }

    /// Has records committed that another room decides on, or with `validate_only` only says what that comes to.
    pub async fn change<T>(
        &self,
        validate_only: bool,
        limit: Duration,
        decide: impl Fn(&ClusterImage) -> (Vec<Record>, T),
    ) -> Result<T, ControllerError> {
        let decide = |cluster: Cluster<'_>| {
            let (records, answer) = decide(cluster.image);
            Ok(Decision { records, answer })
        };
        self.decide_or_commit(validate_only, limit, decide).await
    }

    /// Gives a broker a block of producer ids.
    pub async fn allocate_producer_ids(
        &self,
        broker: BrokerId,
        epoch: BrokerEpoch,
        limit: Duration,
    ) -> Result<Range<ProducerId>, ControllerError> {
        self.commit(limit, |cluster| producer_ids::allocate(cluster, broker, epoch)).await
    }

    /// Changes in-sync sets as the leader `from`, in its registration `epoch`, asks for, each by itself. The answers are
    /// the partitions as they are then.
    pub async fn change_isr(
        &self,
        from: BrokerId,
        epoch: BrokerEpoch,
        changes: Vec<IsrChange>,
        limit: Duration,
    ) -> Vec<Row<Arc<Partition>>> {
        rows(changes.len(), self.commit(limit, |cluster| isr::decide(cluster, from, epoch, &changes)).await)
    }

    async fn decide_or_commit<T>(
        &self,
        validate_only: bool,
        limit: Duration,
        decide: impl Fn(Cluster<'_>) -> Result<Decision<T>, ControllerError>,
    ) -> Result<T, ControllerError> {
        if validate_only {
            self.commit(limit, |cluster| decide(cluster).map(|decision| Decision::nothing(decision.answer))).await
        } else {
            self.commit(limit, decide).await
        }
    }

    /// Decides, has the records committed for exactly the image that was decided on, and waits until they are in effect.
    async fn commit<T>(
        &self,
        limit: Duration,
        decide: impl Fn(Cluster<'_>) -> Result<Decision<T>, ControllerError>,
    ) -> Result<T, ControllerError> {
        let timer = Deadline { env: &self.env, start: self.env.clock.now(), limit };
        let turn = esker_env::timeout(timer.left()?, self.turn.lock()).await;
        let turn = turn.ok_or_else(|| ControllerError::bare(ErrorKind::Timeout))?;
        let answer = loop {
            let image = self.image();
            let values = self.configs.at(&image);
            let decision = decide(Cluster { image: &image, values: &values });
            let records = decision.as_ref().map_or(&[][..], |decision| &decision.records);
            if self.propose(&image, records, &timer).await? {
                break decision.map(|decision| decision.answer);
            }
        };
        drop(turn);
        let answer = answer?;
        let offset = self.image().offset();
        // It is done: what is late is only the effect here. Whoever asked hears so while there is time, as from a controller that
        // does not wait for brokers at all.
        let patience = timer.left().unwrap_or_default() / 2;
        if let Err(late) = self.configs.watch().applied(offset, patience).await {
            tracing::warn!(%late, "committed metadata is not in effect yet");
        }
        Ok(answer)
    }

    /// Has records committed that were decided on `image`; `false` where the log has moved on and another decision is needed.
    ///
    /// More records than a request may lead to go one part after the other. Decisions of that size start from the image
    /// each time and put the record that makes them final last, so that a part alone is nothing that must be undone.
    async fn propose(
        &self,
        image: &ClusterImage,
        records: &[Record],
        timer: &Deadline<'_>,
    ) -> Result<bool, ControllerError> {
        if records.is_empty() {
            return self.confirm(image, timer).await;
        }
        let mut next = image.offset() + 1;
        for part in records.chunks(RECORDS_MAX) {
            let records: Vec<Bytes> = part.iter().map(|record| Bytes::from(record.encode())).collect();
            let proposal = Proposal { expected: Some(next), records };
            match self.quorum.propose(proposal, timer.left()?).await {
                Ok(_) => next += i64::try_from(part.len()).unwrap_or(i64::MAX),
                Err(ProposeError::Conflict { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Makes sure that an answer without records does not come from an image that is no longer the newest: with several
    /// voters this node may have been deposed without knowing.
    async fn confirm(&self, image: &ClusterImage, timer: &Deadline<'_>) -> Result<bool, ControllerError> {
        if self.quorum.members().iter().filter(|member| member.voter).count() <= 1 {
            return Ok(true);
        }
        self.quorum.propose(Proposal::default(), timer.left()?).await?;
        Ok(self.image().offset() == image.offset())
    }
}

/// The rows of an answer; what befell the whole befell each.
fn rows<T>(count: usize, outcome: Result<Vec<Row<T>>, ControllerError>) -> Vec<Row<T>> {
    outcome.unwrap_or_else(|error| (0..count).map(|_| Err(error.clone())).collect())
}

/// When a call must be answered.
struct Deadline<'a> {
    env: &'a Env,
    start: Instant,
    limit: Duration,
}

impl Deadline<'_> {
    /// What is left of the time.
    fn left(&self) -> Result<Duration, ControllerError> {
        let left = self.limit.saturating_sub(self.env.clock.now().since(self.start));
        if left.is_zero() { Err(ControllerError::bare(ErrorKind::Timeout)) } else { Ok(left) }
    }
}
