//! How full a file system may become. Pure: room in, a verdict out.
//!
//! Below the low mark the oldest local segments that are in the tier go, whatever their topics may keep; below the least that must stay free
//! clients' records are refused, so that what the broker itself has to write, checkpoints and metadata, still finds room. Both end by
//! themselves, a little above their marks, so that neither comes and goes with every segment.

use esker_env::DiskSpace;

/// The two water marks of a broker's log directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskMarks {
    /// `esker.disk.free.low.bytes`: with less room than this, tiered segments go. At most a tenth of a file system.
    pub low_bytes: u64,
    /// `esker.disk.free.min.bytes`: with less room than this, clients' records are refused. At most a twentieth.
    pub min_bytes: u64,
}

impl DiskMarks {
    /// No marks: nothing goes and nothing is refused before the disk is full.
    pub const NONE: DiskMarks = DiskMarks { low_bytes: 0, min_bytes: 0 };

    /// Judges a file system; `refuses` says whether records are refused already.
    pub(crate) fn judge(self, space: DiskSpace, refuses: bool) -> Pressure {
        let low = self.low_bytes.min(space.total / 10);
        let min = self.min_bytes.min(space.total / 20);
        let needed = if refuses { min + min / 8 } else { min };
        let excess = if space.available < low { low + low / 8 - space.available } else { 0 };
        Pressure { refuses: space.available < needed, excess }
    }
}

/// What a file system's room demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pressure {
    /// Whether clients' records are refused.
    pub(crate) refuses: bool,
    /// Bytes that should become free.
    pub(crate) excess: u64,
}
