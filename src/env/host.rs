//! What this machine is called, what its kernel is set to, and where others are.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;

/// The machine's name, with which a listener without a host is advertised; `localhost` where it has none.
pub fn hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// A file of the kernel's own file system, as text. Its length is not known before it is read.
///
/// # Errors
/// The kernel has no such file, or does not show it.
pub fn read_kernel_file(path: &Path) -> io::Result<String> {
    if !path.starts_with("/proc") && !path.starts_with("/sys") {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file of the kernel"));
    }
    std::fs::read_to_string(path)
}

/// The addresses that a name stands for, as this machine's resolver knows them. Blocks.
///
/// # Errors
/// The resolver knows none or does not answer.
pub fn resolve_host(host: &str) -> io::Result<Vec<IpAddr>> {
    Ok((host, 0).to_socket_addrs()?.map(|address: SocketAddr| address.ip()).collect())
}
