//! Google's and Azure's stores: what the environment must say, and the whole set of operations where it names a store to test with.

use crate::store::cloud::{CloudEnvironment, open_azure, open_google};
use crate::store::s3_test::{conformance, whole_objects};
use crate::store::{Backend, StoreErrorKind};
use std::sync::Arc;

fn environment(variables: &[(&str, &str)]) -> CloudEnvironment {
    CloudEnvironment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn refusal(opened: Result<Arc<dyn Backend>, crate::store::StoreError>) -> String {
    let error = opened.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Rejected);
    error.detail
}

#[test]
fn plain_http_must_be_asked_for() {
    let google = environment(&[("GOOGLE_BASE_URL", "http://10.0.0.1:1"), ("GOOGLE_SKIP_SIGNATURE", "true")]);
    assert!(refusal(open_google("bucket", "", &google)).contains("GOOGLE_ALLOW_HTTP"));
    let allowed =
        [("GOOGLE_BASE_URL", "http://10.0.0.1:1"), ("GOOGLE_SKIP_SIGNATURE", "true"), ("GOOGLE_ALLOW_HTTP", "true")];
    assert!(open_google("bucket", "p", &environment(&allowed)).is_ok());
    let azure = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "a"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
        ("AZURE_ENDPOINT", "http://10.0.0.1:1"),
    ];
    assert!(refusal(open_azure("container", "", &environment(&azure))).contains("AZURE_ALLOW_HTTP"));
}

#[test]
fn an_account_that_is_missing_or_wrong_is_said_before_anything_is_sent() {
    assert!(refusal(open_azure("container", "", &environment(&[]))).to_lowercase().contains("account"));
    let wrong = [("AZURE_STORAGE_ACCOUNT_NAME", "a"), ("AZURE_STORAGE_ACCOUNT_KEY", "not base 64!")];
    assert!(!refusal(open_azure("container", "", &environment(&wrong))).is_empty());
    let nowhere = environment(&[("GOOGLE_SERVICE_ACCOUNT", "/no/such/file.json")]);
    assert!(refusal(open_google("bucket", "", &nowhere)).contains("/no/such/file.json"));
}

#[test]
fn values_of_the_environment_stay_out_of_logs() {
    let shown = format!("{:?}", environment(&[("AZURE_STORAGE_ACCOUNT_KEY", "hidden"), ("HOME", "/")]));
    assert!(shown.contains("AZURE_STORAGE_ACCOUNT_KEY") && !shown.contains("hidden") && !shown.contains("HOME"));
}

/// Run by the suite of stores, which starts one and names a bucket in it; without that there is nothing to ask.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a store: integration/stores/run"]
async fn a_store_that_is_named_does_all_that_the_tier_needs() {
    let url = std::env::var("ESKER_TEST_STORE").expect("ESKER_TEST_STORE names a bucket");
    let environment = CloudEnvironment::new(std::env::vars());
    let backend = match url.parse::<crate::TierUrl>().unwrap() {
        crate::TierUrl::Google { bucket, prefix } => open_google(&bucket, &prefix, &environment).unwrap(),
        crate::TierUrl::Azure { container, prefix } => open_azure(&container, &prefix, &environment).unwrap(),
        other => panic!("{other:?} is tested elsewhere"),
    };
    if std::env::var("ESKER_TEST_STORE_PARTS").as_deref() == Ok("no") {
        whole_objects(&backend).await
    } else {
        conformance(backend).await
    }
}
