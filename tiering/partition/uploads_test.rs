//! What happens while the planner waits for an answer is not forgotten when the answer comes.

use crate::local_log::{LocalBounds, SegmentBytes, UploadSource};
use crate::manifest::test_roots::{HOME, entry, epochs, finished, token};
use crate::manifest::{Action, CreateOutcome, Found, Garbage, LocalView, Now, Root, decode_root};
use crate::options::TierTopicConfig;
use crate::partition::{Done, Effect, Input, Planner, PlannerSettings, Sight, Standing};
use crate::upload::UploadError;
use bytes::Bytes;
use esker_env::Instant;
use esker_model::Offset;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug)]
struct Nothing;

impl SegmentBytes for Nothing {
    fn read_exact_at(&self, _into: &mut [u8], _position: u64) -> io::Result<()> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A leader and all that it sees.
struct Bench {
    planner: Planner,
    sight: Sight,
    /// The newest version in the bucket.
    newest: Option<Arc<Root>>,
}

impl Bench {
    /// A new partition's leader whose first version is written and announced.
    fn leading() -> Self {
        let at = Instant::from_start(Duration::from_secs(1000));
        let bounds = LocalBounds { log_start: 0, local_log_start: 0, last_stable_offset: 0, log_end: 0 };
        let settings = PlannerSettings {
            uploads_max: 2,
            grace: Duration::from_secs(3600),
            interval: Duration::from_secs(30),
            scrub_interval: None,
        };
        let standing = Standing { is_new: true, log_is_whole: true, led_last: false, is_unclean: false };
        let sight = Sight {
            now: Now { at, wall_ms: 1_700_000_000_000, fresh: Uuid::from_u128(9) },
            store_is_ready: true,
            trusts_time: true,
            config: TierTopicConfig::default(),
            bounds,
            bytes_behind: 0,
        };
        let mut bench =
            Self { planner: Planner::new(HOME, token(1), settings, standing, None, &bounds), sight, newest: None };
        let mut inputs = vec![Input::Time];
        while let Some(input) = inputs.pop() {
            for effect in bench.handle(input) {
                inputs.extend(bench.answer(effect).map(Box::new).map(Input::Done));
            }
        }
        bench
    }

    /// What a bucket and a disk without fault say.
    fn answer(&mut self, effect: Effect) -> Option<Done> {
        Some(match effect {
            Effect::Chain(Action::Find { .. }) => {
                let local = LocalView { epochs: epochs(&[]), log_end: 0 };
                Done::Found { asked_at: self.sight.now.at, local, found: Ok(Found::Nothing) }
            }
            Effect::Chain(Action::Create { sequence, bytes }) => {
                self.newest = Some(Arc::new(decode_root(&bytes, HOME, sequence).unwrap()));
                Done::Created(CreateOutcome::Written)
            }
            Effect::Chain(Action::Load { .. }) => Done::Loaded(Ok(Arc::clone(self.newest.as_ref()?))),
            Effect::Announce(checkpoint) => Done::Announced(checkpoint, Ok(())),
            _ => return None,
        })
    }

    fn handle(&mut self, input: Input) -> Vec<Effect> {
        self.planner.handle(input, &self.sight)
    }

    fn append_to(&mut self, end: Offset) {
        (self.sight.bounds.last_stable_offset, self.sight.bounds.log_end) = (end, end);
    }
}

fn source(base: Offset, end: Offset) -> UploadSource {
    UploadSource {
        base,
        end,
        len: 100,
        bytes: Arc::new(Nothing),
        epochs: epochs(&[(1, 0)]),
        producer_snapshot: Bytes::new(),
        aborted: Vec::new(),
        open: Vec::new(),
        max_timestamp: 0,
    }
}

fn found(source: Option<UploadSource>) -> Input {
    Input::Done(Box::new(Done::Next(Ok(source.map(|source| (source, 0))))))
}

fn asks_from(effects: &[Effect]) -> Option<Offset> {
    effects.iter().find_map(|effect| match effect {
        Effect::Next { from, .. } => Some(*from),
        _ => None,
    })
}

#[test]
fn a_segment_closed_while_the_log_is_asked_is_asked_for_again() {
    let mut bench = Bench::leading();
    bench.append_to(1);
    assert_eq!(asks_from(&bench.handle(Input::Change)), Some(0));
    assert_eq!(asks_from(&bench.handle(Input::Change)), None, "one question at a time");
    assert_eq!(asks_from(&bench.handle(found(None))), Some(0), "the answer may be older than the change");
    assert_eq!(asks_from(&bench.handle(found(None))), None, "nothing has happened since");
    assert_eq!(asks_from(&bench.handle(Input::Change)), Some(0));
}

#[test]
fn a_failed_upload_is_tried_again_although_its_pause_ends_amid_other_business() {
    let mut bench = Bench::leading();
    bench.append_to(1);
    bench.handle(Input::Change);
    let upload = bench.handle(found(Some(source(0, 1))));
    assert!(upload.iter().any(|effect| matches!(effect, Effect::Upload(_))), "{upload:?}");
    bench.append_to(2);
    assert_eq!(asks_from(&bench.handle(Input::Change)), Some(1));
    bench.handle(found(None));
    let failed = Box::new(Err(UploadError::Local(io::Error::other("as told"))));
    assert_eq!(asks_from(&bench.handle(Input::Done(Box::new(Done::Uploaded { base: 0, result: failed })))), None);
    let due = bench.planner.wake_at(&bench.sight).expect("it will be tried again");
    bench.sight.now.at = due;
    // Neither time nor change: an answer that has nothing to do with it.
    let announced = *bench.planner.announced().expect("a version is announced");
    let after = bench.handle(Input::Done(Box::new(Done::Announced(announced, Ok(())))));
    assert_eq!(asks_from(&after), Some(0));
}

#[test]
fn what_was_begun_of_a_log_that_was_cut_becomes_garbage_and_nothing_is_begun_before_it_has_ended() {
    let mut bench = Bench::leading();
    bench.append_to(1);
    bench.handle(Input::Change);
    bench.handle(found(Some(source(0, 1))));
    bench.planner.uploads.forget();
    assert_eq!(asks_from(&bench.handle(Input::Change)), None, "its end could be taken for that of a new one");
    let (base, done) = finished(entry(0, 1));
    let of_old_log = Garbage::Object(done.entry.id());
    let ended = Done::Uploaded { base, result: Box::new(Ok(done)) };
    let mut effects = bench.handle(Input::Done(Box::new(ended)));
    assert_eq!(asks_from(&effects), Some(0));
    let fence = bench.newest.as_ref().map(|root| root.sequence);
    while let Some(effect) = effects.pop() {
        let done = bench.answer(effect);
        effects.extend(done.into_iter().flat_map(|done| bench.handle(Input::Done(Box::new(done)))));
    }
    let newest = bench.newest.unwrap();
    assert!(Some(newest.sequence) > fence, "a version tells of it");
    assert_eq!((newest.tiered_end, &newest.garbage[..]), (0, &[of_old_log][..]));
}
