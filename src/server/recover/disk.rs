//! The broker's directories before, while and after a recovery.
//!
//! ```text
//! <metadata.log.dir>/esker-tier/recovering      there while a recovery is under way; its text says of which cluster
//! ```

use super::RecoveryError;
use esker_config::BrokerConfig;
use esker_coordinator::group::OFFSETS_TOPIC;
use esker_env::Disk;
use esker_model::ClusterId;
use esker_quorum::DIRECTORY;
use std::io;
use std::path::{Path, PathBuf};

/// Names that an empty directory may hold: what file systems put there, and the tier's own folder.
const HARMLESS: [&str; 1] = ["lost+found"];
/// The tier's own folder in the metadata directory.
const TIER_DIRECTORY: &str = "esker-tier";

fn mark(data_dir: &Path) -> PathBuf {
    data_dir.join(TIER_DIRECTORY).join("recovering")
}

fn failed(path: &Path) -> impl Fn(io::Error) -> RecoveryError {
    let path = path.to_owned();
    move |error| RecoveryError::Disk { path: path.clone(), error }
}

/// The mark of a recovery that was begun and not ended, where there is one.
pub(crate) fn check_no_recovery_is_open(disk: &dyn Disk, data_dir: &Path) -> Result<(), PathBuf> {
    match disk.stat(&mark(data_dir)) {
        Ok(Some(_)) => Err(mark(data_dir)),
        _ => Ok(()),
    }
}

fn names(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, RecoveryError> {
    match disk.list_described(dir, &|_| false) {
        Ok(entries) => Ok(entries.into_iter().map(|entry| entry.name).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(dir)(error)),
    }
}

/// Sees that nothing is in the directories, apart from what a recovery that was cut short has left.
pub(super) fn check_empty(disk: &dyn Disk, broker: &BrokerConfig) -> Result<(), RecoveryError> {
    let resumes = check_no_recovery_is_open(disk, &broker.metadata_log_dir).is_err();
    for dir in broker.log_dirs.iter().chain([&broker.metadata_log_dir]) {
        let is_metadata = |name: &str| *dir == broker.metadata_log_dir && [TIER_DIRECTORY, DIRECTORY].contains(&name);
        let is_ours = |name: &str| resumes && (is_metadata(name) || is_of_offsets(name));
        let names = names(disk, dir)?;
        if let Some(name) = names.into_iter().find(|name| !HARMLESS.contains(&name.as_str()) && !is_ours(name)) {
            return Err(RecoveryError::NotEmpty { dir: dir.clone(), name });
        }
    }
    Ok(())
}

/// Whether writing the offsets' logs makes such a file in a log directory.
fn is_of_offsets(name: &str) -> bool {
    let of_partition = name.strip_prefix(OFFSETS_TOPIC).is_some_and(|rest| rest.starts_with('-'));
    of_partition || name == ".lock" || name == "meta.properties" || name.ends_with("-checkpoint")
}

/// Says, durably, that a recovery is under way, and removes what an earlier one may have written.
pub(super) fn begin(disk: &dyn Disk, broker: &BrokerConfig, cluster: &ClusterId) -> Result<(), RecoveryError> {
    let data_dir = broker.metadata_log_dir.as_path();
    let mark = mark(data_dir);
    let tier = data_dir.join(TIER_DIRECTORY);
    disk.create_dir_all(&tier).map_err(failed(&tier))?;
    disk.sync_dir(data_dir).map_err(failed(data_dir))?;
    disk.replace_small(&mark, format!("cluster.id={cluster}\n").as_bytes()).map_err(failed(&mark))?;
    for dir in &broker.log_dirs {
        for name in names(disk, dir)?.into_iter().filter(|name| name.starts_with(OFFSETS_TOPIC)) {
            let path = dir.join(name);
            disk.remove_dir_all(&path).map_err(failed(&path))?;
        }
    }
    let metadata = data_dir.join(DIRECTORY);
    match disk.remove_dir_all(&metadata) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&metadata)(error)),
        _ => disk.sync_dir(data_dir).map_err(failed(data_dir)),
    }
}

/// Takes the mark away: everything is written.
pub(super) fn end(disk: &dyn Disk, data_dir: &Path) -> Result<(), RecoveryError> {
    let mark = mark(data_dir);
    disk.remove_file(&mark).map_err(failed(&mark))?;
    let tier = data_dir.join(TIER_DIRECTORY);
    disk.sync_dir(&tier).map_err(failed(&tier))
}
