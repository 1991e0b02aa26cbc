//! The machine has a name that an address can be made of.

#[test]
fn the_machine_has_a_name() {
    let name = crate::hostname();
    assert!(!name.is_empty() && !name.contains(char::is_whitespace), "{name:?}");
}
