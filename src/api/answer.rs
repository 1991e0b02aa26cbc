//! What a handler returns, and how it becomes a frame.

use crate::{ErrorCode, Response};
use esker_config::{Rejection, RejectionKind};
use esker_protocol::frame::response_frame;
use esker_protocol::{EncodeError, Response as ResponseMessage, StrBytes};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::future::Future;
use std::time::Duration;

/// A handler's answer to one request.
pub(crate) enum Answer<T> {
    /// It is here.
    Now(T),
    /// It comes with a future, in which every wait has a deadline.
    Later(BoxFuture<'static, T>),
    /// None: the client asked for none, and all went well. It may have to pause all the same.
    Silent(Duration),
    /// None: the client asked for none, and something failed, which it is to notice by the end of the connection.
    Close,
}

impl<T> Answer<T> {
    /// An answer for which something must be waited.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Answer::Later(future.boxed())
    }

    /// An answer that may be here already.
    pub fn settle(future: impl Future<Output = T> + Send + 'static) -> Self {
        let mut future = future.boxed();
        match (&mut future).now_or_never() {
            Some(answer) => Answer::Now(answer),
            None => Answer::Later(future),
        }
    }
}

/// A message that can be sent as an answer.
pub(crate) trait Respond: ResponseMessage + Sized + Send + 'static {
    /// The error codes in it, each as often as it stands there, zeros included.
    fn error_codes(&self) -> impl Iterator<Item = i16>;

    /// The whole frame.
    ///
    /// # Errors
    /// A field that the version cannot carry: a mistake of the handler's.
    fn into_response(self, correlation_id: i32, version: i16) -> Result<Response, EncodeError> {
        Ok(Response::of(response_frame(correlation_id, version, &self)?.freeze()))
    }
}

/// Why something that was asked for did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The code.
    pub code: ErrorCode,
    /// The sentence for people; `None` leaves it to the client, which has one for every code.
    pub text: Option<String>,
}

impl Failure {
    /// A failure with a sentence.
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: Some(text.into()) }
    }

    /// The code's number and the sentence, as responses carry them; zero and null where nothing failed.
    pub fn parts(failure: Option<Failure>) -> (i16, Option<StrBytes>) {
        match failure {
            None => (0, None),
            Some(Failure { code, text }) => (code.number(), text.map(StrBytes::from)),
        }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self { code, text: None }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection.kind {
            RejectionKind::InvalidConfig => ErrorCode::InvalidConfig,
            RejectionKind::InvalidRequest => ErrorCode::InvalidRequest,
        };
        Self::new(code, rejection.text)
    }
}
