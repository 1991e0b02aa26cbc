//! Why a command ends early, and the exit code that says so.

use esker_tiering::bucket::BucketError;
use esker_tiering::{SnapshotError, StoreError, StoreErrorKind};
use std::io;
use std::process::ExitCode;

/// See the module.
#[derive(Debug)]
pub enum Failure {
    /// What was asked for is damaged or not there.
    Bad(String),
    /// Nobody knows: the configuration is wrong or the store does not answer.
    Unanswered(String),
    /// Whoever reads has seen enough, or the output cannot be written.
    Output(io::Error),
}

/// Exit code of a question that could not be answered.
const UNANSWERED: u8 = 2;

impl Failure {
    /// Says it, and gives the exit code.
    pub fn tell(&self) -> ExitCode {
        match self {
            Failure::Bad(reason) => {
                eprintln!("esker tier: {reason}");
                ExitCode::FAILURE
            }
            Failure::Unanswered(reason) => {
                eprintln!("esker tier: {reason}");
                ExitCode::from(UNANSWERED)
            }
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Failure::Output(error) => {
                eprintln!("esker tier: the output cannot be written: {error}");
                ExitCode::from(UNANSWERED)
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::NotFound | StoreErrorKind::Damaged => Failure::Bad(error.to_string()),
            _ => Failure::Unanswered(error.to_string()),
        }
    }
}

impl From<BucketError> for Failure {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Store(error) => error.into(),
            error => Failure::Bad(error.to_string()),
        }
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Store(error) => error.into(),
            error => Failure::Bad(error.to_string()),
        }
    }
}
