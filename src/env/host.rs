//! What this machine is called.

/// The machine's name, with which a listener without a host is advertised; `localhost` where it has none.
pub fn hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}
