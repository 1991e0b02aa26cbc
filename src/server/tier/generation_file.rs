//! The generation under which this broker uses its bucket, as its own disk remembers it.
//!
//! ```text
//! <metadata.log.dir>/esker-tier/generation     version=1
//!                                              cluster.id=...
//!                                              generation=1
//!                                              claimed=true
//! ```
//! Written with `claimed=false` before the generation is claimed in the bucket and again once that is done: a broker that is
//! killed in between knows afterwards that the claim which it finds may be its own.

use esker_env::Disk;
use esker_model::ClusterId;
use std::io;
use std::path::{Path, PathBuf};

const LEN_MAX: u64 = 4 << 10;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) cluster: ClusterId,
    pub(super) generation: u32,
    /// Whether the claim is known to have succeeded.
    pub(super) claimed: bool,
}

pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("esker-tier").join("generation")
}

/// Reads what is remembered; `None` where nothing is.
pub(super) fn read(disk: &dyn Disk, data_dir: &Path) -> io::Result<Option<Remembered>> {
    let bytes = match disk.read_small(&path(data_dir), LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let parsed = String::from_utf8(bytes).ok().as_deref().and_then(parse);
    parsed.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "is damaged"))
}

fn parse(text: &str) -> Option<Remembered> {
    let value = |key: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    (value("version")? == "1").then_some(())?;
    Some(Remembered {
        cluster: value("cluster.id")?.parse().ok()?,
        generation: value("generation")?.parse().ok()?,
        claimed: value("claimed")?.parse().ok()?,
    })
}

/// Replaces what is remembered, durably.
pub(super) fn write(disk: &dyn Disk, data_dir: &Path, remembered: &Remembered) -> io::Result<()> {
    let Remembered { cluster, generation, claimed } = remembered;
    let text = format!("version=1\ncluster.id={cluster}\ngeneration={generation}\nclaimed={claimed}\n");
    let path = path(data_dir);
    if let Some(dir) = path.parent() {
        disk.create_dir_all(dir)?;
        disk.sync_dir(data_dir)?;
    }
    disk.replace_small(&path, text.as_bytes())
}
