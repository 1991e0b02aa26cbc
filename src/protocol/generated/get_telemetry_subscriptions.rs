//! GetTelemetrySubscriptions (key 71): which metrics a client is asked to push (KIP-714).
//! Generated from `schema/get_telemetry_subscriptions.schema`.

use super::prelude::*;

/// Request of GetTelemetrySubscriptions, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GetTelemetrySubscriptionsRequest {
    pub client_instance_id: Uuid,
}

impl Decode for GetTelemetrySubscriptionsRequest {
    const MIN_SIZE: usize = 17;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { client_instance_id: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for GetTelemetrySubscriptionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.client_instance_id)?;
        to.tag_count(&[])
    }
}

impl Message for GetTelemetrySubscriptionsRequest {
    const NAME: &'static str = "GetTelemetrySubscriptionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for GetTelemetrySubscriptionsRequest {
    const KEY: ApiKey = ApiKey::GetTelemetrySubscriptions;
    type Response = GetTelemetrySubscriptionsResponse;
}

/// Response of GetTelemetrySubscriptions, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GetTelemetrySubscriptionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub client_instance_id: Uuid,
    pub subscription_id: i32,
    pub accepted_compression_types: Vec<i8>,
    pub push_interval_ms: i32,
    pub telemetry_max_bytes: i32,
    pub delta_temporality: bool,
    pub requested_metrics: Vec<StrBytes>,
}

impl Decode for GetTelemetrySubscriptionsResponse {
    const MIN_SIZE: usize = 38;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            client_instance_id: from.read()?,
            subscription_id: from.read()?,
            accepted_compression_types: from.read()?,
            push_interval_ms: from.read()?,
            telemetry_max_bytes: from.read()?,
            delta_temporality: from.read()?,
            requested_metrics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for GetTelemetrySubscriptionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.client_instance_id)?;
        to.put(&self.subscription_id)?;
        to.put(&self.accepted_compression_types)?;
        to.put(&self.push_interval_ms)?;
        to.put(&self.telemetry_max_bytes)?;
        to.put(&self.delta_temporality)?;
        to.put(&self.requested_metrics)?;
        to.tag_count(&[])
    }
}

impl Message for GetTelemetrySubscriptionsResponse {
    const NAME: &'static str = "GetTelemetrySubscriptionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for GetTelemetrySubscriptionsResponse {
    const KEY: ApiKey = ApiKey::GetTelemetrySubscriptions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
