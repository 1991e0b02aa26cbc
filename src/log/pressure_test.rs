//! When segments must go, when records wait, and when both end.

use crate::pressure::{DiskMarks, Pressure};
use esker_env::DiskSpace;

const MARKS: DiskMarks = DiskMarks { low_bytes: 800, min_bytes: 160 };

fn judge(available: u64, refuses: bool) -> Pressure {
    MARKS.judge(DiskSpace { total: 1 << 20, available }, refuses)
}

#[test]
fn with_room_nothing_happens_and_below_each_mark_what_it_stands_for() {
    assert_eq!(judge(800, false), Pressure { refuses: false, excess: 0 });
    assert_eq!(judge(799, false), Pressure { refuses: false, excess: 101 }, "a little more than the mark is made free");
    assert_eq!(judge(160, false), Pressure { refuses: false, excess: 740 });
    assert_eq!(judge(159, false), Pressure { refuses: true, excess: 741 });
    assert_eq!(judge(0, false), Pressure { refuses: true, excess: 900 });
}

#[test]
fn records_are_taken_again_a_little_above_the_mark() {
    assert!(judge(160, true).refuses);
    assert!(judge(179, true).refuses);
    assert!(!judge(180, true).refuses);
}

#[test]
fn on_a_small_disk_the_marks_are_shares_of_it() {
    let small = |available| MARKS.judge(DiskSpace { total: 1000, available }, false);
    assert_eq!(small(100), Pressure { refuses: false, excess: 0 });
    assert_eq!(small(99).excess, 13);
    assert!(!small(50).refuses && small(49).refuses);
}

#[test]
fn without_marks_nothing_is_refused() {
    let full = DiskSpace { total: 1000, available: 0 };
    assert_eq!(DiskMarks::NONE.judge(full, false), Pressure { refuses: false, excess: 0 });
}
