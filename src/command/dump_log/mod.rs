//! `esker dump-log`: shows what is in the files of a log directory, one line an entry, in the words of Kafka's dump tool.
//!
//! Nothing is written and nothing is locked, so that a running broker may be looked at. What is damaged is said in the
//! place where it is found; the command then ends with exit code 1.

mod indexes;
mod segment;
mod segment_reader;
mod small_files;
#[cfg(test)]
mod testing;

#[cfg(test)]
mod indexes_test;
#[cfg(test)]
mod segment_test;
#[cfg(test)]
mod small_files_test;

use esker_env::{Disk, Env};
use esker_model::Offset;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is shown, and of which files.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DumpLog {
    /// Segments (.log), their indexes (.index, .timeindex, .txnindex), producer snapshots (.snapshot), checkpoints,
    /// partition.metadata, meta.properties.
    #[arg(required_unless_present = "files", value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The same as FILE, separated by commas, as Kafka's tool takes them.
    #[arg(long, value_delimiter = ',', value_name = "FILE,...")]
    files: Vec<PathBuf>,
    /// Show each record with its key and its value.
    #[arg(long)]
    print_data_log: bool,
    /// Show each record of compressed batches too, without key and value.
    #[arg(long)]
    deep_iteration: bool,
    /// With --print-data-log: leave offset, time and sizes out.
    #[arg(long)]
    skip_record_metadata: bool,
    /// Stop in each segment after so many bytes.
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,
    /// Say only whether indexes fit their segments.
    #[arg(long)]
    verify_index_only: bool,
}

/// Why a file was not shown to its end.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The output is gone.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The file cannot be read or is not what its name says.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl DumpError {
    fn file(path: &Path, reason: impl ToString) -> Self {
        DumpError::File { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Whether everything that was looked at is sound.
type Sound = Result<bool, DumpError>;

/// Shows all files; exit code 1 where one is damaged or cannot be read.
pub fn run(options: &DumpLog) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut sound = true;
    for path in options.paths.iter().chain(&options.files) {
        match dump(&*Env::system().disk, path, options, &mut out) {
            Ok(file_is_sound) => sound &= file_is_sound,
            // Whoever reads has seen enough.
            Err(DumpError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => {
                sound = false;
                let _ = out.flush();
                eprintln!("esker dump-log: {error}");
            }
        }
    }
    match out.flush() {
        Ok(()) if sound => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Shows one file.
fn dump(disk: &dyn Disk, path: &Path, options: &DumpLog, out: &mut dyn Write) -> Sound {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    writeln!(out, "Dumping {}", path.display())?;
    let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
    if parent == esker_quorum::DIRECTORY {
        return Err(DumpError::file(path, "belongs to the metadata quorum, whose files are no partition's"));
    }
    if disk.stat(path).map_err(|error| DumpError::file(path, error))?.is_none() {
        return Err(DumpError::file(path, "there is no such file"));
    }
    match FileKind::of(&name) {
        Some(FileKind::Log(base)) => segment::dump(disk, path, base, options, out),
        Some(FileKind::OffsetIndex(base)) => indexes::dump_offsets(disk, path, base, options, out),
        Some(FileKind::TimeIndex(base)) => indexes::dump_times(disk, path, base, options, out),
        Some(FileKind::TxnIndex) => indexes::dump_transactions(disk, path, out),
        Some(FileKind::Snapshot) => small_files::dump_producers(disk, path, out),
        Some(FileKind::Epochs) => small_files::dump_epochs(disk, path, out),
        Some(FileKind::Offsets) => small_files::dump_offsets(disk, path, out),
        Some(FileKind::PartitionMetadata) => small_files::dump_partition_metadata(disk, path, out),
        Some(FileKind::Meta) => small_files::dump_meta(disk, path, out),
        None => Err(DumpError::file(path, "is not a file of a log directory, by its name")),
    }
}

/// What a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Log(Offset),
    OffsetIndex(Offset),
    TimeIndex(Offset),
    TxnIndex,
    Snapshot,
    Epochs,
    Offsets,
    PartitionMetadata,
    Meta,
}

impl FileKind {
    /// Files on their way out, or in, have their ending behind the ordinary name.
    fn of(name: &str) -> Option<Self> {
        let name =
            [".deleted", ".cleaned", ".swap"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        match name {
            "leader-epoch-checkpoint" => return Some(Self::Epochs),
            "recovery-point-offset-checkpoint"
            | "log-start-offset-checkpoint"
            | "replication-offset-checkpoint"
            | "cleaner-offset-checkpoint" => return Some(Self::Offsets),
            "partition.metadata" => return Some(Self::PartitionMetadata),
            "meta.properties" => return Some(Self::Meta),
            _ => {}
        }
        let (digits, ending) = name.split_once('.')?;
        let base: Offset = digits.parse().ok().filter(|base| *base >= 0)?;
        match ending {
            "log" => Some(Self::Log(base)),
            "index" => Some(Self::OffsetIndex(base)),
            "timeindex" => Some(Self::TimeIndex(base)),
            "txnindex" => Some(Self::TxnIndex),
            "snapshot" => Some(Self::Snapshot),
            _ => None,
        }
    }
}
