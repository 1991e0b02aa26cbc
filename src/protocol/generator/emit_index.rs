//! Writes what lists all messages: the module tree, the API keys, the enumerations over requests and responses.

use crate::emit_field::WIDTH;
use crate::schema::{Kind, Schema};
use std::fmt::Write;

/// The files beside the modules of the single schema files.
pub fn index(schemas: &[Schema]) -> Vec<(String, String)> {
    vec![
        ("mod.rs".to_owned(), tree(schemas)),
        ("api_key.rs".to_owned(), api_keys(schemas)),
        ("any.rs".to_owned(), any(schemas)),
    ]
}

/// Schemas of keys, by number.
fn apis(schemas: &[Schema]) -> Vec<(i16, &Schema)> {
    let mut apis: Vec<_> = schemas
        .iter()
        .filter_map(|schema| match schema.kind {
            Kind::Api { key, .. } => Some((key, schema)),
            Kind::Header | Kind::Data => None,
        })
        .collect();
    apis.sort_by_key(|&(key, _)| key);
    apis
}

fn tree(schemas: &[Schema]) -> String {
    let mut out = String::from("//! Every message of Kafka's wire. Generated from `schema/`.\n\n");
    let mut modules: Vec<&str> = schemas.iter().map(|schema| schema.stem.as_str()).collect();
    modules.push("any");
    modules.push("api_key");
    modules.sort_unstable();
    for module in modules {
        let visibility = if module == "any" { "" } else { "pub " };
        let _ = writeln!(out, "{visibility}mod {module};");
    }
    let messages = |schema: &Schema| {
        let names: Vec<&str> = schema.messages.iter().map(|message| message.name.as_str()).collect();
        match names.as_slice() {
            [name] => format!("pub use {}::{name};\n", schema.stem),
            names => format!("pub use {}::{{{}}};\n", schema.stem, names.join(", ")),
        }
    };
    let mut uses: Vec<String> = schemas.iter().map(messages).collect();
    uses.push("pub use any::{AnyRequest, AnyResponse};\n".to_owned());
    uses.sort_unstable();
    out.push('\n');
    out.extend(uses);
    out.push_str(
        "\n/// What generated code is written with.
mod prelude {
    pub(super) use crate::api_key::VersionRange;
    pub(super) use crate::messages::api_key::ApiKey;
    pub(super) use crate::wire::decode::{Decode, Source};
    pub(super) use crate::wire::encode::{Encode, Encoder, RecordSource, Sink};
    pub(super) use crate::{DecodeError, EncodeError, Message, Request, Response, StrBytes};
    pub(super) use bytes::Bytes;
    pub(super) use uuid::Uuid;
}
",
    );
    out
}

fn api_keys(schemas: &[Schema]) -> String {
    let apis = apis(schemas);
    let mut out = String::from(
        "//! The API keys and what the schema says of each. Generated from `schema/`.

use crate::api_key::ApiCard;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ApiKey {
",
    );
    for (key, schema) in &apis {
        let _ = writeln!(out, "    /// {}\n    {} = {key},", schema.about, schema.name);
    }
    let _ = write!(out, "}}\n\n/// Every key, by number.\npub(crate) const CARDS: [ApiCard; {}] = [\n", apis.len());
    for (_, schema) in &apis {
        let Kind::Api { broker, controller, .. } = schema.kind else { continue };
        let name = &schema.name;
        let mut card =
            format!("    ApiCard::new(ApiKey::{name}, \"{name}\", {}, {})", schema.versions.min, schema.versions.max);
        if schema.flexible_since <= schema.versions.max {
            let _ = write!(card, ".flexible({})", schema.flexible_since);
        }
        for (holds, call) in
            [(schema.latest_unstable, "latest_unstable"), (broker, "broker"), (controller, "controller")]
        {
            if holds {
                let _ = write!(card, ".{call}()");
            }
        }
        if card.len() >= WIDTH {
            card = card.replace(").", ")\n        .");
        }
        let _ = writeln!(out, "{card},");
    }
    out.push_str("];\n");
    out
}

fn any(schemas: &[Schema]) -> String {
    let apis = apis(schemas);
    let mut out = String::from(
        "//! One value for any request or response. Generated from `schema/`.\n\nuse super::*;\nuse crate::message::any_message;\n",
    );
    for (name, suffix, what) in [("AnyRequest", "Request", "request"), ("AnyResponse", "Response", "response")] {
        let _ = write!(out, "\nany_message! {{\n    /// A {what} of any key.\n    {name} {{\n");
        for (_, schema) in &apis {
            let _ = writeln!(out, "        {0}({0}{suffix}),", schema.name);
        }
        out.push_str("    }\n}\n");
    }
    out
}
