//! The policy of docs/s3-permissions.md allows every request that is made, and nothing that is not needed.

use crate::store::open_s3;
use crate::store::s3_server::{BUCKET, S3Server};
use crate::store::s3_test::conformance;
use async_trait::async_trait;
use esker_env::Env;
use parking_lot::Mutex;
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Allows what IAM would allow, and remembers what was asked for.
#[derive(Clone)]
pub(crate) struct Policy {
    allowed: Arc<BTreeSet<String>>,
    used: Arc<Mutex<BTreeSet<String>>>,
}

/// The right that AWS asks for an operation.
fn action(operation: &str) -> String {
    let name = match operation {
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        "ListObjectsV2" => "ListBucket",
        "DeleteObjects" => "DeleteObject",
        other => other,
    };
    format!("s3:{name}")
}

#[async_trait]
impl S3Access for Policy {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let action = action(cx.s3_op().name());
        let allowed = self.allowed.contains(&action);
        self.used.lock().insert(action);
        if allowed { Ok(()) } else { Err(s3_error!(AccessDenied)) }
    }
}

/// The actions that the page's policy names.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../docs/s3-permissions.md");
    let policy = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let words = policy.split('"').filter(|word| word.starts_with("s3:") && *word != "s3:prefix");
    words.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_policy_is_what_the_tier_needs() {
    let policy = Policy { allowed: Arc::new(documented()), used: Arc::default() };
    let server = S3Server::start_with(true, Some(policy.clone())).await;
    let backend = open_s3(&Env::system(), BUCKET, "some/prefix", &server.options()).unwrap();
    conformance(backend).await;
    assert_eq!(*policy.used.lock(), *policy.allowed);
}
