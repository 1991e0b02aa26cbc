//! SIGTERM and Ctrl-C: the first one stops cleanly, the second one at once.

use esker_env::Thread;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What shells report of a process that SIGTERM ended.
const ENDED_BY_SIGNAL: i32 = 128 + 15;

/// The signals of this process from here on. They are taken on a thread of their own: one that is stuck elsewhere cannot keep
/// the second signal from being obeyed.
pub struct Signals {
    asked: watch::Receiver<bool>,
    serving: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to take signals. Until [`Signals::serve`] the first one ends the process: there is nothing yet to stop.
    pub fn start() -> io::Result<Self> {
        let (ask, asked) = watch::channel(false);
        let serving = Arc::new(AtomicBool::new(false));
        let serves = Arc::clone(&serving);
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (mut terminate, mut interrupt) = {
            let _inside = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        Thread::start("signals", move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                    if !serves.load(Ordering::Acquire) || ask.send_replace(true) {
                        tracing::warn!("stopping at once");
                        process::exit(ENDED_BY_SIGNAL);
                    }
                    tracing::info!("stopping; a second signal stops at once");
                }
            });
        })?;
        Ok(Self { asked, serving })
    }

    /// From now on there is something to stop.
    pub fn serve(&self) {
        self.serving.store(true, Ordering::Release);
    }

    /// Completes at the first signal.
    pub async fn asked(&mut self) {
        // The sender lives as long as the process.
        let _ = self.asked.wait_for(|asked| *asked).await;
    }
}
