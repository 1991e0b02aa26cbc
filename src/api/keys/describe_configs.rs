//! DescribeConfigs (32): what is configured, where that comes from, and what it would fall back to.
//!
//! Versions 1-4.
//! - 3: types and, where asked for, descriptions
//!
//! A resource of a kind that does not exist fails the request as a whole. This broker answers for itself and for the cluster's default; tools
//! ask each broker for its own.

use crate::access::Access;
use crate::answer::{Answer, Failure, Respond};
use crate::cluster_view::missing_topic;
use crate::config_words::{ResourceType, source_number, type_number};
use crate::session::RequestContext;
use crate::{Api, ErrorCode, LogLevels, Services};
use esker_config::{BrokerValues, ConfigMap, ConfigSource, DescribedConfig, Synonym, describe_client_metrics};
use esker_metadata::{AclOperation, ClusterImage, ConfigResource, ConfigResourceKind};
use esker_model::{BrokerId, validate_topic_name};
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use esker_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use std::collections::HashSet;

/// A small question can have a large answer: about this many bytes of it are gathered, and then no more.
const ANSWER_BYTES_MAX: usize = 64 << 20;

const MALFORMED: &str = "This most likely occurs because of a request being malformed by the client library or the \
                         message was sent to an incompatible broker. See the broker logs for more details.";

impl Respond for DescribeConfigsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|resource| resource.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeConfigsRequest,
) -> Answer<DescribeConfigsResponse> {
    let image = api.services.image.current();
    let values = api.services.configs.at(&image);
    let access = api.access(cx);
    let asked = Question {
        services: &api.services,
        access: &access,
        image: &image,
        values: &values,
        with_synonyms: request.include_synonyms,
        with_documentation: request.include_documentation && cx.version() >= 3,
        with_types: cx.version() >= 3,
    };
    let malformed =
        request.resources.iter().any(|resource| ResourceType::from_number(resource.resource_type).is_none());
    let results = gather(request.resources, ANSWER_BYTES_MAX, |resource| {
        if malformed { invalid(MALFORMED) } else { asked.describe(resource) }
    });
    Answer::Now(DescribeConfigsResponse { results, ..DescribeConfigsResponse::default() })
}

/// Describes one resource after the other until `bytes_max` is exceeded; the rest is refused.
pub(super) fn gather(
    resources: Vec<DescribeConfigsResource>,
    bytes_max: usize,
    mut describe: impl FnMut(&DescribeConfigsResource) -> Result<Vec<DescribeConfigsResourceResult>, Failure>,
) -> Vec<DescribeConfigsResult> {
    let mut bytes = 0;
    let answered = resources.into_iter().map(|resource| {
        let described = if bytes > bytes_max {
            let text = "The answer grows too large: ask for fewer resources at once.";
            Err(Failure::new(ErrorCode::PolicyViolation, text))
        } else {
            describe(&resource)
        };
        let result = result(resource, described);
        bytes += result.configs.iter().map(size).sum::<usize>();
        result
    });
    answered.collect()
}

fn result(
    resource: DescribeConfigsResource,
    described: Result<Vec<DescribeConfigsResourceResult>, Failure>,
) -> DescribeConfigsResult {
    let (failure, configs) = match described {
        Ok(configs) => (None, configs),
        Err(failure) => (Some(failure), Vec::new()),
    };
    let (error_code, error_message) = Failure::parts(failure);
    // Kafka sends an empty sentence where it has none, and tools print what they get.
    let error_message = Some(error_message.unwrap_or_default());
    let DescribeConfigsResource { resource_type, resource_name, .. } = resource;
    DescribeConfigsResult { error_code, error_message, resource_type, resource_name, configs }
}

/// About how many bytes a row takes, in memory and on the wire.
fn size(row: &DescribeConfigsResourceResult) -> usize {
    let text = |text: &Option<StrBytes>| text.as_ref().map_or(0, |text| text.len());
    let synonyms = row.synonyms.iter().map(|synonym| 32 + synonym.name.len() + text(&synonym.value)).sum::<usize>();
    64 + row.name.len() + text(&row.value) + text(&row.documentation) + synonyms
}

/// One request.
struct Question<'a> {
    services: &'a Services,
    access: &'a Access,
    image: &'a ClusterImage,
    values: &'a BrokerValues,
    with_synonyms: bool,
    with_documentation: bool,
    with_types: bool,
}

fn invalid<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::new(ErrorCode::InvalidRequest, text))
}

