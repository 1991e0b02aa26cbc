//! What the machine says of itself; in tests, what a test says.

use std::io;
use std::net::IpAddr;
use std::path::Path;

/// Where facts come from.
pub trait Facts {
    /// A file of the kernel's.
    fn kernel_file(&self, path: &str) -> io::Result<String>;
    /// Files that a process of this user may have open.
    fn open_files_max(&self) -> u64;
    /// The addresses of a name.
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;

    /// A kernel setting that is a number.
    fn setting(&self, name: &str) -> io::Result<u64> {
        let text = self.kernel_file(&format!("/proc/sys/{}", name.replace('.', "/")))?;
        text.trim()
            .parse()
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("{:?} is no number", text.trim())))
    }

    /// A line of `/proc/meminfo`, in bytes.
    fn memory(&self, name: &str) -> Option<u64> {
        let text = self.kernel_file("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    }
}

/// This machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemFacts;

impl Facts for SystemFacts {
    fn kernel_file(&self, path: &str) -> io::Result<String> {
        esker_env::read_kernel_file(Path::new(path))
    }

    fn open_files_max(&self) -> u64 {
        esker_env::raise_open_files_limit()
    }

    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        esker_env::resolve_host(host)
    }
}
