//! Prints the reference of all keys: `config/REFERENCE.md`.

fn main() {
    print!("{}", esker_config::reference());
}
