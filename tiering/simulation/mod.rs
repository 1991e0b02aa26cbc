//! The planner and the chain's writer in a seeded world: two or three brokers with logs of their own, one partition, one bucket.
//!
//! What is real: [`Planner`](crate::partition::Planner), [`ChainWriter`](crate::manifest::ChainWriter), the bytes of versions, retention walks,
//! the rules of sweeping and pruning. What is modelled: logs that replicas cut differently, elections clean and not, followers, high watermarks,
//! and a store that executes requests in any order, loses answers, and executes a sleeper's hours later. Every third seed lets the newest versions rot
//! and has them rebuilt by the product's own rules; every third one ends with the topic's deletion, cut short anywhere.
//!
//! [`Bucket`](bucket::Bucket) and [`World`](world::World) judge every step when it takes effect; what they hold against it stands there.

mod bucket;
mod cluster;
mod deletion;
mod dice;
mod effects;
mod log;
mod mutants;
mod repair;
mod simulation_test;
mod world;
