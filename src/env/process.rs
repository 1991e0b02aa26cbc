//! What this process takes from the machine.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What the process takes at the moment. Zero stands for what the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    /// Memory that is backed by pages of the machine, in bytes.
    pub resident_bytes: u64,
    /// Addresses that are in use, in bytes.
    pub virtual_bytes: u64,
    /// Time that its threads have run, all together.
    pub cpu: Duration,
    /// Threads.
    pub threads: u64,
    /// Open file descriptors.
    pub open_files: u64,
    /// File descriptors that it may have open.
    pub open_files_max: u64,
}

impl ProcessUsage {
    /// Asks the system.
    pub fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            resident_bytes: field("VmRSS") << 10,
            virtual_bytes: field("VmSize") << 10,
            cpu: Duration::new(u64::try_from(cpu.tv_sec).unwrap_or(0), u32::try_from(cpu.tv_nsec).unwrap_or(0)),
            threads: field("Threads"),
            open_files: std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64),
            open_files_max: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
        }
    }
}

/// Has the process's memory backed by ordinary pages only. An allocator that asks for huge ones holds several times what it hands
/// out, which for a broker that mostly moves bytes of files buys nothing. A kernel that does not know the question changes nothing.
pub fn use_ordinary_pages() {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Lets the process open as many files as the system's administrator allows it; how many that are. Every connection and every
/// segment takes one, and the limit that shells set by default is for desktops.
pub fn raise_open_files_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { raised.current } else { limit.current };
    now.unwrap_or(u64::MAX)
}
