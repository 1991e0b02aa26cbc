//! Syncs many files at once: the file system's journal makes them durable together, one after the other it would not.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

const THREADS: usize = 16;

/// Threads that wait for files to sync.
pub(super) struct Syncer {
    files: Sender<Arc<File>>,
    results: Receiver<io::Result<()>>,
}

impl Syncer {
    pub fn start() -> Self {
        let (files, waiting) = channel::<Arc<File>>();
        let (done, results) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let (waiting, done) = (Arc::clone(&waiting), done.clone());
            // The threads end when the skeleton drops its end of the channel.
            std::thread::spawn(move || {
                while let Ok(file) = next(&waiting) {
                    if done.send(file.sync_data()).is_err() {
                        return;
                    }
                }
            });
        }
        Self { files, results }
    }

    /// Syncs all `files` and waits for the last.
    pub fn sync(&self, files: impl Iterator<Item = Arc<File>>) -> io::Result<()> {
        let gone = |_| io::Error::from(ErrorKind::BrokenPipe);
        let mut count = 0;
        for file in files {
            self.files.send(file).map_err(|_| ErrorKind::BrokenPipe)?;
            count += 1;
        }
        let mut result = Ok(());
        for _ in 0..count {
            result = result.and(self.results.recv().map_err(gone)?);
        }
        result
    }
}

fn next(waiting: &Mutex<Receiver<Arc<File>>>) -> Result<Arc<File>, std::sync::mpsc::RecvError> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv()
}