impl Question<'_> {
    fn describe(&self, resource: &DescribeConfigsResource) -> Result<Vec<DescribeConfigsResourceResult>, Failure> {
        let name = resource.resource_name.as_str();
        let kind = ResourceType::from_number(resource.resource_type);
        if let Some(kind) = kind {
            kind.check(self.access, AclOperation::DescribeConfigs, name)?;
        }
        let described = match kind {
            Some(ResourceType::Kept(kind)) => self.kept(kind, name)?,
            Some(ResourceType::BrokerLogger) => self.loggers(name)?,
            None => return invalid(MALFORMED),
        };
        let keys: Option<HashSet<&str>> = match &resource.configuration_keys {
            Some(keys) if !keys.is_empty() => Some(keys.iter().map(StrBytes::as_str).collect()),
            _ => None,
        };
        let wanted = |config: &DescribedConfig| keys.as_ref().is_none_or(|keys| keys.contains(config.name.as_str()));
        Ok(described.into_iter().filter(wanted).map(|config| self.row(config)).collect())
    }

    fn kept(&self, kind: ConfigResourceKind, name: &str) -> Result<Vec<DescribedConfig>, Failure> {
        let set = self.image.configs(&ConfigResource { kind, name: name.to_owned() });
        let none = ConfigMap::new();
        let overrides = set.map_or(&none, |set| &**set);
        match kind {
            ConfigResourceKind::Topic => {
                validate_topic_name(name)
                    .map_err(|error| Failure::new(ErrorCode::InvalidTopicException, error.to_string()))?;
                match self.image.topic_named(name) {
                    Some(_) => Ok(self.values.describe_topic(overrides)),
                    None => Err(missing_topic(name).into()),
                }
            }
            ConfigResourceKind::Broker if name.is_empty() => Ok(self.values.describe_cluster_default()),
            ConfigResourceKind::Broker => {
                let expected = self.services.node_id;
                let text = format!("Unexpected broker id, expected {expected} or empty string, but received {name}");
                self.check_own_id(name, text)?;
                Ok(self.values.describe_broker())
            }
            ConfigResourceKind::Group if name.is_empty() => invalid("Group name must not be empty"),
            ConfigResourceKind::Group => Ok(self.values.describe_group(overrides)),
            ConfigResourceKind::ClientMetrics if name.is_empty() => {
                invalid("Client metrics subscription name must not be empty")
            }
            ConfigResourceKind::ClientMetrics => Ok(describe_client_metrics(overrides)),
        }
    }

    fn loggers(&self, name: &str) -> Result<Vec<DescribedConfig>, Failure> {
        if name.is_empty() {
            return invalid("Broker id must not be empty");
        }
        let expected = self.services.node_id;
        self.check_own_id(name, format!("Unexpected broker id, expected {expected} but received {name}"))?;
        let logger = |(name, level): (&str, &str)| DescribedConfig {
            name: name.to_owned(),
            value: Some(level.to_owned()),
            source: ConfigSource::BrokerLogger,
            read_only: false,
            sensitive: false,
            kind: None,
            synonyms: Vec::new(),
            documentation: Some(""),
        };
        Ok(LogLevels::of_process().all().into_iter().map(logger).collect())
    }

    fn check_own_id(&self, name: &str, otherwise: String) -> Result<(), Failure> {
        match name.parse::<BrokerId>() {
            Ok(id) if id == self.services.node_id => Ok(()),
            Ok(_) => invalid(otherwise),
            Err(_) => invalid(format!("Broker id must be an integer, but it is: {name}")),
        }
    }

    fn row(&self, config: DescribedConfig) -> DescribeConfigsResourceResult {
        let synonym = |synonym: Synonym| DescribeConfigsSynonym {
            name: synonym.name.into(),
            value: synonym.value.map(StrBytes::from),
            source: source_number(synonym.source),
        };
        let synonyms = if self.with_synonyms { config.synonyms } else { Vec::new() };
        let documentation = config.documentation.filter(|_| self.with_documentation);
        DescribeConfigsResourceResult {
            name: config.name.into(),
            value: config.value.map(StrBytes::from),
            read_only: config.read_only,
            config_source: source_number(config.source),
            is_sensitive: config.sensitive,
            synonyms: synonyms.into_iter().map(synonym).collect(),
            config_type: if self.with_types { type_number(config.kind) } else { 0 },
            documentation: documentation.map(StrBytes::from_static),
        }
    }
}
