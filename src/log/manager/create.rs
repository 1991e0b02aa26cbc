//! Creating, deleting and setting aside partitions.

use super::{LogManager, Place};
use crate::config::LogConfig;
use crate::dir::LogDir;
use crate::error::{DirectoryOffline, FileError, StorageError};
use crate::files::{partition_dir_name, retired_dir_name};
use crate::log::PartitionLog;
use crate::open::{OpenError, Remembered, open_log};
use crate::properties::write_topic_id;
use esker_model::{TopicIdPartition, TopicPartition};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// Why a partition cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// It is there, as part of another topic of the same name: that one must be deleted first.
    #[error("a log of another topic of that name is there: {0}")]
    OtherTopic(String),
    /// It is there, and its log could not be opened.
    #[error("the partition is there and offline: {0}")]
    Broken(Arc<OpenError>),
    /// Every directory is offline.
    #[error("every log directory is offline; the first: {0}")]
    NoDirectory(DirectoryOffline),
    /// Its files cannot be made.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Its files cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl LogManager {
    /// The log of a partition, created in the directory with the fewest partitions where it is not there. A log without a recorded topic id
    /// is taken for the topic's.
    pub fn get_or_create(
        &self,
        partition: &TopicIdPartition,
        config: Arc<LogConfig>,
    ) -> Result<Arc<PartitionLog>, CreateError> {
        if let Some(found) = self.find(partition)? {
            return Ok(found);
        }
        let _not_deleted_meanwhile = self.changing.read();
        let name = &partition.topic_partition;
        let dir = {
            let mut creating = self.creating.lock();
            self.created.wait_while(&mut creating, |creating| creating.contains_key(name));
            if let Some(found) = self.find(partition)? {
                return Ok(found);
            }
            let dir = self.least_used_dir(&creating)?;
            creating.insert(name.clone(), dir.path().to_owned());
            dir
        };
        let created = self.create_in(&dir, partition, config);
        if let Ok(log) = &created {
            self.places.write().insert(name.clone(), Place::Live(Arc::clone(log)));
        }
        self.creating.lock().remove(name);
        self.created.notify_all();
        created
    }

    fn find(&self, partition: &TopicIdPartition) -> Result<Option<Arc<PartitionLog>>, CreateError> {
        match self.places.read().get(&partition.topic_partition) {
            None => Ok(None),
            Some(Place::Broken { error, .. }) => Err(CreateError::Broken(Arc::clone(error))),
            Some(Place::Live(log)) => match log.topic_id() {
                Some(id) if id != partition.topic_id => Err(CreateError::OtherTopic(id.to_string())),
                _ => Ok(Some(Arc::clone(log))),
            },
        }
    }

    fn least_used_dir(&self, creating: &HashMap<TopicPartition, PathBuf>) -> Result<Arc<LogDir>, CreateError> {
        // Counting looks at every partition: not for the choice among one.
        if let [only] = &self.dirs[..]
            && only.offline().is_none()
        {
            return Ok(Arc::clone(only));
        }
        let mut counts: BTreeMap<&std::path::Path, usize> = BTreeMap::new();
        let places = self.places.read();
        for place in places.values() {
            *counts.entry(Self::disk_path_of(place).0.path()).or_default() += 1;
        }
        for path in creating.values() {
            *counts.entry(path).or_default() += 1;
        }
        let online = self.dirs.iter().filter(|dir| dir.offline().is_none());
        let least = online.min_by_key(|dir| counts.get(dir.path()).copied().unwrap_or(0));
        match (least, self.offline_dirs().into_iter().next()) {
            (Some(dir), _) => Ok(Arc::clone(dir)),
            (None, Some(offline)) => Err(CreateError::NoDirectory(offline)),
            (None, None) => Err(CreateError::Storage(StorageError::Closed)),
        }
    }

    fn create_in(
        &self,
        dir: &Arc<LogDir>,
        partition: &TopicIdPartition,
        config: Arc<LogConfig>,
    ) -> Result<Arc<PartitionLog>, CreateError> {
        let name = &partition.topic_partition;
        dir.forget(std::slice::from_ref(name))?;
        let (disk, path) = (&*self.shared.env.disk, dir.path().join(partition_dir_name(name)));
        let failed = |error: FileError| {
            CreateError::Storage(if error.is_full() { StorageError::Full(error) } else { dir.fail_with(error) })
        };
        let created = disk.create_dir_all(&path).map_err(|error| FileError::new(&path, error));
        created.and_then(|()| write_topic_id(disk, &path, partition.topic_id)).map_err(failed)?;
        dir.mark_names_dirty();
        let new = Remembered { clean: false, recovery_point: Some(0), log_start: None, high_watermark: None };
        Ok(open_log(dir, name, &path, config, new)?)
    }

    /// Deletes partitions, durably: their directories are renamed at once and removed after `delay_ms`. Reads that are under way finish. Partitions
    /// that are not here are passed over.
    pub fn delete(&self, partitions: &[TopicPartition], delay_ms: i64) -> Result<(), StorageError> {
        self.retire(partitions, "delete", Some(delay_ms))
    }

    /// Sets partitions aside that the cluster does not expect here: their directories get the ending `-stray` and stay.
    pub fn set_aside(&self, partitions: &[TopicPartition]) -> Result<(), StorageError> {
        self.retire(partitions, "stray", None)
    }

    fn retire(&self, partitions: &[TopicPartition], what: &str, delay_ms: Option<i64>) -> Result<(), StorageError> {
        let _one_at_a_time = self.changing.write();
        let mut touched: Vec<(Arc<LogDir>, Vec<TopicPartition>)> = Vec::new();
        for partition in partitions {
            let Some(place) = self.places.write().remove(partition) else { continue };
            let (dir, from) = Self::disk_path_of(&place);
            dir.check()?;
            if let Place::Live(log) = &place {
                log.retire();
            }
            let to = dir.path().join(retired_dir_name(partition, self.shared.env.random.uuid(), what));
            let renamed = self.shared.env.disk.rename(from, &to);
            renamed.map_err(|error| dir.fail_with(FileError::new(from, error)))?;
            if let Some(delay_ms) = delay_ms {
                dir.throw_away(to, true, delay_ms);
            }
            match touched.iter_mut().find(|(known, _)| Arc::ptr_eq(known, dir)) {
                Some((_, gone)) => gone.push(partition.clone()),
                None => touched.push((Arc::clone(dir), vec![partition.clone()])),
            }
        }
        for (dir, gone) in touched {
            // The names first: a partition that comes back must come back with what is known of it.
            dir.mark_names_dirty();
            dir.sync_names().map_err(|error| dir.fail_with(error))?;
            dir.forget(&gone)?;
        }
        Ok(())
    }
}
