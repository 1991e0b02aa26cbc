//! The cache stays within its bytes and forgets what was not used for longest.

use crate::manifest::test_roots::{HOME, root_with};
use crate::meta_cache::MetaCache;
use crate::object::TrailerHead;
use std::sync::Arc;
use uuid::Uuid;

#[test]
fn the_least_recently_used_goes_first_and_the_bound_holds() {
    let cache = MetaCache::new(10_000);
    for number in 0..100 {
        cache.insert_head(Uuid::from_u128(number), Arc::new(TrailerHead::default()));
        assert!(cache.head(Uuid::from_u128(0)).is_some(), "used again each time");
        assert!(cache.bytes() <= 10_000);
    }
    assert!(cache.head(Uuid::from_u128(1)).is_none());
    assert!(cache.head(Uuid::from_u128(99)).is_some());
    let mut root = root_with(500, 1);
    cache.insert_root(Arc::new(root.clone()));
    assert!(cache.root(HOME, 9).is_none(), "what is larger than the cache does not empty it");
    root.entries.truncate(1);
    cache.insert_root(Arc::new(root.clone()));
    cache.insert_root(Arc::new(root));
    assert!(cache.root(HOME, 9).is_some() && cache.root(HOME, 8).is_none());
}
