//! The sensors of one kind of quota: bounded in number, dropped when nobody uses them.

use super::SENSORS_MAX;
use super::limits::SensorKey;
use esker_env::Instant;
use std::collections::HashMap;
use std::time::Duration;

/// Silence after which a sensor is dropped, as in Kafka.
const SILENCE_MAX: Duration = Duration::from_secs(3600);

/// Time between two looks for sensors to drop.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Sensors by whose they are.
#[derive(Debug)]
pub(crate) struct Sensors<T> {
    sensors: HashMap<SensorKey, (Instant, T)>,
    /// Shared by all that come when there is no room.
    shared: Option<T>,
    swept: Option<Instant>,
}

impl<T> Default for Sensors<T> {
    fn default() -> Self {
        Self { sensors: HashMap::new(), shared: None, swept: None }
    }
}

impl<T> Sensors<T> {
    /// The sensor of `key`, made where there is none.
    pub fn get(&mut self, key: SensorKey, now: Instant, make: impl Fn() -> T) -> &mut T {
        self.sweep(now);
        if self.sensors.len() >= SENSORS_MAX && !self.sensors.contains_key(&key) {
            return self.shared.get_or_insert_with(make);
        }
        let (used, sensor) = self.sensors.entry(key).or_insert_with(|| (now, make()));
        *used = now;
        sensor
    }

    fn sweep(&mut self, now: Instant) {
        let swept = *self.swept.get_or_insert(now);
        if now.since(swept) >= SWEEP_INTERVAL {
            self.swept = Some(now);
            self.sensors.retain(|_, (used, _)| now.since(*used) < SILENCE_MAX);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.sensors.len()
    }
}
