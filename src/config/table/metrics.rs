//! Metrics and telemetry.

use super::*;

keys! { Broker:
    /// Java classes that Kafka hands its metrics to; Esker serves /metrics instead.
    "metric.reporters": List = "org.apache.kafka.common.metrics.JmxReporter", Low, ClusterWide, None, Accepted, list_or_empty();
    /// Older list of such classes.
    "kafka.metrics.reporters": List = "", Low, ReadOnly, None, Accepted, list_or_empty();
    /// Time between two rounds of those reporters.
    "kafka.metrics.polling.interval.secs": Int = "10", Low, ReadOnly, Seconds, Accepted, at_least(1);
    /// Samples kept for a metric.
    "metrics.num.samples": Int = "2", Low, ReadOnly, None, Accepted, at_least(1);
    /// Length of one such sample.
    "metrics.sample.window.ms": Long = "30000", Low, ReadOnly, Millis, Accepted, at_least(1);
    /// Which metrics are recorded: INFO, DEBUG or TRACE.
    "metrics.recording.level": String = "INFO", Low, ReadOnly, None, Accepted, any();
    /// Most bytes in one push of a client's metrics, before and after decompression (KIP-714).
    "telemetry.max.bytes": Int = "1048576", Low, ReadOnly, Bytes, Honoured, at_least(1);
    /// Java classes that fetch values from elsewhere; this build can load none and refuses to start with one.
    "config.providers": List = "", Low, ClusterWide, None, Accepted, list_or_empty();
}
