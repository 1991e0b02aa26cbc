//! `esker.tier.url`: where the bucket is.

use std::path::PathBuf;

/// What a tier URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierUrl {
    /// A directory of this machine, created where it is missing.
    File(PathBuf),
    /// A bucket of S3 or of what speaks like it.
    S3 {
        /// The bucket.
        bucket: String,
        /// What every key begins with, without slashes at its ends.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Google {
        /// The bucket.
        bucket: String,
        /// What every key begins with, without slashes at its ends.
        prefix: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// The container; the account comes from the environment.
        container: String,
        /// What every key begins with, without slashes at its ends.
        prefix: String,
    },
    /// A store that ends with the process.
    Memory,
}

/// Why a text is not a tier URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TierUrlError {
    /// Nothing we know.
    #[error(
        "{0:?} is not a tier URL: file:/path, s3://bucket/prefix, gs://bucket/prefix, az://container/prefix and memory: are"
    )]
    Unknown(String),
    /// The scheme is known and something behind it is missing or wrong.
    #[error("the tier URL {url:?} is wrong: {what}")]
    Wrong {
        /// The URL.
        url: String,
        /// What about it.
        what: &'static str,
    },
}

impl std::str::FromStr for TierUrl {
    type Err = TierUrlError;

    fn from_str(url: &str) -> Result<Self, TierUrlError> {
        let wrong = |what| TierUrlError::Wrong { url: url.to_owned(), what };
        let Some((scheme, rest)) = url.trim().split_once(':') else {
            return Err(TierUrlError::Unknown(url.to_owned()));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => {
                // file:///abs has an empty authority; file:/abs and file:relative have none.
                let path = match rest.strip_prefix("//") {
                    Some(path) if path.starts_with('/') => path,
                    Some(_) => return Err(wrong("a host is named, and only local directories can be")),
                    None => rest,
                };
                if path.is_empty() { Err(wrong("no directory is named")) } else { Ok(Self::File(path.into())) }
            }
            "s3" | "s3a" => {
                let (bucket, prefix) = bucket_in(rest).map_err(wrong)?;
                Ok(Self::S3 { bucket, prefix })
            }
            "gs" => {
                let (bucket, prefix) = bucket_in(rest).map_err(wrong)?;
                Ok(Self::Google { bucket, prefix })
            }
            "az" => {
                let (container, prefix) = bucket_in(rest).map_err(wrong)?;
                Ok(Self::Azure { container, prefix })
            }
            "memory" if rest.trim_matches('/').is_empty() => Ok(Self::Memory),
            _ => Err(TierUrlError::Unknown(url.to_owned())),
        }
    }
}

/// Bucket and prefix of what follows on a scheme.
fn bucket_in(rest: &str) -> Result<(String, String), &'static str> {
    let rest = rest.strip_prefix("//").ok_or("two slashes must follow on the scheme")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        return Err("no bucket is named");
    }
    Ok((bucket.to_owned(), prefix.trim_matches('/').to_owned()))
}
