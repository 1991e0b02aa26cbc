//! One member of the quorum, running.

use crate::cursor::Cursor;
use crate::log_store::{LogShared, LogStore};
use crate::machine::{Failure, Machine, MachineShared};
use crate::network::{Peers, Transport, member};
use crate::open::{self, OpenError, Opened};
use crate::proposer::{self, PROPOSAL_BYTES_MAX, WAITING_MAX, Waiting};
use crate::quorum::{
    CursorError, Leadership, Member, MembershipError, MetadataQuorum, Proposal, ProposeError, QuorumSnapshot,
    StateMachine,
};
use crate::rpc::{Request, RpcError, encode_answer};
use crate::types::{Snapshot, StoredProposal, TypeConfig};
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::{Env, Pool, TaskHandle};
use esker_model::{BrokerId, Offset};
use openraft::{BasicNode, Config, Raft, SnapshotPolicy};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// Name of the quorum's own directory inside the metadata log directory. It does not end in a number, so that nobody
/// takes it for a partition, and it is not Kafka's `__cluster_metadata-0`, whose format it does not have.
pub const DIRECTORY: &str = "esker-metadata";

/// Jobs that may wait for the quorum's disk thread. openraft waits for each; peers and cursors add a few.
const DISK_QUEUE_MAX: usize = 1024;

/// How long a single voter may take to lead. It needs two syncs.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Times and sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// How often a leader shows that it is there.
    pub heartbeat: Duration,
    /// A follower that hears nothing for a time between these two calls an election.
    pub election: (Duration, Duration),
    /// A file of the log is closed above this size, in bytes.
    pub segment_bytes: u64,
    /// A snapshot is made after this many bytes of log, or after as many as the last snapshot had if those are more.
    pub snapshot_log_bytes: u64,
    /// How many entries stay in the log though a snapshot holds them, for peers that are a little behind.
    pub entries_kept: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(500),
            election: (Duration::from_millis(1500), Duration::from_millis(3000)),
            segment_bytes: 4 << 20,
            snapshot_log_bytes: 8 << 20,
            entries_kept: 1000,
        }
    }
}

/// What a member needs to know to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// This node.
    pub node_id: BrokerId,
    /// The quorum's own directory: [`DIRECTORY`] inside the metadata log directory.
    pub dir: PathBuf,
    /// The voters of a new quorum, this node included. Where one exists already they are ignored; empty for a node
    /// that will be added to an existing quorum.
    pub voters: Vec<Member>,
    /// Times and sizes.
    pub tuning: Tuning,
}

/// One member of the quorum.
pub struct QuorumNode {
    id: BrokerId,
    raft: Raft<TypeConfig>,
    shared: Arc<MachineShared>,
    proposals: mpsc::Sender<Waiting>,
    leadership: watch::Sender<Leadership>,
    tasks: Vec<TaskHandle<()>>,
    fresh: bool,
}

