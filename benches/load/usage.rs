//! CPU time and memory of a process, from /proc.

use std::io::{self, ErrorKind};

fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("/proc has no {what}"))
}

/// Seconds of CPU that all threads of the process have used, user and system.
pub fn cpu_seconds(pid: u32) -> io::Result<f64> {
    cpu_seconds_in(&format!("/proc/{pid}/stat"))
}

/// The same of the thread that asks.
pub fn thread_cpu_seconds() -> io::Result<f64> {
    cpu_seconds_in("/proc/thread-self/stat")
}

fn cpu_seconds_in(path: &str) -> io::Result<f64> {
    let stat = std::fs::read_to_string(path)?;
    // The name in parentheses may hold anything; the fields behind it are numbers.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| malformed("cpu time"))?;
    Ok((user + system) as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Memory of a process in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident, file-backed maps included.
    pub resident: u64,
    /// Resident and anonymous: heap and stacks.
    pub anonymous: u64,
    /// Highest `resident` since the start or the last [`reset_peak`].
    pub peak: u64,
}

/// Memory of the process now.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    };
    let all = || Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")?, peak: field("VmHWM:")? });
    all().ok_or_else(|| malformed("memory"))
}

/// Starts the peak of [`memory`] anew.
pub fn reset_peak(pid: u32) -> io::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

/// Runnable tasks in the last minute, over all cores.
pub fn machine_load() -> io::Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    text.split_whitespace().next().and_then(|load| load.parse().ok()).ok_or_else(|| malformed("load"))
}

/// Jiffies that the host took from this machine, and all jiffies, since the start.
pub fn stolen_and_total() -> io::Result<(u64, u64)> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let jiffies: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    let stolen = jiffies.get(7).ok_or_else(|| malformed("stolen time"))?;
    Ok((*stolen, jiffies.iter().take(8).sum()))
}

/// Lets all threads of the process run on one core only.
pub fn pin(pid: u32, core: usize) -> io::Result<()> {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(core);
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let name = task?.file_name();
        let id = name.to_str().and_then(|name| name.parse().ok()).and_then(rustix::process::Pid::from_raw);
        rustix::thread::sched_setaffinity(id, &cores)?;
    }
    Ok(())
}
