//! What the broker is built with may be used by anyone, and holds no second TLS library.

use crate::graph::{built_with, packages};
use std::collections::BTreeSet;

/// Licences, by SPDX identifier, that ask for no more than naming the author, or for changes to their own files.
const ALLOWED: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that stay out: one TLS library, one provider of cryptography.
const BANNED: [&str; 4] = ["openssl-sys", "openssl", "native-tls", "ring"];

/// Whether an SPDX expression leaves a choice that is allowed.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let allowed = any_of(&mut words);
    allowed && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>) -> bool {
    let mut allowed = all_of(words);
    while words.next_if_eq(&"OR").is_some() {
        allowed |= all_of(words);
    }
    allowed
}

fn all_of(words: &mut Words<'_>) -> bool {
    let mut allowed = one(words);
    while words.next_if_eq(&"AND").is_some() {
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut Words<'_>) -> bool {
    let allowed = match words.next() {
        Some("(") => any_of(words) && words.next() == Some(")"),
        // A plus sign allows later versions of the licence too.
        Some(licence) => ALLOWED.contains(&licence.trim_end_matches('+')),
        None => false,
    };
    if words.next_if_eq(&"WITH").is_some() {
        words.next(); // an exception only allows more
    }
    allowed
}

#[test]
fn every_dependency_may_be_used() {
    let packages = packages();
    let built = built_with(&packages);
    let wrong: Vec<_> = built
        .iter()
        .map(|id| &packages[*id])
        .filter(|package| !is_allowed(&package.licence))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.licence))
        .collect();
    assert!(wrong.is_empty(), "licences that are not allowed:\n{}", wrong.join("\n"));
    println!("{} packages, tests' own left out", built.len());
}

#[test]
fn no_banned_package_is_built_in() {
    let packages = packages();
    let names: BTreeSet<&str> = built_with(&packages).into_iter().map(|id| packages[id].name.as_str()).collect();
    assert!(names.contains("esker-env"), "the graph has lost its members");
    for banned in BANNED {
        assert!(!names.contains(banned), "{banned} is built in");
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "MPL-2.0+",
        "MIT/Apache-2.0",
        "(GPL-2.0 OR MIT) AND ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT)", "AGPL-3.0 OR SSPL-1.0", "MIT Apache-2.0"] {
        assert!(!is_allowed(bad), "{bad}");
    }
}
