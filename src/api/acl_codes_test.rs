//! The numbers are Kafka's, and go both ways.

use crate::acl_codes::*;

#[test]
fn numbers_go_both_ways_and_others_mean_nothing() {
    for number in i8::MIN..=i8::MAX {
        let name = |code: Result<i8, &'static str>| code.map_or_else(str::to_owned, |number| number.to_string());
        let expected = |first: i8, last: i8| match number {
            1 => "ANY".to_owned(),
            number if (first..=last).contains(&number) => number.to_string(),
            _ => "UNKNOWN".to_owned(),
        };
        assert_eq!(name(resource_type(number).one().map(resource_type_code)), expected(2, 7));
        assert_eq!(name(pattern_type(number).one().map(pattern_type_code)), expected(3, 4));
        assert_eq!(name(operation(number).one().map(operation_code)), expected(2, 15));
        assert_eq!(name(permission(number).one().map(permission_code)), expected(2, 3));
    }
}
