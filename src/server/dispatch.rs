//! Connections speak to the API.

use crate::connection::Dispatch;
use bytes::Bytes;
use esker_api::{Api, Reply, Session};
use std::time::Duration;

impl Dispatch for Api {
    type Session = Session;

    fn dispatch(&self, session: &mut Session, frame: Bytes) -> Reply {
        Api::dispatch(self, session, frame)
    }

    fn overlaps(&self, frame: &[u8]) -> bool {
        Api::overlaps(frame)
    }

    fn sent(&self, key: i16, waited: Duration, sending: Duration) {
        self.metrics().count_connection(key, waited, sending);
    }
}
