//! Writes the Rust of one schema file.
//!
//! The text is what rustfmt would leave alone, so that the generator needs no rustfmt.

use crate::emit_field::{FieldCode, WIDTH, rust_name};
use crate::schema::{Base, Field, Kind, Range, Schema, Struct};
use std::fmt::Write;

/// The field of responses that says how long the client is to pause.
const THROTTLE: &str = "throttle_time_ms";

/// What the code of one structure depends on.
pub struct Context<'a> {
    pub schema: &'a Schema,
}

impl Context<'_> {
    /// Whether the structure carries records and therefore says where they lie.
    pub fn is_generic(&self, structure: &Struct) -> bool {
        structure.fields.iter().any(|field| match &field.base {
            Base::Records => true,
            Base::Struct(name) => self.schema.find(name).is_some_and(|inner| self.is_generic(inner)),
            _ => false,
        })
    }

    fn is_ever_flexible(&self) -> bool {
        self.schema.flexible_since <= self.schema.versions.max
    }

    fn is_always_flexible(&self) -> bool {
        self.schema.flexible_since <= self.schema.versions.min
    }

    /// Fewest bytes that a structure takes in any version.
    fn min_size(&self, structure: &Struct) -> usize {
        let fields: usize = structure.fields.iter().map(|field| self.min_field_size(field, structure.versions)).sum();
        fields + usize::from(self.is_always_flexible())
    }

    fn min_field_size(&self, field: &Field, within: Range) -> usize {
        if field.versions != within || field.tag.is_some() {
            return 0;
        }
        let classic = |bytes| if self.is_ever_flexible() { 1 } else { bytes };
        match &field.base {
            _ if field.array => classic(4),
            Base::Int("i8") | Base::Bool => 1,
            Base::Int("i16" | "u16") => 2,
            Base::Int("i64") | Base::Float => 8,
            Base::Int(_) => 4,
            Base::Uuid => 16,
            Base::String if field.classic => 2,
            Base::String => classic(2),
            Base::Bytes | Base::Records => classic(4),
            Base::Struct(_) if field.nullable.is_some() => 1,
            Base::Struct(name) => self.schema.find(name).map_or(0, |inner| self.min_size(inner)),
        }
    }
}

/// The module of one schema file.
pub fn module(schema: &Schema) -> String {
    let context = Context { schema };
    let mut out = String::new();
    let title = match schema.kind {
        Kind::Api { key, .. } => format!("{} (key {key})", schema.name),
        Kind::Header | Kind::Data => schema.name.clone(),
    };
    let _ =
        writeln!(out, "//! {title}: {}\n//! Generated from `schema/{}.schema`.\n", lower(&schema.about), schema.stem);
    out.push_str("use super::prelude::*;\n");
    for message in &schema.messages {
        structure(&context, &mut out, message, &message_doc(schema, message));
        message_impls(&context, &mut out, message);
    }
    for inner in &schema.structs {
        structure(&context, &mut out, inner, &part_doc(schema, inner));
    }
    out
}

fn lower(sentence: &str) -> String {
    let second_is_lower = sentence.chars().nth(1).is_some_and(char::is_lowercase);
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) if second_is_lower => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

fn message_doc(schema: &Schema, message: &Struct) -> String {
    let what = match schema.kind {
        Kind::Api { .. } if message.name.ends_with("Request") => format!("Request of {}", schema.name),
        Kind::Api { .. } => format!("Response of {}", schema.name),
        Kind::Header | Kind::Data => schema.name.clone(),
    };
    format!("{what}, versions {}-{}.", schema.versions.min, schema.versions.max)
}

/// Where a structure is used first.
fn part_doc(schema: &Schema, part: &Struct) -> String {
    let user = schema.all().find_map(|user| {
        let field = user.fields.iter().find(|field| field.base == Base::Struct(part.name.clone()))?;
        Some(format!("`{}` of [`{}`].", field.name, user.name))
    });
    user.unwrap_or_default()
}

