//! The comparison sees every kind of difference.

use crate::kafka::parse_definition;
use crate::{compare, parse};

const SCHEMA: &str = "# Says something.
api 99 Example
versions 2-9
flexible 6+
listeners broker

request
    topic_ids  []uuid?   3+ ignorable = null
    limit      i32       7+ tag 0 = max
    parts      []Part
        number i32

response
";

const REQUEST: &str = r#"// With a comment
{ "apiKey": 99, "type": "request", "listeners": ["broker"], "name": "ExampleRequest",
  "validVersions": "2-9", "flexibleVersions": "6+", // and another: "//"
  "fields": [
    { "name": "TopicIds", "type": "[]uuid", "versions": "3+", "nullableVersions": "0+", "ignorable": true,
      "default": "null", "about": "https://not.a.comment" },
    { "name": "Limit", "type": "int32", "versions": "7+", "tag": 0, "taggedVersions": "7+", "default": "0x7fffffff" },
    { "name": "Old", "type": "int8", "versions": "0-1" },
    { "name": "Parts", "type": "[]PartData", "versions": "0+", "fields": [
      { "name": "Number", "type": "int32", "versions": "0+", "ignorable": true, "default": "0" } ]}
  ] }"#;

const RESPONSE: &str = r#"{ "apiKey": 99, "type": "response", "name": "ExampleResponse",
  "validVersions": "2-9", "flexibleVersions": "6+", "fields": [] }"#;

fn differences(schema: &str, request: &str) -> Vec<String> {
    let definitions = [parse_definition(request).unwrap(), parse_definition(RESPONSE).unwrap()];
    compare(&[parse("example.schema", schema).unwrap()], &definitions).differences
}

#[test]
fn the_same_facts_in_other_words_are_no_difference() {
    assert_eq!(differences(SCHEMA, REQUEST), Vec::<String>::new());
}

#[test]
fn every_changed_fact_is_seen() {
    let changes = [
        (r#""versions": "3+""#, r#""versions": "4+""#, "versions"),
        (r#""nullableVersions": "0+""#, r#""nullableVersions": "8+""#, "null in"),
        (r#""ignorable": true,"#, "", "ignorable"),
        (r#""default": "null""#, r#""default": """#, "default"),
        ("0x7fffffff", "5", "default"),
        (r#""tag": 0"#, r#""tag": 1"#, "tag"),
        (r#""taggedVersions": "7+""#, r#""taggedVersions": "8+""#, "tagged in"),
        (r#""[]uuid""#, r#""[]int64""#, "type"),
        (r#""[]uuid""#, r#""uuid""#, "array"),
        (r#""validVersions": "2-9""#, r#""validVersions": "2-10""#, "versions"),
        (r#""flexibleVersions": "6+""#, r#""flexibleVersions": "none""#, "flexible since"),
        (r#"["broker"]"#, r#"["broker", "controller"]"#, "controller"),
        (r#""apiKey": 99"#, r#""apiKey": 98"#, "key"),
        (r#""name": "Limit""#, r#""name": "Limits""#, "fields"),
        (r#""name": "Number", "type": "int32""#, r#""name": "Number", "type": "int64""#, "type"),
    ];
    for (from, to, fact) in changes {
        let changed = REQUEST.replacen(from, to, 1);
        assert_ne!(changed, REQUEST, "{from}");
        let differences = differences(SCHEMA, &changed);
        assert!(differences.iter().any(|text| text.contains(&format!(": {fact}:"))), "{from}: {differences:?}");
    }
}

#[test]
fn a_missing_an_extra_and_a_removed_message_are_differences() {
    let schema = parse("example.schema", SCHEMA).unwrap();
    let request = parse_definition(REQUEST).unwrap();
    let response = parse_definition(RESPONSE).unwrap();
    let unknown = compare(std::slice::from_ref(&schema), std::slice::from_ref(&request));
    assert_eq!(unknown.differences, ["ExampleResponse: unknown to Kafka"]);
    let missing = compare(&[], &[request, response.clone()]);
    assert_eq!(missing.differences.len(), 2);
    let removed = parse_definition(&REQUEST.replace("\"2-9\"", "\"none\"")).unwrap();
    assert_eq!(compare(&[schema], &[removed, response]).differences, ["ExampleRequest: removed from Kafka"]);
}
