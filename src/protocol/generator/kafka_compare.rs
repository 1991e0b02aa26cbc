//! Compares the schema with Kafka's own definitions, fact by fact.
//!
//! Both sides are brought to what can be seen on the wire or through the interface: versions are cut to those that exist and
//! that the parent has; a default that is zero, empty or false counts as none; `ignorable` counts only where a version lacks the
//! field. Names of structures are our own, and so are the forms of names: `TopicId` is `topic_id`.

use crate::kafka::{Definition, KafkaField};
use crate::schema::{Base, Field, Kind, Literal, Range, Schema, Struct};
use std::collections::BTreeMap;

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Messages that are on both sides.
    pub messages: usize,
    /// Fields that are on both sides.
    pub fields: usize,
    /// One line for each fact that differs.
    pub differences: Vec<String>,
}

/// Compares. Data that Kafka defines and the schema leaves out is no difference; a request or response is.
pub fn compare(schemas: &[Schema], definitions: &[Definition]) -> Comparison {
    let mut comparison = Comparison::default();
    let mut ours: BTreeMap<&str, (&Schema, &Struct)> = BTreeMap::new();
    for schema in schemas {
        ours.extend(schema.messages.iter().map(|message| (message.name.as_str(), (schema, message))));
    }
    for definition in definitions {
        let found = ours.remove(definition.name.as_str());
        match (found, definition.versions) {
            (Some((schema, message)), Some(versions)) => {
                comparison.messages += 1;
                Comparing { schema, definition, out: &mut comparison }.message(message, versions);
            }
            (None, Some(_)) if ["request", "response", "header"].contains(&definition.kind.as_str()) => {
                comparison.differences.push(format!("{}: not in the schema", definition.name));
            }
            (Some(_), None) => comparison.differences.push(format!("{}: removed from Kafka", definition.name)),
            (None, _) => {}
        }
    }
    comparison.differences.extend(ours.keys().map(|name| format!("{name}: unknown to Kafka")));
    comparison
}

/// One message under comparison.
struct Comparing<'a> {
    schema: &'a Schema,
    definition: &'a Definition,
    out: &'a mut Comparison,
}

impl Comparing<'_> {
    fn differ(&mut self, place: &str, ours: impl std::fmt::Debug, kafka: impl std::fmt::Debug) {
        self.out.differences.push(format!("{place}: {ours:?} in the schema, {kafka:?} in Kafka"));
    }

    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, fact: &str, ours: T, kafka: T) {
        if ours != kafka {
            self.differ(&format!("{place}: {fact}"), ours, kafka);
        }
    }

    fn message(&mut self, message: &Struct, versions: Range) {
        let (schema, definition) = (self.schema, self.definition);
        let place = &message.name;
        let flexible = definition.flexible.and_then(|flexible| flexible.and(versions)).map_or(i16::MAX, |f| f.min);
        self.expect(place, "versions", schema.versions, versions);
        self.expect(place, "flexible since", schema.flexible_since, flexible);
        self.expect(
            place,
            "latest unstable",
            schema.latest_unstable && place.ends_with("Request"),
            definition.latest_unstable,
        );
        match schema.kind {
            Kind::Api { key, broker, controller } => {
                self.expect(place, "key", Some(key), definition.key);
                if definition.kind == "request" {
                    let serves = |listener: &str| definition.listeners.iter().any(|name| name == listener);
                    self.expect(place, "broker", broker, serves("broker"));
                    self.expect(place, "controller", controller, serves("controller"));
                }
                let kind = if place.ends_with("Request") { "request" } else { "response" };
                self.expect(place, "kind", kind, &definition.kind);
            }
            Kind::Header => self.expect(place, "kind", "header", &definition.kind),
            // Records of Kafka's own topics have kinds of their own.
            Kind::Data => {}
        }
        self.structure(place, message, &definition.fields);
    }

    fn structure(&mut self, place: &str, ours: &Struct, kafka: &[KafkaField]) {
        let parent = ours.versions;
        let kafka = kafka.iter().filter_map(|field| Some((field, field.versions?.and(parent)?)));
        let kafka: Vec<(&KafkaField, Range)> = kafka.collect();
        let names = |fields: &mut dyn Iterator<Item = &str>| fields.map(plain).collect::<Vec<String>>();
        let our_names = names(&mut ours.fields.iter().map(|field| field.name.as_str()));
        let kafka_names = names(&mut kafka.iter().map(|(field, _)| field.name.as_str()));
        if our_names != kafka_names {
            return self.differ(&format!("{place}: fields"), our_names, kafka_names);
        }
        for (field, (kafka, versions)) in ours.fields.iter().zip(kafka) {
            self.field(&format!("{place}.{}", field.name), field, kafka, versions, parent);
        }
    }

    fn field(&mut self, place: &str, ours: &Field, kafka: &KafkaField, versions: Range, parent: Range) {
        self.out.fields += 1;
        let nullable = kafka.nullable.and_then(|nullable| nullable.and(versions));
        self.expect(place, "versions", ours.versions, versions);
        self.expect(place, "null in", ours.nullable, nullable);
        self.expect(place, "tag", ours.tag, kafka.tag.map(|(tag, _)| tag));
        if let Some((_, tagged)) = kafka.tag {
            self.expect(place, "tagged in", Some(ours.versions), tagged.and_then(|tagged| tagged.and(versions)));
        }
        if versions != parent {
            self.expect(place, "ignorable", ours.ignorable, kafka.ignorable);
        }
        self.expect(place, "classic", ours.classic, kafka.classic);
        self.expect(place, "default", ours.default.map_or(String::new(), default_text), kafka_default(kafka));
        let (array, base) = kafka.ty.strip_prefix("[]").map_or((false, kafka.ty.as_str()), |base| (true, base));
        self.expect(place, "array", ours.array, array);
        match &ours.base {
            Base::Struct(name) => self.inner(place, name, base, kafka),
            base_type => self.expect(place, "type", kafka_type(base_type), base),
        }
    }

    fn inner(&mut self, place: &str, name: &str, kafka_name: &str, kafka: &KafkaField) {
        let structs = &self.definition.structs;
        let shared = structs.iter().find(|(shared, _)| shared == kafka_name).map(|(_, fields)| fields.as_slice());
        let fields = shared.unwrap_or(&kafka.fields);
        match self.schema.find(name) {
            // Without fields of its own and of a shared structure, it is no structure in Kafka's eyes.
            Some(structure) if !fields.is_empty() => self.structure(place, structure, fields),
            _ => self.differ(&format!("{place}: type"), name, kafka_name),
        }
    }
}

/// A name without what our form and Kafka's differ in.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn kafka_type(base: &Base) -> &str {
    match base {
        Base::Int("i8") => "int8",
        Base::Int("i16") => "int16",
        Base::Int("i32") => "int32",
        Base::Int("u16") => "uint16",
        Base::Int("u32") => "uint32",
        Base::Int(_) => "int64",
        Base::Bool => "bool",
        Base::Float => "float64",
        Base::Uuid => "uuid",
        Base::String => "string",
        Base::Bytes => "bytes",
        Base::Records => "records",
        Base::Struct(name) => name,
    }
}

fn default_text(literal: Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::True => "true".to_owned(),
        Literal::Int(value) => value.to_string(),
    }
}

/// The default in one form: no text where it is zero, empty or false, decimal numbers.
fn kafka_default(field: &KafkaField) -> String {
    let text = field.default.to_lowercase();
    let number = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    match number {
        Some(0) => String::new(),
        Some(value) => value.to_string(),
        None if text == "false" => String::new(),
        None => text,
    }
}
