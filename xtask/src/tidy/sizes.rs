//! Short functions, short files, light files. An exception is a ratchet: it has a reason and a
//! limit, and goes when it is no longer needed.

use super::repository::Repository;

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;
const FILE_BYTES_MAX: u64 = 1_000_000;

/// Files over 500 lines without tests: path, limit, reason.
const LONG_FILES: &[(&str, usize, &str)] = &[];

/// Functions over 70 lines: path, name, limit, reason.
const LONG_FUNCTIONS: &[(&str, &str, usize, &str)] = &[];

pub(crate) fn short(repository: &Repository) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in repository.sources() {
        let exception = LONG_FILES.iter().find(|(long, ..)| *long == path).map(|(_, limit, _)| *limit);
        faults.extend(judge(path, text.lines().count(), FILE_LINES_MAX, exception));
        for (name, line, lines) in functions(text) {
            let exception = LONG_FUNCTIONS.iter().find(|(long, function, ..)| *long == path && *function == name);
            let limit = exception.map(|(_, _, limit, _)| *limit);
            faults.extend(judge(&format!("{path}:{line}: fn {name}"), lines, FUNCTION_LINES_MAX, limit));
        }
    }
    faults
}

pub(crate) fn light(repository: &Repository) -> Vec<String> {
    let heavy = repository.files.iter().filter(|file| file.bytes > FILE_BYTES_MAX);
    heavy.map(|file| format!("{} has {} bytes", file.path, file.bytes)).collect()
}

fn judge(what: &str, lines: usize, usual: usize, exception: Option<usize>) -> Option<String> {
    match exception {
        None if lines > usual => Some(format!("{what} has {lines} lines, over {usual}: split it")),
        Some(limit) if lines > limit => Some(format!("{what} grew to {lines} lines, over its exception of {limit}")),
        Some(_) if lines <= usual => Some(format!("{what} is short again: remove its exception")),
        _ => None,
    }
}

/// Functions of a source that rustfmt has laid out: name, first line from 1, number of lines.
/// There, the brace that closes a function is alone at the indent of its first line.
fn functions(text: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    (0..lines.len()).filter_map(move |start| {
        let name = function_name(lines[start])?;
        let indent = lines[start].len() - lines[start].trim_start().len();
        let closes = |line: &str| line.trim_start() == "}" && line.len() == indent + 1;
        // A signature ends with the brace that opens its body; without one there is no body, or it is on the line.
        let body = lines[start..].iter().position(|line| line.ends_with(['{', '}', ';']))?;
        if !lines[start + body].ends_with('{') {
            return Some((name, start + 1, body + 1));
        }
        let end = lines[start..].iter().position(|line| closes(line))?;
        Some((name, start + 1, end + 1))
    })
}

/// The name, when the line starts a function.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start().split(' ');
    loop {
        let word = words.next()?;
        if word == "fn" {
            let rest = words.next()?;
            return Some(rest.split(['(', '<']).next().unwrap_or(rest));
        }
        if !["pub", "const", "async", "unsafe", "extern", "\"C\""].contains(&word) && !word.starts_with("pub(") {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "\
pub fn one() {}

impl A {
    pub(crate) const fn two(
        a: u8,
    ) -> u8 {
        if a > 1 {
            2
        } else {
            3
        }
    }

    fn three(&self) -> u8;
    fn four<T>() -> u8 { 4 }
}
";
        let found: Vec<_> = functions(text).collect();
        assert_eq!(found, [("one", 1, 1), ("two", 4, 9), ("three", 14, 1), ("four", 15, 1)]);
    }

    #[test]
    fn an_exception_is_a_ratchet() {
        assert_eq!(judge("a", 70, 70, None), None);
        assert!(judge("a", 71, 70, None).is_some_and(|fault| fault.contains("split it")));
        assert_eq!(judge("a", 90, 70, Some(90)), None);
        assert!(judge("a", 91, 70, Some(90)).is_some_and(|fault| fault.contains("grew")));
        assert!(judge("a", 60, 70, Some(90)).is_some_and(|fault| fault.contains("remove")));
    }
}
