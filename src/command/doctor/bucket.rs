//! The bucket: whether it answers, what this broker may do there, and whether its clock agrees.

use super::finding::{Finding, Verdict};
use esker_config::Startup;
use esker_env::Env;
use esker_server::open_bucket;
use esker_tiering::bucket::{BucketAccess, Rights};
use tokio::runtime::Handle;

/// Clocks that differ by more are a fault: S3 refuses requests from a quarter of an hour on, retention by time goes wrong before that.
const SKEW_MAX_MS: i64 = 5_000;

/// Tries everything that a broker does there, with one object under `probe/`.
pub async fn check(startup: &Startup, env: &Env) -> Vec<Finding> {
    let Some(tier) = &startup.broker.tier else {
        return vec![Finding::judged("bucket", true, Verdict::Good, "no tier is configured", "")];
    };
    let where_to = "esker.tier.url, the esker.tier.s3.* keys, and the credentials in the AWS_* environment";
    let opened = open_bucket(startup, BucketAccess::Write, env, Handle::current());
    let bucket = match opened {
        Ok(Some(bucket)) => bucket,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let found = Finding::judged("bucket", false, Verdict::Wrong, error, "a bucket that can be opened");
            return vec![found.change(where_to)];
        }
    };
    let rights = bucket.try_rights().await;
    let mut findings: Vec<Finding> = rights
        .answers()
        .map(|(what, permission, answer)| {
            let name = format!("bucket: {what}");
            match answer {
                Ok(()) => Finding::judged(&name, true, Verdict::Wrong, format!("{} allows it", shown(&tier.url)), ""),
                Err(reason) => Finding::judged(&name, false, Verdict::Wrong, reason, format!("the right to {what}"))
                    .change(format!("{permission} for this broker; {where_to}")),
            }
        })
        .collect();
    findings.extend(skew(&rights));
    findings
}

fn shown(url: &esker_config::TierUrl) -> String {
    match url {
        esker_config::TierUrl::S3 { bucket, .. } | esker_config::TierUrl::Google { bucket, .. } => {
            format!("bucket {bucket}")
        }
        esker_config::TierUrl::Azure { container, .. } => format!("container {container}"),
        esker_config::TierUrl::File { path } => path.display().to_string(),
        esker_config::TierUrl::Memory => "memory".to_owned(),
    }
}

fn skew(rights: &Rights) -> Option<Finding> {
    let skew = rights.skew_ms?;
    let wanted = format!("{SKEW_MAX_MS} ms at most between this machine's clock and the store's");
    let found = format!("this machine's clock is {skew} ms off the store's");
    let finding = Finding::judged("clock", skew.abs() <= SKEW_MAX_MS, Verdict::Wrong, found, wanted);
    Some(finding.change("let chrony or systemd-timesyncd set the clock"))
}
