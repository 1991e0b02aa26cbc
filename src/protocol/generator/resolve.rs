//! What must hold of a schema beyond its grammar.

use crate::schema::{Base, Field, Literal, Schema, SchemaError, Struct};
use std::collections::HashSet;

/// Checks a parsed file.
pub fn resolve(file: &str, schema: &Schema) -> Result<(), SchemaError> {
    let fail = |line, what| Err(SchemaError { file: file.to_owned(), line, what });
    let mut names = HashSet::new();
    for structure in schema.all() {
        if !names.insert(&structure.name) {
            return fail(structure.line, format!("{} is declared twice", structure.name));
        }
        let mut fields = HashSet::new();
        for field in &structure.fields {
            if !fields.insert(&field.name) {
                return fail(field.line, format!("{} is in the structure twice", field.name));
            }
            if let Some(what) = field_fault(schema, structure, field) {
                return fail(field.line, what);
            }
        }
        let mut tags: Vec<u32> = structure.fields.iter().filter_map(|field| field.tag).collect();
        tags.sort_unstable();
        if !tags.iter().copied().eq(0..tags.len() as u32) {
            return fail(structure.line, format!("the tags of {} are not 0, 1, 2, ...", structure.name));
        }
    }
    for structure in &schema.structs {
        if !schema.messages.iter().any(|message| contains(schema, message, &structure.name, 0)) {
            return fail(structure.line, format!("{} is not used", structure.name));
        }
    }
    Ok(())
}

/// What is wrong with a field, if anything is.
fn field_fault(schema: &Schema, parent: &Struct, field: &Field) -> Option<String> {
    let name = &field.name;
    if let Base::Struct(used) = &field.base {
        let Some(structure) = schema.find(used) else {
            return Some(format!("{used} is not declared"));
        };
        if contains(schema, structure, &parent.name, 0) || *used == parent.name {
            return Some(format!("{used} contains itself"));
        }
        if structure.versions.and(field.versions) != Some(field.versions) {
            return Some(format!("{used} is declared inside of versions that {name} goes beyond"));
        }
    }
    let can_be_null = field.array || matches!(field.base, Base::String | Base::Bytes | Base::Records | Base::Struct(_));
    if field.nullable.is_some() && !can_be_null {
        return Some(format!("{name} has a type that is never null"));
    }
    if field.default == Some(Literal::Null) && field.nullable.is_none() {
        return Some(format!("{name} is never null, not even by default"));
    }
    if field.nullable.is_some_and(|range| range != field.versions) && is_bound_to_all_versions(field) {
        return Some(format!("{name} has a type that is null in all of its versions or in none"));
    }
    if field.tag.is_some() && field.versions.min < schema.flexible_since {
        return Some(format!("{name} has a tag in versions that are not flexible"));
    }
    if field.classic && (field.array || field.base != Base::String || field.versions != schema.versions) {
        return Some(format!("{name} cannot be classic: only a string in all versions can"));
    }
    None
}

/// Structures and records are written by code that knows no nullability by version, because no message of Kafka's needs it.
fn is_bound_to_all_versions(field: &Field) -> bool {
    field.base == Base::Records || (matches!(field.base, Base::Struct(_)) && !field.array)
}

/// Whether a structure named `name` is somewhere inside of `structure`. Deeper than 16 counts as itself: no message is.
fn contains(schema: &Schema, structure: &Struct, name: &str, depth: usize) -> bool {
    depth > 16
        || structure.fields.iter().any(|field| match &field.base {
            Base::Struct(used) => {
                used == name || schema.find(used).is_some_and(|inner| contains(schema, inner, name, depth + 1))
            }
            _ => false,
        })
}
