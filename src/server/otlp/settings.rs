//! Where to send and how often, from the environment variables of OpenTelemetry's specification.

use std::collections::HashMap;
use std::time::Duration;

/// Longest wait for a collector's answer, where nobody says another.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Between two exports of metrics, where nobody says another.
const METRIC_INTERVAL: Duration = Duration::from_secs(60);
/// Between two exports of traces, where nobody says another.
const TRACE_INTERVAL: Duration = Duration::from_secs(5);
/// One request in so many is traced, where nobody says another share.
const SAMPLE_EVERY: u64 = 1000;

/// What an export needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtlpSettings {
    /// `None`: no metrics.
    pub(crate) metrics_url: Option<String>,
    /// `None`: no traces.
    pub(crate) traces_url: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Duration,
    pub(crate) metric_interval: Duration,
    pub(crate) trace_interval: Duration,
    /// One request in so many is traced; 0 traces slow ones only.
    pub(crate) sample_every: u64,
    /// Attributes of everything that is sent, `service.name` first.
    pub(crate) resource: Vec<(String, String)>,
}

impl OtlpSettings {
    /// The settings in `variables`; `None` where they name no collector or switch the export off.
    ///
    /// # Errors
    /// A variable that is set and cannot be followed.
    pub(crate) fn from_environment(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Option<Self>, String> {
        let otel = variables.into_iter().filter(|(name, value)| name.starts_with("OTEL_") && !value.trim().is_empty());
        let otel: HashMap<String, String> = otel.map(|(name, value)| (name, value.trim().to_owned())).collect();
        let get = |name: &str| otel.get(name).map(String::as_str);
        if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        if let Some(protocol) = get("OTEL_EXPORTER_OTLP_PROTOCOL").filter(|protocol| *protocol != "http/protobuf") {
            return Err(format!("OTEL_EXPORTER_OTLP_PROTOCOL: {protocol:?} is not spoken, http/protobuf is"));
        }
        let base = get("OTEL_EXPORTER_OTLP_ENDPOINT");
        let url = |signal: &str, path: &str| {
            let is_off = get(&format!("OTEL_{signal}_EXPORTER")) == Some("none");
            let own = get(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")).map(str::to_owned);
            let url = own.or_else(|| base.map(|base| format!("{}/{path}", base.trim_end_matches('/'))));
            match url.filter(|_| !is_off) {
                Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
                    Err(format!("OTEL_EXPORTER_OTLP_ENDPOINT: {url:?} begins with neither http:// nor https://"))
                }
                url => Ok(url),
            }
        };
        let (metrics_url, traces_url) = (url("METRICS", "v1/metrics")?, url("TRACES", "v1/traces")?);
        if metrics_url.is_none() && traces_url.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            metrics_url,
            traces_url,
            headers: pairs("OTEL_EXPORTER_OTLP_HEADERS", get("OTEL_EXPORTER_OTLP_HEADERS"))?,
            timeout: millis(get("OTEL_EXPORTER_OTLP_TIMEOUT"), TIMEOUT)?,
            metric_interval: millis(get("OTEL_METRIC_EXPORT_INTERVAL"), METRIC_INTERVAL)?,
            trace_interval: millis(get("OTEL_BSP_SCHEDULE_DELAY"), TRACE_INTERVAL)?,
            sample_every: sample_every(get("OTEL_TRACES_SAMPLER"), get("OTEL_TRACES_SAMPLER_ARG"))?,
            resource: resource(get("OTEL_SERVICE_NAME"), get("OTEL_RESOURCE_ATTRIBUTES"))?,
        }))
    }
}

fn millis(value: Option<&str>, default: Duration) -> Result<Duration, String> {
    let Some(value) = value else { return Ok(default) };
    match value.parse() {
        Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => Err(format!(
            "{value:?} is no number of milliseconds (OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_METRIC_EXPORT_INTERVAL, OTEL_BSP_SCHEDULE_DELAY)"
        )),
    }
}

/// `name=value,name=value`.
fn pairs(variable: &str, text: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let items = text.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| match item.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("{variable}: {item:?} is not of the form name=value")),
    };
    items.map(pair).collect()
}

fn sample_every(sampler: Option<&str>, share: Option<&str>) -> Result<u64, String> {
    match (sampler, share) {
        (Some("always_on" | "parentbased_always_on"), _) => Ok(1),
        (Some("always_off" | "parentbased_always_off"), _) => Ok(0),
        (None | Some("traceidratio" | "parentbased_traceidratio"), Some(text)) => match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => {
                Ok(if share == 0.0 { 0 } else { (1.0 / share).round() as u64 })
            }
            _ => Err(format!("OTEL_TRACES_SAMPLER_ARG: {text:?} is no share between 0 and 1")),
        },
        (None | Some("traceidratio" | "parentbased_traceidratio"), None) => Ok(SAMPLE_EVERY),
        (Some(other), _) => Err(format!("OTEL_TRACES_SAMPLER: {other:?} is not known")),
    }
}

fn resource(name: Option<&str>, attributes: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let mut attributes = pairs("OTEL_RESOURCE_ATTRIBUTES", attributes)?;
    let named = attributes.iter().position(|(key, _)| key == "service.name").map(|at| attributes.remove(at).1);
    let name = name.map(str::to_owned).or(named).unwrap_or_else(|| "esker".to_owned());
    attributes.insert(0, ("service.name".to_owned(), name));
    Ok(attributes)
}