fn raft_id(id: BrokerId) -> u64 {
    u64::try_from(id).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn config(tuning: &Tuning) -> Result<Arc<Config>, OpenError> {
    let config = Config {
        cluster_name: "esker-metadata".to_owned(),
        heartbeat_interval: millis(tuning.heartbeat),
        election_timeout_min: millis(tuning.election.0),
        election_timeout_max: millis(tuning.election.1),
        install_snapshot_timeout: 30_000,
        max_payload_entries: 64,
        snapshot_policy: SnapshotPolicy::Never, // by bytes, not by entries: see `MachineShared::snapshot_due`
        max_in_snapshot_log_to_keep: tuning.entries_kept,
        purge_batch_size: 1,
        enable_elect: false, // until this member has joined
        ..Config::default()
    };
    config.validate().map(Arc::new).map_err(|error| OpenError::NotStarted(error.to_string()))
}

impl QuorumNode {
    /// Starts this member with the state that its directory holds, or with none.
    ///
    /// When it returns, everything that this node knows to be committed has been applied. A single voter leads; one of several
    /// voters may still be looking for a leader.
    ///
    /// # Errors
    /// Where the directory is in use, damaged or of a newer version. Nothing in it is changed then.
    pub async fn start(
        env: &Env,
        options: Options,
        machine: Arc<dyn StateMachine>,
        transport: Arc<dyn Transport>,
    ) -> Result<Arc<QuorumNode>, OpenError> {
        let config = config(&options.tuning)?;
        let pool = Pool::new(tokio::runtime::Handle::current(), 1, DISK_QUEUE_MAX);
        let failure = Failure::default();
        let (shared, fresh) = open_shared(env, &options, machine, pool, failure.clone()).await?;
        let (log, peers) = (LogStore(Arc::clone(&shared.log)), Peers(transport));
        let id = raft_id(options.node_id);
        let raft = Raft::new(id, config, peers, log, Machine(Arc::clone(&shared))).await.map_err(|error| {
            let reason = failure.reason().map_or_else(|| error.to_string(), |reason| reason.to_string());
            OpenError::Machine { dir: options.dir.clone(), reason }
        })?;
        let (proposals, arriving) = mpsc::channel(WAITING_MAX);
        let leadership = watch::Sender::new(Leadership::default());
        let tasks = vec![
            esker_env::spawn(proposer::run(raft.clone(), Arc::clone(&shared), arriving)),
            esker_env::spawn(follow_leadership(raft.clone(), leadership.clone(), failure.clone())),
            esker_env::spawn(make_snapshots(raft.clone(), Arc::clone(&shared))),
        ];
        let node = QuorumNode { id: options.node_id, raft, shared, proposals, leadership, tasks, fresh };
        node.join(&options).await?;
        Ok(Arc::new(node))
    }

    /// Whether the directory held no quorum when this member started.
    pub fn was_fresh(&self) -> bool {
        self.fresh
    }

    async fn join(&self, options: &Options) -> Result<(), OpenError> {
        let not_started = |text: String| OpenError::NotStarted(self.reason_or(text));
        let known = self.raft.is_initialized().await.map_err(|error| not_started(error.to_string()))?;
        if !known && !options.voters.is_empty() {
            let voter = |one: &Member| (raft_id(one.id), BasicNode::new(one.address.clone()));
            let voters: BTreeMap<u64, BasicNode> = options.voters.iter().map(voter).collect();
            self.raft.initialize(voters).await.map_err(|error| not_started(error.to_string()))?;
        }
        self.lead_if_alone(known).await.map_err(not_started)?;
        self.raft.runtime_config().elect(true);
        Ok(())
    }

    /// Makes a single voter lead at once and commits what its log holds.
    ///
    /// Exactly one election is called: a second one would take the leadership of the first away for a moment. Until this
    /// returns openraft calls none by itself ([`Config::enable_elect`]); a new quorum's is called by its initialisation.
    async fn lead_if_alone(&self, known: bool) -> Result<(), String> {
        let me = raft_id(self.id);
        let (alone, leads) = {
            let look = move |state: &openraft::RaftState<_, _, _>| {
                let voters = state.membership_state.effective().voter_ids().collect::<Vec<_>>();
                let vote = state.vote_ref();
                (voters == [me], vote.committed && vote.leader_id.node_id == me)
            };
            self.raft.with_raft_state(look).await.map_err(|error| error.to_string())?
        };
        if !alone {
            return Ok(());
        }
        if known && !leads {
            self.raft.trigger().elect().await.map_err(|error| error.to_string())?;
        }
        let led =
            self.raft.wait(Some(START_LIMIT)).metrics(|metrics| metrics.current_leader == Some(me), "leads").await;
        led.map_err(|error| error.to_string())?;
        match self.propose(Proposal::default(), START_LIMIT).await {
            // A full disk lets the node start and read; it says so again to whoever proposes.
            Ok(_) | Err(ProposeError::DiskFull { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn reason_or(&self, text: String) -> String {
        self.shared.log.failure.reason().map_or(text, |reason| reason.to_string())
    }

    /// Answers a request that a peer's [`Transport`] carried here.
    ///
    /// # Errors
    /// Where the bytes are no request. What openraft refuses is an answer.
    pub async fn answer(&self, request: Bytes) -> Result<Bytes, RpcError> {
        match Request::decode(&request)? {
            Request::Append(append) => {
                encode_answer(&self.raft.append_entries(append).await.map_err(|error| error.to_string()))
            }
            Request::Vote(vote) => encode_answer(&self.raft.vote(vote).await.map_err(|error| error.to_string())),
            Request::Snapshot { vote, meta, data } => {
                let snapshot = Snapshot { meta, snapshot: Box::new(data) };
                let installed = self.raft.install_full_snapshot(vote, snapshot).await;
                encode_answer(&installed.map_err(|error| error.to_string()))
            }
        }
    }

    /// Adds a member without a vote and waits until it has caught up. Only the leader can.
    pub async fn add_learner(&self, learner: Member) -> Result<(), MembershipError> {
        let added = self.raft.add_learner(raft_id(learner.id), BasicNode::new(learner.address), true).await;
        added.map(|_| ()).map_err(|error| MembershipError(error.to_string()))
    }

    /// Makes exactly these members the voters; who is left out leaves the quorum. Only the leader can.
    pub async fn change_voters(&self, voters: &[BrokerId]) -> Result<(), MembershipError> {
        let voters: BTreeSet<u64> = voters.iter().copied().map(raft_id).collect();
        let changed = self.raft.change_membership(voters, false).await;
        changed.map(|_| ()).map_err(|error| MembershipError(error.to_string()))
    }

    /// Stops taking part; what is committed is durable already. Another process may then use the directory.
    pub async fn shutdown(&self) {
        self.shared.log.failure.set("it was shut down");
        if let Err(error) = self.raft.shutdown().await {
            tracing::warn!(%error, "the metadata quorum did not stop cleanly");
        }
        if let Err(error) = self.shared.log.close().await {
            tracing::warn!(%error, "the committed point of the metadata log was not written");
        }
    }
}

impl Drop for QuorumNode {
    fn drop(&mut self) {
        self.tasks.iter().for_each(TaskHandle::abort);
    }
}

/// Opens the directory and brings the state machine to its snapshot, on the disk thread.
async fn open_shared(
    env: &Env,
    options: &Options,
    machine: Arc<dyn StateMachine>,
    pool: Pool,
    failure: Failure,
) -> Result<(Arc<MachineShared>, bool), OpenError> {
    let (disk, dir, node) = (Arc::clone(&env.disk), options.dir.clone(), raft_id(options.node_id));
    let (segment_bytes, snapshot_log_bytes) = (options.tuning.segment_bytes, options.tuning.snapshot_log_bytes);
    let disk_thread = pool.clone();
    let job = move || {
        let Opened { fresh, state, snapshot, journal, lock } = open::open(&disk, &dir, node, segment_bytes)?;
        let log = LogShared::new(disk, dir.clone(), node, (state, journal, lock), pool, failure);
        let shared = MachineShared::new(log, machine, snapshot_log_bytes, snapshot.as_ref());
        let shared = shared.map_err(|error| OpenError::Machine { dir, reason: error.to_string() })?;
        Ok((shared, fresh))
    };
    disk_thread.run(job).await.unwrap_or_else(|error| Err(OpenError::NotStarted(error.to_string())))
}

async fn follow_leadership(raft: Raft<TypeConfig>, leadership: watch::Sender<Leadership>, failure: Failure) {
    let mut metrics = raft.server_metrics();
    loop {
        let now = {
            let metrics = metrics.borrow_and_update();
            let leader = metrics.current_leader.and_then(|id| BrokerId::try_from(id).ok());
            Leadership { leader, term: metrics.vote.leader_id.term }
        };
        leadership.send_if_modified(|known| {
            let changed = *known != now;
            if changed {
                *known = now;
            }
            changed
        });
        if metrics.changed().await.is_err() {
            leadership.send_replace(Leadership::default());
            failure.set("its core has stopped");
            return;
        }
    }
}

async fn make_snapshots(raft: Raft<TypeConfig>, shared: Arc<MachineShared>) {
    loop {
        shared.snapshot_due.notified().await;
        if raft.trigger().snapshot().await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl MetadataQuorum for QuorumNode {
    async fn propose(&self, proposal: Proposal, limit: Duration) -> Result<Offset, ProposeError> {
        let bytes = proposer::size(&proposal.records);
        if bytes > PROPOSAL_BYTES_MAX {
            return Err(ProposeError::TooLarge { bytes, max: PROPOSAL_BYTES_MAX });
        }
        if let Some(reason) = self.shared.log.failure.reason() {
            return Err(ProposeError::Unavailable(reason));
        }
        let (reply, answer) = oneshot::channel();
        let proposal = StoredProposal { expected: proposal.expected, records: proposal.records };
        let gone = || ProposeError::Unavailable(self.reason_or("the proposer is gone".to_owned()).into());
        let proposed = async {
            self.proposals.send(Waiting { proposal, reply }).await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        };
        esker_env::timeout(limit, proposed).await.unwrap_or(Err(ProposeError::Timeout))
    }

    fn committed_from(&self, offset: Offset) -> Cursor {
        Cursor::new(offset, Arc::clone(&self.shared))
    }

    fn committed_end(&self) -> Offset {
        *self.shared.end.borrow()
    }

    async fn snapshot(&self) -> Result<QuorumSnapshot, CursorError> {
        let (next_offset, encode) = self.shared.capture();
        let encoded = self.shared.log.on_disk(|_| Ok(encode())).await;
        let state = encoded.map_err(|error| CursorError::Unreadable(error.to_string().into()))?;
        Ok(QuorumSnapshot { next_offset, state: state.into() })
    }

    fn members(&self) -> Vec<Member> {
        let metrics = self.raft.metrics().borrow().clone();
        let membership = metrics.membership_config.membership();
        let voters: BTreeSet<u64> = membership.voter_ids().collect();
        membership.nodes().map(|(id, node)| member(*id, node, voters.contains(id))).collect()
    }

    fn leader(&self) -> watch::Receiver<Leadership> {
        self.leadership.subscribe()
    }

    async fn failed(&self) -> Arc<str> {
        self.shared.log.failure.happened().await
    }
}
