//! Which requests are kept, and how many.

use crate::spans::{Kept, RequestSpan, Spans};
use esker_protocol::ApiKey;
use std::time::Duration;

const QUICK: Duration = Duration::from_micros(40);

fn span(client_id: &str) -> RequestSpan {
    RequestSpan {
        key: ApiKey::Metadata,
        version: 12,
        correlation_id: 1,
        client_id: client_id.to_owned(),
        peer: "127.0.0.1:1".parse().unwrap(),
        bytes: 40,
        ended_ms: 1_700_000_000_000,
        local: QUICK,
        total: QUICK,
        error: None,
        slow: false,
    }
}

#[test]
fn one_in_so_many_is_kept_and_every_slow_one() {
    let spans = Spans::new(10);
    let kept = (0..100).filter(|_| spans.wants(ApiKey::Produce, QUICK, QUICK).is_some()).count();
    assert_eq!(kept, 10);
    let second = Duration::from_secs(1);
    let none = Spans::new(0);
    assert_eq!(none.wants(ApiKey::Produce, QUICK, QUICK), None);
    assert_eq!(none.wants(ApiKey::Produce, QUICK, second), Some(Kept::Slow));
    assert_eq!(none.wants(ApiKey::Fetch, QUICK, second), None, "its client wanted to wait");
    assert_eq!(none.wants(ApiKey::Fetch, second, second), Some(Kept::Slow), "it did not wait, it worked");
}

#[test]
fn what_nobody_fetches_is_bounded() {
    let spans = Spans::new(1);
    (0..3000).for_each(|_| spans.keep(span("a")));
    assert_eq!((spans.take().len(), spans.dropped()), (2048, 952));
    assert_eq!(spans.take(), []);
    spans.keep(span(&"ü".repeat(400)));
    assert_eq!(spans.take()[0].client_id, "ü".repeat(128));
}
