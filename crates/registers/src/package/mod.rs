//! FHIR packages (`.tgz`, as registries publish them): newer lists over those of the program.
//!
//! A package is refused whole when it cannot be trusted to be one: not gzip, not a tar archive,
//! an entry outside `package/`, beyond the limits, another FHIR version. A list of it that is not
//! understood is a finding, and the others are taken.

mod archive;

use ror_fhir::Node;
use ror_terminology::Overlay;

pub use archive::{PACKED_BYTES_MAX, UNPACKED_BYTES_MAX};

/// The FHIR versions whose lists are written as those of 4.0.1.
const FHIR_VERSIONS: &str = "4.0.";

/// A package that is refused whole; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PackageError(pub String);

/// What a package holds.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its name, as in `ans.fhir.fr.ror`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// CodeSystems and ValueSets that can be taken, in the order of the archive.
    pub lists: Vec<Node>,
    /// File and reason of each resource that is refused.
    pub refused: Vec<(String, String)>,
    /// Resources of types that bring no list, left aside.
    pub aside: usize,
}

/// Reads a package.
///
/// # Errors
/// [`PackageError`] when it is refused whole.
pub fn read(bytes: &[u8]) -> Result<Package, PackageError> {
    let files = archive::read(bytes)?;
    let manifest = files.iter().find(|(path, _)| path == "package/package.json");
    let (_, manifest) = manifest.ok_or_else(|| PackageError("package/package.json est absent".to_owned()))?;
    let mut package = described(manifest)?;
    // `package/.index.json` and folders below (examples, other uses) are no part of what is in force.
    let is_resource = |path: &str| {
        let name = path.strip_prefix("package/").unwrap_or_default();
        let is_json = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "json");
        is_json && name != "package.json" && !name.starts_with('.') && !name.contains('/')
    };
    for (path, bytes) in files.iter().filter(|(path, _)| is_resource(path)) {
        package.take(path, bytes)?;
    }
    Ok(package)
}

fn described(bytes: &[u8]) -> Result<Package, PackageError> {
    let manifest = Node::parse(bytes)
        .map_err(|error| PackageError(format!("package/package.json n'est pas du JSON : {error}")))?;
    let text = |key: &str| {
        let found = manifest.str(key).filter(|text| !text.is_empty()).map(str::to_owned);
        found.ok_or_else(|| PackageError(format!("package/package.json est sans « {key} »")))
    };
    let versions: Vec<&str> = ["fhirVersions", "fhir-version-list"]
        .iter()
        .flat_map(|key| manifest.items(key))
        .filter_map(Node::as_str)
        .collect();
    if !versions.iter().any(|version| version.starts_with(FHIR_VERSIONS)) {
        let read = if versions.is_empty() { "aucune".to_owned() } else { versions.join(", ") };
        return Err(PackageError(format!("version de FHIR attendue : 4.0.1 ; lue : {read}")));
    }
    Ok(Package { name: text("name")?, version: text("version")?, ..Package::default() })
}

impl Package {
    fn take(&mut self, path: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let resource =
            Node::parse(bytes).map_err(|error| PackageError(format!("{path} n'est pas du JSON : {error}")))?;
        match resource.str("resourceType") {
            Some("CodeSystem" | "ValueSet") => match Overlay::default().add(&resource) {
                Ok(()) => self.lists.push(resource),
                Err(fault) => self.refused.push((path.to_owned(), fault.to_string())),
            },
            Some("StructureDefinition") => self.refused.push((
                path.to_owned(),
                "les profils et extensions ne se chargent pas d'un paquet : ils viennent avec une version du programme"
                    .to_owned(),
            )),
            Some(_) => self.aside += 1,
            None => self.refused.push((path.to_owned(), "ce n'est pas une ressource FHIR".to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
