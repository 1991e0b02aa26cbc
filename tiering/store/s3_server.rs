//! An S3 server in this process for tests: s3s-fs, with or without a lock on conditional creates.
//!
//! s3s-fs checks whether the key exists and then writes, so two creates can both succeed. Behind the lock it keeps the promise that the
//! manifest chain needs; without it, it is the bad store that the probe must refuse.

use hyper::header::IF_NONE_MATCH;
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::access::S3Access;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) const ACCESS_KEY: &str = "esker-test";
pub(crate) const SECRET_KEY: &str = "esker-test-secret";
pub(crate) const BUCKET: &str = "esker-bucket";

/// A running server; it ends with the runtime.
pub(crate) struct S3Server {
    pub(crate) address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl S3Server {
    pub(crate) async fn start(locks_creates: bool) -> Self {
        Self::start_with(locks_creates, None::<super::s3_policy_test::Policy>).await
    }

    /// A server that asks `access` before every request.
    pub(crate) async fn start_with(locks_creates: bool, access: Option<impl S3Access>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        esker_env::Env::system().disk.create_dir_all(&dir.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(dir.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        if let Some(access) = access {
            builder.set_access(access);
        }
        let service = builder.build();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        esker_env::spawn(serve(listener, service, locks_creates));
        Self { address, _dir: dir }
    }

    pub(crate) fn options(&self) -> crate::S3Options {
        let environment = [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        crate::S3Options::default().with_environment(environment)
    }
}

async fn serve(listener: tokio::net::TcpListener, service: S3Service, locks_creates: bool) {
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    while let Ok((socket, _)) = listener.accept().await {
        let (service, lock) = (service.clone(), Arc::clone(&lock));
        let handler = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let (service, lock) = (service.clone(), Arc::clone(&lock));
            async move {
                let is_create = locks_creates && request.headers().contains_key(IF_NONE_MATCH);
                let _locked = if is_create { Some(lock.lock().await) } else { None };
                service.call(request.map(s3s::Body::from)).await
            }
        });
        esker_env::spawn(async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(socket), handler).await;
        });
    }
}
