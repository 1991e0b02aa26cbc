//! Every spelling of a tier URL that is documented, and what is said about the others.

use crate::url::{TierUrl, TierUrlError};

fn file(path: &str) -> Result<TierUrl, TierUrlError> {
    Ok(TierUrl::File(path.into()))
}

#[test]
fn files_are_absolute_or_relative() {
    assert_eq!("file:/abs/path".parse(), file("/abs/path"));
    assert_eq!("file:///abs/path".parse(), file("/abs/path"));
    assert_eq!("file:relative/path".parse(), file("relative/path"));
    assert_eq!("file:./esker-data/bucket".parse(), file("./esker-data/bucket"));
    assert!("file://host/path".parse::<TierUrl>().unwrap_err().to_string().contains("host"));
    assert!("file:".parse::<TierUrl>().is_err());
}

#[test]
fn buckets_have_a_name_and_perhaps_a_prefix() {
    let s3 = |bucket: &str, prefix: &str| Ok(TierUrl::S3 { bucket: bucket.into(), prefix: prefix.into() });
    assert_eq!("s3://bucket".parse::<TierUrl>(), s3("bucket", ""));
    assert_eq!("s3://bucket/".parse::<TierUrl>(), s3("bucket", ""));
    assert_eq!("s3://my.bucket/a/b/".parse::<TierUrl>(), s3("my.bucket", "a/b"));
    assert!("s3:///prefix".parse::<TierUrl>().is_err());
    assert!("s3:bucket".parse::<TierUrl>().is_err());
}

#[test]
fn other_clouds_are_known_by_their_scheme() {
    let google = TierUrl::Google { bucket: "bucket".into(), prefix: "x/y".into() };
    assert_eq!("gs://bucket/x/y/".parse(), Ok(google));
    let azure = TierUrl::Azure { container: "container".into(), prefix: String::new() };
    assert_eq!("az://container".parse(), Ok(azure));
    assert!("gs:///x".parse::<TierUrl>().is_err());
    assert!("az:container".parse::<TierUrl>().is_err());
    assert!(matches!("ftp://x".parse::<TierUrl>(), Err(TierUrlError::Unknown(_))));
    assert!(matches!("bucket".parse::<TierUrl>(), Err(TierUrlError::Unknown(_))));
    assert_eq!("memory:".parse(), Ok(TierUrl::Memory));
}
