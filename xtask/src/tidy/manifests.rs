//! Dependencies are listed once, in the root manifest, each with the reason it is there.

use super::repository::Repository;

pub(crate) fn reasons(repository: &Repository) -> Vec<String> {
    let mut faults: Vec<String> = dependency_lines(repository.text("Cargo.toml"))
        .filter(|(_, line)| line.split_once('#').is_none_or(|(_, reason)| reason.trim().len() < 3))
        .map(|(number, line)| format!("Cargo.toml:{number}: say on the line why this is needed: {line}"))
        .collect();
    for file in repository.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let lines = dependency_lines(file.text.as_deref().unwrap_or_default());
        for (number, line) in lines.filter(|(_, line)| !line.contains("workspace = true") && !line.contains("path = "))
        {
            faults.push(format!("{}:{number}: list it in the root Cargo.toml, with its reason: {line}", file.path));
        }
    }
    faults
}

/// Lines of the tables of dependencies that name one: number from 1, text.
fn dependency_lines(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    manifest.lines().enumerate().filter_map(move |(at, line)| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
            return None;
        }
        let names_one = line.starts_with(|first: char| first.is_ascii_alphanumeric()) && line.contains('=');
        (inside && names_one).then_some((at + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::dependency_lines;

    #[test]
    fn only_dependencies_are_read() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\n# why\nb = \"1\" # it counts\n\n[dev-dependencies]\nc.workspace = true\n[lints]\nworkspace = true\n";
        let lines: Vec<_> = dependency_lines(manifest).collect();
        assert_eq!(lines, [(5, "b = \"1\" # it counts"), (8, "c.workspace = true")]);
    }
}
