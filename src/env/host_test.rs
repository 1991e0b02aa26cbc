//! The machine has a name that an address can be made of.

#[test]
fn the_machine_has_a_name() {
    let name = crate::hostname();
    assert!(!name.is_empty() && !name.contains(char::is_whitespace), "{name:?}");
}

#[test]
fn the_kernel_s_files_are_read_whatever_length_they_state() {
    let mounts = super::read_kernel_file(std::path::Path::new("/proc/self/mountinfo")).unwrap();
    assert!(mounts.lines().count() > 1, "{mounts}");
    assert!(super::read_kernel_file(std::path::Path::new("/etc/hostname")).is_err());
}

#[test]
fn names_stand_for_addresses() {
    assert!(super::resolve_host("127.0.0.1").unwrap()[0].is_loopback());
    assert!(super::resolve_host("no such name").is_err());
}
