//! The grammar, and the errors of someone who writes a schema by hand.

use crate::parse;
use crate::schema::{Base, Literal, Range};

const HEAD: &str = "# Says something.\napi 99 Example\nversions 2-9\nflexible 6+\nlisteners broker\n\nrequest\n";

fn error(fields: &str) -> String {
    parse("example.schema", &format!("{HEAD}{fields}\nresponse\n")).unwrap_err().to_string()
}

#[test]
fn a_field_says_its_versions_nullability_tag_and_default() {
    let fields = "    names []string?7+ 3-8 ignorable = null # why\n    limit i32 7+ tag 0 = max\n";
    let schema = parse("example.schema", &format!("{HEAD}{fields}response\n")).unwrap();
    let [names, limit] = schema.messages[0].fields.as_slice() else { panic!() };
    assert_eq!(names.versions, Range { min: 3, max: 8 });
    assert_eq!(names.nullable, Some(Range { min: 7, max: 8 }));
    assert!(names.array && names.ignorable && names.base == Base::String);
    assert_eq!(names.default, Some(Literal::Null));
    assert_eq!((limit.tag, limit.default), (Some(0), Some(Literal::Int(i32::MAX.into()))));
}

#[test]
fn a_structure_inherits_the_versions_of_the_field_that_declares_it() {
    let fields = "    parts []Part 5+\n        number i32\n        epoch i32 7+\n";
    let schema = parse("example.schema", &format!("{HEAD}{fields}response\n")).unwrap();
    let part = schema.find("Part").unwrap();
    assert_eq!(part.fields[0].versions, Range { min: 5, max: 9 });
    assert_eq!(part.fields[1].versions, Range { min: 7, max: 9 });
}

#[test]
fn errors_name_file_line_and_reason() {
    assert_eq!(error("    count int99"), "example.schema:8: `int99` is no type");
    assert_eq!(error("    count i32 1+"), "example.schema:8: `1+` is no range within versions 2-9");
    assert_eq!(error("    count i32 optional"), "example.schema:8: `optional` means nothing here");
    assert_eq!(error("    count i8 = 300"), "example.schema:8: `300` is no default for an i8, or needs no saying");
    assert_eq!(error("    Count i8"), "example.schema:8: `Count` is no name: a_to_z_and_0_to_9");
    assert_eq!(error("    count i32?"), "example.schema:8: count has a type that is never null");
    assert_eq!(error("    count string = null"), "example.schema:8: count is never null, not even by default");
    assert_eq!(error("    count i32 5+ tag 0"), "example.schema:8: count has a tag in versions that are not flexible");
    assert_eq!(error("    count i32 6+ tag 1"), "example.schema:7: the tags of ExampleRequest are not 0, 1, 2, ...");
    assert_eq!(error("    a i32\n    a i32"), "example.schema:9: a is in the structure twice");
    assert_eq!(error("    a i32\n        b i32"), "example.schema:8: a is no structure and has no fields");
    assert_eq!(error("      a i32"), "example.schema:8: expected 4 spaces before the name");
    assert_eq!(error("    a []Other"), "example.schema:8: Other is not declared");
    assert_eq!(error("    a []A\n        b []A"), "example.schema:8: A contains itself");
    assert_eq!(
        error("    a []A 5+\n        x i8\n    b []A"),
        "example.schema:10: A is declared inside of versions that b goes beyond"
    );
}

#[test]
fn a_file_that_ends_early_or_begins_wrong_is_refused() {
    let error = |text: &str| parse("x.schema", text).unwrap_err().to_string();
    assert_eq!(error("api 1 X"), "x.schema:1: the first line should say what the message is for: `# ...`");
    assert_eq!(error("# X.\napi 1 X"), "x.schema:2: the file ends where versions should follow");
    assert_eq!(error("# X.\napi x X"), "x.schema:2: `x` is no number that fits here");
    assert_eq!(error("# X.\napi 1 X\nversions 3-1"), "x.schema:3: `3-1` is no range within versions 0-32767");
    let unused = format!("{HEAD}response\nstruct Other\n    a i8\n");
    assert_eq!(error(&unused), "x.schema:9: Other is not used");
}
