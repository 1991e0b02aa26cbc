//! Which texts name a place for tiered segments.

use crate::tier_url::{TierUrl, parse_tier_url};

#[test]
fn files_may_be_named_in_four_ways() {
    for (text, path) in [
        ("file:/abs/path", "/abs/path"),
        ("file:///abs/path", "/abs/path"),
        ("file://localhost/abs/path", "/abs/path"),
        ("file:relative/path", "relative/path"),
        ("file:./esker-data/bucket", "./esker-data/bucket"),
    ] {
        assert_eq!(parse_tier_url(text), Ok(TierUrl::File { path: path.into() }), "{text}");
    }
    for text in ["file:", "file://", "file://relative", "/abs/path", "relative", ""] {
        assert!(parse_tier_url(text).is_err(), "{text}");
    }
}

#[test]
fn a_bucket_has_a_name_and_may_have_a_prefix() {
    let s3 = |bucket: &str, prefix: &str| Ok(TierUrl::S3 { bucket: bucket.into(), prefix: prefix.into() });
    assert_eq!(parse_tier_url("s3://bucket"), s3("bucket", ""));
    assert_eq!(parse_tier_url("s3://bucket/"), s3("bucket", ""));
    assert_eq!(parse_tier_url("s3://my-bucket.1/a/b/"), s3("my-bucket.1", "a/b"));
    let google = TierUrl::Google { bucket: "b".into(), prefix: "a".into() };
    assert_eq!(parse_tier_url("gs://b/a/"), Ok(google));
    let azure = TierUrl::Azure { container: "c".into(), prefix: String::new() };
    assert_eq!(parse_tier_url("az://c"), Ok(azure));
    assert!(parse_tier_url("az://k:s@c").unwrap_err().contains("AZURE_"));
    for text in [
        "s3:bucket",
        "s3://",
        "s3:///a",
        "s3://Bucket",
        "s3://b/a//b",
        "s3://b/../c",
        "s3://b/a?x",
        "s3://k:s@b",
        "s3://b b",
        "gs://k:s@b",
        "gs:b",
        "az://",
        "http://b",
    ] {
        assert!(parse_tier_url(text).is_err(), "{text}");
    }
}
