//! The Rust of one field: its type, its default, how it is read and written.

use crate::emit::Context;
use crate::schema::{Base, Field, Literal, Range, int_bounds};
use std::fmt::Write;

/// Widest line that rustfmt leaves on one line.
pub const WIDTH: usize = 120;

/// A field and what its code depends on.
pub struct FieldCode<'a> {
    pub context: &'a Context<'a>,
    pub field: &'a Field,
    /// Versions of the structure that has it: in no other is the code asked.
    pub within: Range,
}

/// The name as Rust writes it.
pub fn rust_name(field: &Field) -> String {
    match field.name.as_str() {
        "type" | "match" | "ref" | "move" | "where" | "use" | "in" | "self" | "loop" => format!("r#{}", field.name),
        name => name.to_owned(),
    }
}

impl FieldCode<'_> {
    /// What its type does not say.
    pub fn doc(&self) -> Option<String> {
        let all = self.within;
        let range = |range: Range| match range {
            Range { min, max } if max == all.max => format!("{min}+"),
            Range { min, max } if min == max => min.to_string(),
            Range { min, max } => format!("{min}-{max}"),
        };
        let mut facts = vec![];
        if self.field.versions != all {
            facts.push(format!("versions {}", range(self.field.versions)));
        }
        if let Some(nullable) = self.field.nullable.filter(|&nullable| nullable != self.field.versions) {
            facts.push(format!("null in {}", range(nullable)));
        }
        if let Some(tag) = self.field.tag {
            facts.push(format!("tag {tag}"));
        }
        let mut text = facts.join("; ");
        let first = text.get(..1)?.to_uppercase();
        text.replace_range(..1, &first);
        Some(text + ".")
    }

    fn is_generic_struct(&self) -> bool {
        let Base::Struct(name) = &self.field.base else { return false };
        self.context.schema.find(name).is_some_and(|inner| self.context.is_generic(inner))
    }

    /// The type.
    pub fn rust_type(&self) -> String {
        let base = match &self.field.base {
            Base::Int(name) => (*name).to_owned(),
            Base::Bool => "bool".to_owned(),
            Base::Float => "f64".to_owned(),
            Base::Uuid => "Uuid".to_owned(),
            Base::String => "StrBytes".to_owned(),
            Base::Bytes => "Bytes".to_owned(),
            Base::Records => "R".to_owned(),
            Base::Struct(name) => format!("{name}{}", if self.is_generic_struct() { "<R>" } else { "" }),
        };
        let whole = if self.field.array { format!("Vec<{base}>") } else { base };
        if self.field.nullable.is_some() { format!("Option<{whole}>") } else { whole }
    }

    /// Whether the default is what Rust derives.
    pub fn is_zero_by_default(&self) -> bool {
        match self.field.default {
            Some(Literal::Null) => true,
            Some(_) => false,
            None => self.field.nullable.is_none(),
        }
    }

    /// The default, as Kafka has it: a nullable field without another default is empty, not null; records are null.
    pub fn default(&self) -> String {
        match (self.field.default, &self.field.base) {
            (Some(Literal::Null), _) => "None".to_owned(),
            (Some(Literal::True), _) => "true".to_owned(),
            (Some(Literal::Int(value)), Base::Int(name)) => int(value, name),
            (_, Base::Records) if self.field.nullable.is_some() => "None".to_owned(),
            _ if self.field.nullable.is_some() => "Some(Default::default())".to_owned(),
            (_, Base::Int(_)) if !self.field.array => "0".to_owned(),
            (_, Base::Bool) if !self.field.array => "false".to_owned(),
            _ => "Default::default()".to_owned(),
        }
    }

    fn is_default(&self) -> String {
        let name = format!("self.{}", rust_name(self.field));
        let default = self.default();
        match &self.field.base {
            _ if default == "None" => format!("{name}.is_none()"),
            _ if default == "false" => format!("!{name}"),
            _ if self.field.nullable.is_some() => format!("{name} == {default}"),
            _ if self.field.array => format!("{name}.is_empty()"),
            Base::String | Base::Bytes => format!("{name}.is_empty()"),
            Base::Uuid => format!("{name}.is_nil()"),
            Base::Struct(used) => format!("{name} == {used}::default()"),
            _ => format!("{name} == {default}"),
        }
    }

    /// The test whether the version has the field; `None` where all have it.
    pub fn condition(&self) -> Option<String> {
        self.test(self.field.versions)
    }

    fn test(&self, range: Range) -> Option<String> {
        let all = self.within;
        match (range.min > all.min, range.max < all.max) {
            (false, false) => None,
            (true, false) => Some(format!("v >= {}", range.min)),
            (false, true) => Some(format!("v <= {}", range.max)),
            (true, true) if range.min == range.max => Some(format!("v == {}", range.min)),
            (true, true) => Some(format!("({}..={}).contains(&v)", range.min, range.max)),
        }
    }

    /// The test whether null is allowed, where the field's versions disagree.
    fn null_test(&self) -> Option<String> {
        self.field.nullable.filter(|&nullable| nullable != self.field.versions).and_then(|range| self.test(range))
    }

    fn is_nullable_struct(&self) -> bool {
        self.field.nullable.is_some() && !self.field.array && matches!(self.field.base, Base::Struct(_))
    }

    /// The expression that reads it.
    pub fn read_value(&self) -> String {
        if self.field.classic {
            "from.classic_string()?".to_owned()
        } else if self.is_nullable_struct() {
            "from.nullable_struct()?".to_owned()
        } else if let Some(test) = self.null_test() {
            format!("from.nullable_if({test})?")
        } else {
            "from.read()?".to_owned()
        }
    }

    /// The expression that reads it where the version has it, else the default.
    pub fn read(&self) -> String {
        let condition = self.condition();
        match condition {
            _ if self.field.tag.is_some() => self.default(),
            None => self.read_value(),
            Some(condition) => format!("if {condition} {{ {} }} else {{ {} }}", self.read_value(), self.default()),
        }
    }

    /// Whether writing it asks for the version.
    pub fn writes_by_version(&self) -> bool {
        self.condition().is_some() || self.null_test().is_some()
    }

    /// The statement that writes it.
    pub fn write(&self, out: &mut String) {
        let name = format!("self.{}", rust_name(self.field));
        let plain = "to.put".to_owned();
        let (call, value) = match (&self.field.base, self.null_test()) {
            _ if self.field.classic => ("to.classic_string".to_owned(), format!("&{name}")),
            _ if self.is_nullable_struct() => ("to.nullable_struct".to_owned(), format!("&{name}")),
            (Base::Records, _) if self.field.nullable.is_some() => {
                ("to.records".to_owned(), format!("{name}.as_ref()"))
            }
            (Base::Records, _) => ("to.records".to_owned(), format!("Some(&{name})")),
            (_, Some(test)) => ("to.put_nullable".to_owned(), format!("{test}, &{name}, \"{}\"", self.field.name)),
            (_, None) => (plain.clone(), format!("&{name}")),
        };
        let _ = match self.condition() {
            None => writeln!(out, "        {call}({value})?;"),
            Some(condition) if call == plain && self.field.ignorable => {
                writeln!(out, "        to.put_if({condition}, {value})?;")
            }
            Some(condition) if call == plain && !self.is_generic_struct() => {
                let args = [condition, value, self.default(), format!("\"{}\"", self.field.name)];
                statement(out, "to.put_or", &args);
                Ok(())
            }
            Some(condition) => {
                let _ = write!(out, "        if {condition} {{\n            {call}({value})?;\n        }}");
                if !self.field.ignorable {
                    let _ = write!(
                        out,
                        " else {{\n            to.absent({}, \"{}\")?;\n        }}",
                        self.is_default(),
                        self.field.name
                    );
                }
                writeln!(out)
            }
        };
    }

    /// The statement that finds out whether it is to be written as a tagged field.
    pub fn write_is_tag_set(&self, out: &mut String, tag: u32) {
        let args = [
            self.condition().unwrap_or_else(|| "true".to_owned()),
            self.is_default(),
            self.field.ignorable.to_string(),
            format!("\"{}\"", self.field.name),
        ];
        statement(out, &format!("let set_{tag} = to.is_tag_set"), &args);
    }
}

/// A call with `?;`, on one line where that fits, or on the one below.
fn statement(out: &mut String, call: &str, args: &[String]) {
    let line = format!("        {call}({})?;", args.join(", "));
    let assignment = line.split_once(" = ").filter(|(name, _)| name.trim_start().starts_with("let "));
    if line.len() <= WIDTH {
        let _ = writeln!(out, "{line}");
    } else if let Some((name, value)) = assignment.filter(|(_, value)| value.len() + 12 <= WIDTH) {
        let _ = writeln!(out, "{name} =\n            {value}");
    } else {
        let args: Vec<String> = args.iter().map(|arg| format!("            {arg},\n")).collect();
        let _ = writeln!(out, "        {call}(\n{}        )?;", args.concat());
    }
}

fn int(value: i64, name: &str) -> String {
    let (min, max) = int_bounds(name);
    match value {
        _ if value == min => format!("{name}::MIN"),
        _ if value == max => format!("{name}::MAX"),
        _ => value.to_string(),
    }
}
