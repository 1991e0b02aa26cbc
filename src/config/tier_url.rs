//! Where the tier lies: `esker.tier.url`.

use std::path::PathBuf;

/// A place for tiered segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierUrl {
    /// `s3://bucket/prefix`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// `gs://bucket/prefix`, of Google Cloud Storage.
    Google {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// `az://container/prefix`, of Azure Blob Storage.
    Azure {
        /// The container; its account comes from the environment.
        container: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// `file:/path`, `file:///path` or `file:relative/path`.
    File {
        /// The directory.
        path: PathBuf,
    },
    /// `memory:`, for tests: gone with the process.
    Memory,
}

/// Reads a URL. The error does not repeat it, because people put keys into URLs.
pub(crate) fn parse_tier_url(text: &str) -> Result<TierUrl, String> {
    let (scheme, rest) = text.split_once(':').ok_or("not a URL: there is no scheme")?;
    match scheme {
        "s3" => parse_bucket(scheme, rest).map(|(bucket, prefix)| TierUrl::S3 { bucket, prefix }),
        "gs" => parse_bucket(scheme, rest).map(|(bucket, prefix)| TierUrl::Google { bucket, prefix }),
        "az" => parse_bucket(scheme, rest).map(|(container, prefix)| TierUrl::Azure { container, prefix }),
        "file" => {
            let path = rest.strip_prefix("//localhost/").map(|path| format!("/{path}"));
            let path = path.unwrap_or_else(|| match rest.strip_prefix("//") {
                Some(path) => path.to_owned(),
                None => rest.to_owned(),
            });
            if rest.starts_with("//") && !path.starts_with('/') {
                return Err("file:// must be followed by an absolute path; write file:relative/path".to_owned());
            }
            if path.is_empty() {
                return Err("there is no path after file:".to_owned());
            }
            Ok(TierUrl::File { path: PathBuf::from(path) })
        }
        "memory" => Ok(TierUrl::Memory),
        _ => Err("unknown scheme".to_owned()),
    }
}

fn parse_bucket(scheme: &str, rest: &str) -> Result<(String, String), String> {
    let rest = rest.strip_prefix("//").ok_or_else(|| format!("write {scheme}://bucket/prefix"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains('@') {
        let instead = match scheme {
            "gs" => "the GOOGLE_* environment",
            "az" => "the AZURE_* environment",
            _ => "esker.tier.s3.access.key.id and esker.tier.s3.secret.access.key, or the AWS_* environment",
        };
        return Err(format!("credentials do not belong into the URL; set {instead}"));
    }
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    if bucket.is_empty() || bucket.len() > 255 || !bucket.bytes().all(legal) {
        return Err("the bucket's name must be made of a-z, 0-9, '-', '.' and '_'".to_owned());
    }
    let prefix = prefix.trim_matches('/');
    let legal = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['?', '#', '\\']);
    if !prefix.is_empty() && !prefix.split('/').all(legal) {
        return Err("the prefix must be plain names between single slashes".to_owned());
    }
    Ok((bucket.to_owned(), prefix.to_owned()))
}
