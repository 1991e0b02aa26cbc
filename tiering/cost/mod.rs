//! What the bucket costs: prices as a provider lists them, and what is stored and asked, as money a month.
//!
//! Providers sort requests into two classes: what writes or lists (A), what reads (B). Deletions cost nothing.

mod window;
#[cfg(test)]
mod window_test;

pub use window::CostWindow;

use crate::store::{Operation, RequestCount};
use std::ops::AddAssign;
use std::time::Duration;

/// A month as providers bill it: 730 hours.
pub const MONTH: Duration = Duration::from_secs(730 * 3600);

const GIB: f64 = (1u64 << 30) as f64;

/// What a provider asks, in whatever currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// For a GiB that is stored for a month.
    pub storage_gib_month: f64,
    /// For a thousand requests that write or list.
    pub class_a_thousand: f64,
    /// For a thousand requests that read.
    pub class_b_thousand: f64,
    /// For a GiB that leaves the bucket.
    pub egress_gib: f64,
}

/// What was asked of the store, as providers count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that write or list.
    pub class_a: u64,
    /// Requests that read.
    pub class_b: u64,
    /// Bytes that were read.
    pub egress_bytes: u64,
}

impl Usage {
    /// What these requests come to.
    pub fn of(rows: &[RequestCount]) -> Self {
        let mut usage = Self::default();
        for row in rows {
            match row.operation {
                Operation::Put | Operation::Create | Operation::List | Operation::Multipart | Operation::PutPart => {
                    usage.class_a += row.requests
                }
                Operation::Get => {
                    usage.class_b += row.requests;
                    usage.egress_bytes += row.bytes;
                }
                Operation::Delete => {}
            }
        }
        usage
    }

    fn since(self, earlier: Usage) -> Usage {
        Usage {
            class_a: self.class_a.saturating_sub(earlier.class_a),
            class_b: self.class_b.saturating_sub(earlier.class_b),
            egress_bytes: self.egress_bytes.saturating_sub(earlier.egress_bytes),
        }
    }

    /// What it costs a month to go on as in `period`.
    pub fn per_month(self, period: Duration, prices: &Prices) -> RequestCost {
        let months = period.as_secs_f64() / MONTH.as_secs_f64();
        if months <= 0.0 {
            return RequestCost::default();
        }
        RequestCost {
            class_a: self.class_a as f64 / 1000.0 * prices.class_a_thousand / months,
            class_b: self.class_b as f64 / 1000.0 * prices.class_b_thousand / months,
            egress: self.egress_bytes as f64 / GIB * prices.egress_gib / months,
        }
    }
}

impl Prices {
    /// What it costs a month to store so much.
    pub fn storage(&self, bytes: u64) -> f64 {
        bytes as f64 / GIB * self.storage_gib_month
    }
}

/// What requests cost a month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RequestCost {
    /// Those that write or list.
    pub class_a: f64,
    /// Those that read.
    pub class_b: f64,
    /// The bytes that leave the bucket.
    pub egress: f64,
}

impl RequestCost {
    /// All of it.
    pub fn sum(self) -> f64 {
        self.class_a + self.class_b + self.egress
    }
}

impl AddAssign for RequestCost {
    fn add_assign(&mut self, other: Self) {
        self.class_a += other.class_a;
        self.class_b += other.class_b;
        self.egress += other.egress;
    }
}
