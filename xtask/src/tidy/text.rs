//! Words that must not be written, or only in one place.

use super::repository::Repository;

/// Where a grant is defined, and where it is made.
const GRANT_MAKERS: &[&str] = &["crates/confidentiality/src/grant.rs", "crates/identity/src/"];

/// Where whole bodies may be read: where they are kept, and on the write path.
const BODY_READERS: &[&str] = &["crates/index/src/", "crates/directory/src/"];

/// Nothing but the write path reads a resource without a view (architecture §5).
pub(crate) fn bodies(repository: &Repository) -> Vec<String> {
    let calls = [concat!(".form", "er("), concat!("owner_", "view(")];
    let mut faults = Vec::new();
    for (path, text) in repository.sources().filter(|(path, _)| !BODY_READERS.iter().any(|open| path.starts_with(open)))
    {
        for line in calls.iter().flat_map(|call| lines_with(text, call)) {
            faults.push(format!("{path}:{line}: a whole body is read on the write path only: take a View"));
        }
    }
    faults
}

/// Grants are made by identity and by tests. clippy.toml says the same of calls it can resolve.
pub(crate) fn grants(repository: &Repository) -> Vec<String> {
    let word = concat!("Grant", "::", "mint");
    repository
        .sources()
        .filter(|(path, _)| !GRANT_MAKERS.iter().any(|allowed| path.starts_with(allowed)))
        .flat_map(|(path, text)| lines_with(text, word).map(move |line| (path, line)))
        .map(|(path, line)| format!("{path}:{line}: a grant is made by identity only: take one as a parameter"))
        .collect()
}

/// A path that exists on one machine only is of no use to a reader.
pub(crate) fn machine_paths(repository: &Repository) -> Vec<String> {
    let folders = [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/")];
    let mut faults = Vec::new();
    for file in &repository.files {
        let Some(text) = &file.text else { continue };
        for (at, line) in text.lines().enumerate() {
            if folders.iter().any(|folder| starts_a_path(line, folder)) {
                faults.push(format!("{}:{}: a path of one machine", file.path, at + 1));
            }
        }
    }
    faults
}

/// Whether `folder` begins a path in the line: nothing that continues one comes before it.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-/}$~*".contains(letter))
    })
}

fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.lines().enumerate().filter(move |(_, line)| line.contains(word)).map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_told_from_an_address() {
        let folder = concat!("/", "work/");
        for found in [format!("{folder}main"), format!("see `{folder}main`"), format!("\"{folder}\"")] {
            assert!(starts_a_path(&found, folder), "{found}");
        }
        for fine in [format!("https://example.org{folder}x"), format!("$HOME{folder}"), "frame work".to_owned()] {
            assert!(!starts_a_path(&fine, folder), "{fine}");
        }
    }
}
