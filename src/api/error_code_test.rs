//! The table of error codes is dense and finds itself again.

use crate::ErrorCode;

#[test]
fn codes_follow_one_another_from_minus_one_to_133() {
    let numbers: Vec<i16> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(numbers, (-1..=133).collect::<Vec<i16>>());
}

#[test]
fn every_number_leads_to_its_code_and_no_other_number_to_any() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
    }
    for number in [i16::MIN, -2, 134, i16::MAX] {
        assert_eq!(ErrorCode::from_number(number), None);
    }
}

#[test]
fn codes_that_clients_retry_by_themselves_are_marked() {
    let retriable = |number| ErrorCode::from_number(number).unwrap().is_retriable();
    assert!(retriable(3) && retriable(6) && retriable(56) && retriable(133));
    assert!(!retriable(-1) && !retriable(0) && !retriable(1) && !retriable(87));
    assert_eq!(ErrorCode::ALL.iter().filter(|code| code.is_retriable()).count(), 32);
}
