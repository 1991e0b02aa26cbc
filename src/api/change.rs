//! The way from a decision about access, credentials or quotas to what is answered once it is in effect.

use crate::answer::Failure;
use crate::{Api, ErrorCode};
use esker_metadata::ClusterImage;
use esker_security::{Change, Refusal, RefusalKind};

impl Api {
    /// Has the records of a decision committed, or with `validate_only` only says what it comes to.
    pub(crate) async fn commit<T: Send>(
        &self,
        validate_only: bool,
        decide: impl Fn(&ClusterImage) -> Result<Change<T>, Refusal> + Send,
    ) -> Result<T, Failure> {
        let limit = self.services.config.network.request_timeout;
        let outcome = self.services.controller.change(validate_only, limit, move |image| match decide(image) {
            Ok(change) => (change.records, Ok(change.answer)),
            Err(refusal) => (Vec::new(), Err(refusal)),
        });
        Ok(outcome.await??)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(code_of(refusal.kind), refusal.text)
    }
}

fn code_of(kind: RefusalKind) -> ErrorCode {
    match kind {
        RefusalKind::DuplicateResource => ErrorCode::DuplicateResource,
        RefusalKind::InvalidRequest => ErrorCode::InvalidRequest,
        RefusalKind::PolicyViolation => ErrorCode::PolicyViolation,
        RefusalKind::ResourceNotFound => ErrorCode::ResourceNotFound,
        RefusalKind::UnacceptableCredential => ErrorCode::UnacceptableCredential,
        RefusalKind::UnsupportedMechanism => ErrorCode::UnsupportedSaslMechanism,
        RefusalKind::UnsupportedVersion => ErrorCode::UnsupportedVersion,
    }
}
