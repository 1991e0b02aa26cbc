//! Turns come one after the other, whoever goes away.

use crate::turns::Turns;
use futures::FutureExt;

#[test]
fn turns_come_in_the_order_in_which_they_are_taken() {
    let turns = Turns::default();
    assert!(turns.is_free());
    let (mut first, mut second, mut third) = (turns.take(), turns.take(), turns.take());
    assert!(!turns.is_free());
    assert_eq!(first.comes().now_or_never(), Some(()));
    assert_eq!(second.comes().now_or_never(), None);
    drop(first);
    // A wait that was given up has taken the place along: whoever gives up drops the turn too.
    drop(second);
    assert_eq!(third.comes().now_or_never(), Some(()));
    assert!(!turns.is_free());
    drop(third);
    assert!(turns.is_free());
    assert_eq!(turns.take().comes().now_or_never(), Some(()));
}
