//! How long files and functions are; none is a god.

use crate::sources::{Source, sources};

/// Most lines of a file that people write.
const FILE_LINES_MAX: usize = 700;

/// Most lines of a function that people write, tests apart.
const FUNCTION_LINES_MAX: usize = 120;

/// How many of the largest are printed.
const PRINTED: usize = 15;

/// Name and length of each function. The sources are formatted, so a function ends at the first brace that stands as far
/// in as its first line.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        if line.ends_with('}') || line.ends_with(';') {
            continue; // on one line, or a trait's promise
        }
        if let Some(length) = lines[start..].iter().position(|line| *line == end) {
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

/// The name of the function that a line begins.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    let visible = rest.strip_prefix("pub");
    if let Some(after) = visible {
        rest = match after.strip_prefix('(') {
            Some(scope) => scope.split_once(") ")?.1,
            None => after.strip_prefix(' ')?,
        };
    }
    for word in ["const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest.strip_prefix("fn ")?.split(['(', '<']).next()
}

fn is_test(source: &Source) -> bool {
    source.path.ends_with("_test.rs") || source.path.contains("/tests/")
}

#[test]
fn files_and_functions_stay_small() {
    let sources: Vec<Source> = sources().into_iter().filter(|source| !source.is_generated()).collect();
    let mut files: Vec<_> = sources.iter().map(|source| (source.text.lines().count(), source.path.as_str())).collect();
    let mut longest: Vec<_> = sources
        .iter()
        .filter(|source| !is_test(source))
        .flat_map(|source| functions(&source.text).into_iter().map(|(name, lines)| (lines, name, source.path.as_str())))
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    longest.sort_by(|one, other| other.cmp(one));
    report(&files, &longest);
    let long: Vec<_> = files.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX).collect();
    assert!(long.is_empty(), "files of more than {FILE_LINES_MAX} lines: {long:?}");
    let long: Vec<_> = longest.iter().filter(|(lines, ..)| *lines > FUNCTION_LINES_MAX).collect();
    assert!(long.is_empty(), "functions of more than {FUNCTION_LINES_MAX} lines: {long:?}");
}

fn report(files: &[(usize, &str)], functions: &[(usize, String, &str)]) {
    let median = |sorted: &[usize]| sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let ninth = |sorted: &[usize]| sorted.get(sorted.len() / 10).copied().unwrap_or(0);
    let file_lines: Vec<usize> = files.iter().map(|(lines, _)| *lines).collect();
    let function_lines: Vec<usize> = functions.iter().map(|(lines, ..)| *lines).collect();
    println!("{} files, {} lines", files.len(), file_lines.iter().sum::<usize>());
    println!("lines of a file: median {}, nine in ten below {}", median(&file_lines), ninth(&file_lines));
    println!("lines of a function: median {}, nine in ten below {}", median(&function_lines), ninth(&function_lines));
    for (lines, path) in files.iter().take(PRINTED) {
        println!("{lines:5}  {path}");
    }
    for (lines, name, path) in functions.iter().take(PRINTED) {
        println!("{lines:5}  {name}, {path}");
    }
}

#[test]
fn a_function_is_measured_from_its_name_to_its_brace() {
    let text = "impl A {\n    pub(crate) const fn a<T>(x: T) -> u8\n    where\n        T: B,\n    {\n        {\n        }\n    }\n\n    fn b() {}\n    fn c();\n}\n";
    assert_eq!(functions(text), [("a".to_owned(), 7)]);
    assert_eq!(function_name("pub async fn run("), Some("run"));
    assert_eq!(function_name("let fn_like = 1;"), None);
}
