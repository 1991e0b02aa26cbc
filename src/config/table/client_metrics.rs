//! Keys of a client metrics subscription.

use super::*;

keys! { ClientMetrics:
    /// Time between two pushes of a client's metrics (KIP-714).
    "interval.ms": Int = "300000", Medium, ReadOnly, Millis, Honoured, any();
    /// Which clients are asked, name=pattern; all where empty.
    "match": List = "", Medium, ReadOnly, None, Honoured, list_or_empty();
    /// Prefixes of the metrics that are asked for.
    "metrics": List = "", Medium, ReadOnly, None, Honoured, list_or_empty();
}
