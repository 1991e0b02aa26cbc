//! A machine as a test wants it.

use super::facts::Facts;
use super::finding::{Finding, Verdict};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

/// Facts by name; what is not set is not there.
pub struct Machine {
    files: BTreeMap<String, String>,
    pub open_files: u64,
}

impl Machine {
    /// One that is set up as it should be.
    pub fn good() -> Self {
        let mut machine = Self { files: BTreeMap::new(), open_files: 1_000_000 };
        let settings = [
            ("vm.max_map_count", "1048576"),
            ("vm.swappiness", "1"),
            ("vm.dirty_background_bytes", "0"),
            ("vm.dirty_background_ratio", "5"),
            ("vm.dirty_bytes", "0"),
            ("vm.dirty_ratio", "40"),
            ("vm.overcommit_memory", "0"),
        ];
        settings.iter().for_each(|(name, value)| machine.set(name, value));
        machine.file("/proc/meminfo", "MemTotal:       16000000 kB\nSwapTotal:       1000000 kB\n");
        machine
    }

    pub fn set(&mut self, setting: &str, value: &str) {
        self.file(&format!("/proc/sys/{}", setting.replace('.', "/")), &format!("{value}\n"));
    }

    pub fn file(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }
}

impl Facts for Machine {
    fn kernel_file(&self, path: &str) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open_files_max(&self) -> u64 {
        self.open_files
    }

    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        host.parse().map(|ip| vec![ip]).map_err(|_| io::ErrorKind::NotFound.into())
    }
}

/// Names and verdicts of what is not good.
pub fn faults(findings: &[Finding]) -> Vec<(&str, Verdict)> {
    let bad = findings.iter().filter(|finding| finding.verdict != Verdict::Good);
    bad.map(|finding| (finding.name.as_str(), finding.verdict)).collect()
}
