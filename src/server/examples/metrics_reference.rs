//! Prints `config/METRICS.md`.

fn main() {
    print!("{}", esker_server::metrics_reference());
}