fn structure(context: &Context<'_>, out: &mut String, structure: &Struct, doc: &str) {
    let name = &structure.name;
    let generic = context.is_generic(structure);
    let fields: Vec<FieldCode<'_>> =
        structure.fields.iter().map(|field| FieldCode { context, field, within: structure.versions }).collect();
    let derives_default = !generic && fields.iter().all(FieldCode::is_zero_by_default);
    let default = if derives_default { ", Default" } else { "" };
    let _ = writeln!(out, "\n/// {doc}\n#[derive(Clone, Debug, PartialEq{default})]");
    if fields.is_empty() {
        let _ = writeln!(out, "pub struct {name} {{}}");
    } else {
        let _ = writeln!(out, "pub struct {name}{} {{", if generic { "<R = Bytes>" } else { "" });
        for field in &fields {
            if let Some(doc) = field.doc() {
                let _ = writeln!(out, "    /// {doc}");
            }
            let _ = writeln!(out, "    pub {}: {},", rust_name(field.field), field.rust_type());
        }
        out.push_str("}\n");
    }
    if !derives_default {
        default_impl(out, structure, generic, &fields);
    }
    decode_impl(context, out, structure, &fields);
    encode_impl(context, out, structure, generic, &fields);
}

fn default_impl(out: &mut String, structure: &Struct, generic: bool, fields: &[FieldCode<'_>]) {
    let name = &structure.name;
    let needs_default = structure.fields.iter().any(|field| field.base == Base::Records && field.nullable.is_none());
    let _ = match (generic, needs_default) {
        (true, true) => writeln!(out, "\nimpl<R: Default> Default for {name}<R> {{"),
        (true, false) => writeln!(out, "\nimpl<R> Default for {name}<R> {{"),
        (false, _) => writeln!(out, "\nimpl Default for {name} {{"),
    };
    out.push_str("    fn default() -> Self {\n");
    let values = fields.iter().map(|field| (rust_name(field.field), field.default()));
    literal(out, "        Self {", values, "}\n");
    out.push_str("    }\n}\n");
}

fn decode_impl(context: &Context<'_>, out: &mut String, structure: &Struct, fields: &[FieldCode<'_>]) {
    let has_tags = structure.fields.iter().any(|field| field.tag.is_some());
    let flexible = context.is_ever_flexible();
    let unused = if fields.is_empty() && !flexible { "_" } else { "" };
    let _ = write!(
        out,
        "\nimpl Decode for {} {{\n    const MIN_SIZE: usize = {};\n    fn read<S: Source>({unused}from: &mut S) -> Result<Self, DecodeError> {{\n",
        structure.name,
        context.min_size(structure)
    );
    if fields.iter().any(|field| field.read().contains("if ")) || tags_need_version(fields) {
        out.push_str("        let v = from.version();\n");
    }
    if !flexible {
        literal(out, "        Ok(Self {", reads(fields), "})\n");
    } else {
        let open = if has_tags { "        let mut it = Self {" } else { "        let it = Self {" };
        literal(out, open, reads(fields), "};\n");
        if has_tags {
            read_tags(out, fields);
        } else {
            out.push_str("        from.no_tags()?;\n");
        }
        out.push_str("        Ok(it)\n");
    }
    out.push_str("    }\n}\n");
}

