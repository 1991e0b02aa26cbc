//! ApiVersions (18): what this broker speaks, and which features the cluster has finalised.
//!
//! Versions 0-4. The response's header has no tagged fields in any version.
//! - above 4: answered in version 0, with UNSUPPORTED_VERSION and the versions of this key (KIP-511)
//! - 3: the client names its software, which must look like a name; features (KIP-584), without those that begin at level 0,
//!   because old clients cannot read such a range (KAFKA-17011)
//! - 4: all supported features

use crate::answer::{Answer, Respond};
use crate::features::SUPPORTED_FEATURES;
use crate::keys::SERVED;
use crate::session::{ClientSoftware, RequestContext};
use crate::{Api, ErrorCode, Response};
use esker_metadata::ClusterImage;
use esker_protocol::messages::api_versions::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use esker_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use esker_protocol::{ApiKey, StrBytes, advertised_range};

impl Respond for ApiVersionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: ApiVersionsRequest) -> Answer<ApiVersionsResponse> {
    let (name, version) = (request.client_software_name, request.client_software_version);
    if cx.version() >= 3 {
        if !is_software_name(&name) || !is_software_name(&version) {
            return Answer::Now(failed(ErrorCode::InvalidRequest, Vec::new()));
        }
        cx.client.set_software(ClientSoftware { name: name.detach(), version: version.detach() });
    }
    let api_keys = SERVED.iter().filter(|key| api.is_on(**key)).map(|key| card(*key)).collect();
    let response = ApiVersionsResponse { api_keys, ..ApiVersionsResponse::default() };
    Answer::Now(match cx.version() {
        0..=2 => response,
        version => with_features(response, version, &api.services.image.current()),
    })
}

/// The answer to a version that does not exist yet.
pub(crate) fn unsupported_version(correlation_id: i32) -> Option<Response> {
    failed(ErrorCode::UnsupportedVersion, vec![card(ApiKey::ApiVersions)]).into_response(correlation_id, 0).ok()
}

fn failed(code: ErrorCode, api_keys: Vec<ApiVersion>) -> ApiVersionsResponse {
    ApiVersionsResponse { error_code: code.number(), api_keys, ..ApiVersionsResponse::default() }
}

fn card(key: ApiKey) -> ApiVersion {
    let range = advertised_range(key);
    ApiVersion { api_key: key.number(), min_version: range.min, max_version: range.max }
}

fn with_features(response: ApiVersionsResponse, version: i16, image: &ClusterImage) -> ApiVersionsResponse {
    let supported = SUPPORTED_FEATURES.iter().filter(|(_, min, _)| version >= 4 || *min > 0);
    let finalized: Vec<FinalizedFeatureKey> = image
        .features()
        .map(|(name, level)| FinalizedFeatureKey {
            name: name.into(),
            max_version_level: level,
            min_version_level: level,
        })
        .collect();
    ApiVersionsResponse {
        supported_features: supported
            .map(|&(name, min_version, max_version)| SupportedFeatureKey {
                name: StrBytes::from_static(name),
                min_version,
                max_version,
            })
            .collect(),
        finalized_features_epoch: image.offset(),
        finalized_features: finalized,
        ..response
    }
}

/// Whether a text can name software or its version: letters, digits, and within also dots and dashes.
fn is_software_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    outer(text.bytes().next()) && outer(text.bytes().next_back()) && text.bytes().all(inner)
}