fn tags_need_version(fields: &[FieldCode<'_>]) -> bool {
    fields.iter().any(|field| field.field.tag.is_some() && field.condition().is_some())
}

/// A structure expression of `(name, value)`s, on one line where that fits, or on the one below.
fn literal(out: &mut String, open: &str, fields: impl Iterator<Item = (String, String)>, close: &str) {
    let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
    let line = format!("{open} {} {close}", fields.join(", "));
    let assignment = line.split_once(" = ").map(|(name, value)| format!("{name} =\n            {value}"));
    let assignment = assignment.filter(|text| open.contains(" = ") && text.lines().all(|line| line.len() <= WIDTH));
    if fields.is_empty() {
        let _ = write!(out, "{open}{close}");
    } else if line.trim_end().len() <= WIDTH {
        out.push_str(&line);
    } else if let Some(assignment) = assignment {
        out.push_str(&assignment);
    } else {
        let _ = write!(out, "{open}\n            {},\n        {close}", fields.join(",\n            "));
    }
}

/// What each field is read as.
fn reads<'a>(fields: &'a [FieldCode<'_>]) -> impl Iterator<Item = (String, String)> + 'a {
    fields.iter().map(|field| (rust_name(field.field), field.read()))
}

/// Fields with tags, by tag.
fn tagged<'a, 'b>(fields: &'b [FieldCode<'a>]) -> Vec<(u32, &'b FieldCode<'a>)> {
    let mut tagged: Vec<_> = fields.iter().filter_map(|field| Some((field.field.tag?, field))).collect();
    tagged.sort_by_key(|&(tag, _)| tag);
    tagged
}

fn read_tags(out: &mut String, fields: &[FieldCode<'_>]) {
    let tagged = tagged(fields);
    let numbers: Vec<String> = tagged.iter().map(|(tag, _)| tag.to_string()).collect();
    let _ = writeln!(out, "        from.tags(&[{}], |from, tag| {{\n            match tag {{", numbers.join(", "));
    for (tag, field) in &tagged {
        let guard = field.condition().map_or(String::new(), |condition| format!(" if {condition}"));
        let _ =
            writeln!(out, "                {tag}{guard} => it.{} = {},", rust_name(field.field), field.read_value());
    }
    out.push_str("                _ => return Ok(false),\n            }\n            Ok(true)\n        })?;\n");
}

fn encode_impl(context: &Context<'_>, out: &mut String, structure: &Struct, generic: bool, fields: &[FieldCode<'_>]) {
    let name = &structure.name;
    let flexible = context.is_ever_flexible();
    let unused = if fields.is_empty() && !flexible { "_" } else { "" };
    let _ = if generic {
        writeln!(out, "\nimpl<R: RecordSource> Encode for {name}<R> {{")
    } else {
        writeln!(out, "\nimpl Encode for {name} {{")
    };
    let _ = writeln!(out, "    fn write<K: Sink>(&self, {unused}to: &mut Encoder<K>) -> Result<(), EncodeError> {{");
    if fields.iter().any(FieldCode::writes_by_version) {
        out.push_str("        let v = to.version();\n");
    }
    for field in fields.iter().filter(|field| field.field.tag.is_none()) {
        field.write(out);
    }
    if flexible {
        let tagged = tagged(fields);
        for (tag, field) in &tagged {
            field.write_is_tag_set(out, *tag);
        }
        let set: Vec<String> = tagged.iter().map(|(tag, _)| format!("set_{tag}")).collect();
        let _ = if tagged.is_empty() {
            writeln!(out, "        to.tag_count(&[])")
        } else {
            writeln!(out, "        to.tag_count(&[{}])?;", set.join(", "))
        };
        for (index, (tag, field)) in tagged.iter().enumerate() {
            let end = if index + 1 == tagged.len() { "" } else { "?;" };
            let _ = writeln!(out, "        to.tag(set_{tag}, {tag}, &self.{}){end}", rust_name(field.field));
        }
    } else {
        out.push_str("        Ok(())\n");
    }
    out.push_str("    }\n}\n");
}

fn message_impls(context: &Context<'_>, out: &mut String, message: &Struct) {
    let schema = context.schema;
    let name = &message.name;
    let (bound, args) = if context.is_generic(message) { ("<R: RecordSource>", "<R>") } else { ("", "") };
    let flexible = if context.is_ever_flexible() { schema.flexible_since.to_string() } else { "i16::MAX".to_owned() };
    let _ = writeln!(out, "\nimpl{bound} Message for {name}{args} {{");
    let _ = writeln!(out, "    const NAME: &'static str = \"{name}\";");
    let versions = schema.versions;
    let _ = writeln!(
        out,
        "    const VERSIONS: VersionRange = VersionRange {{ min: {}, max: {} }};",
        versions.min, versions.max
    );
    let _ = writeln!(out, "    const FLEXIBLE_SINCE: i16 = {flexible};\n}}");
    if !matches!(schema.kind, Kind::Api { .. }) {
        return;
    }
    let is_request = name.ends_with("Request");
    let direction = if is_request { "Request" } else { "Response" };
    let _ = writeln!(out, "\nimpl{bound} {direction} for {name}{args} {{");
    let _ = writeln!(out, "    const KEY: ApiKey = ApiKey::{};", schema.name);
    if is_request {
        let _ = writeln!(out, "    type Response = {}Response;", schema.name);
    } else if message.fields.iter().any(|field| field.name == THROTTLE) {
        let _ = writeln!(out, "    fn {THROTTLE}(&self) -> i32 {{\n        self.{THROTTLE}\n    }}");
        let _ = writeln!(
            out,
            "    fn set_{THROTTLE}(&mut self, millis: i32) {{\n        self.{THROTTLE} = millis;\n    }}"
        );
    }
    out.push_str("}\n");
}
