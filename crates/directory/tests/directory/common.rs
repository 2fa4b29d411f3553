//! A directory in a temporary folder, with a clock and a chance that repeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ror_confidentiality::{Audience, Grant, Rights, WriteScope};
use ror_directory::{Change, Directory, Environment, WriteError, Written};
use ror_fhir::{Node, node};
use ror_ledger::SqliteLedger;
use ror_profiles::Handling;
use ror_search::ResourceType;

pub(crate) const START: i64 = 1_767_250_800_000;

/// One for all directories of the process: two of them must not draw the same ids.
static CHANCE: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Bench {
    pub(crate) folder: Arc<tempfile::TempDir>,
    pub(crate) clock: Arc<AtomicI64>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: Arc::new(tempfile::tempdir().expect("a folder")), clock: Arc::new(AtomicI64::new(START)) }
    }

    /// Under the rules of the guide.
    pub(crate) fn open_ruled(&self) -> Arc<Directory> {
        let (ledger, environment) = self.parts();
        Directory::open(Arc::new(ledger), environment).expect("a directory")
    }

    /// The same ledger, read by a process with a clock of its own.
    pub(crate) fn beside(&self) -> (Self, Arc<Directory>) {
        let clock = Arc::new(AtomicI64::new(self.clock.load(Ordering::Relaxed)));
        let other = Self { folder: Arc::clone(&self.folder), clock };
        let directory = other.open();
        (other, directory)
    }

    /// Under no rule: resources may be as short as a test needs.
    #[expect(clippy::disallowed_methods, reason = "these tests are about versions and audiences, not contents")]
    pub(crate) fn open(&self) -> Arc<Directory> {
        let (ledger, environment) = self.parts();
        Directory::open_without_rules(Arc::new(ledger), environment).expect("a directory")
    }

    fn parts(&self) -> (SqliteLedger, Environment) {
        let ledger = SqliteLedger::open(&self.folder.path().join("ledger.sqlite")).expect("a ledger");
        let clock = Arc::clone(&self.clock);
        let random = |bytes: &mut [u8]| {
            // Weyl sequence: enough for numbers that differ.
            for chunk in bytes.chunks_mut(8) {
                let next =
                    CHANCE.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
            }
        };
        let environment = Environment {
            now: Arc::new(move || clock.load(Ordering::Relaxed)),
            random: Arc::new(random),
            geography: &ror_search::NoGeography,
        };
        (ledger, environment)
    }

    pub(crate) fn wait(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]
pub(crate) fn public() -> Grant {
    Grant::mint(Audience::PUBLIC, "public".into(), Rights::default())
}

#[expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]
pub(crate) fn everything() -> Grant {
    let rights = Rights { write: WriteScope::National, declassify: true, ..Rights::default() };
    Grant::mint(Audience::ALL_DATA, "régulation".into(), rights)
}

/// The same without the right to make anything less secret (D49).
#[expect(clippy::disallowed_methods, reason = "a test stands in for the identity crate")]
pub(crate) fn everything_but_secrets() -> Grant {
    let rights = Rights { write: WriteScope::National, ..Rights::default() };
    Grant::mint(Audience::ALL_DATA, "éditeur".into(), rights)
}

pub(crate) fn write(directory: &Directory, grant: &Grant, change: Change) -> Result<Written, WriteError> {
    directory.write(grant, change, Handling::Lenient)
}

pub(crate) fn read(directory: &Directory, grant: &Grant, rtype: ResourceType, id: &str) -> Option<Node> {
    let snapshot = directory.snapshot();
    let hit = snapshot.view(grant).read(rtype, id);
    hit.map(|hit| hit.to_node())
}

const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition";
const NOS: &str = "https://mos.esante.gouv.fr/NOS";

pub(crate) fn establishment(name: &str) -> Node {
    let kind = format!("{NOS}/TRE_G07-TypeIdentifiantStructure/FHIR/TRE-G07-TypeIdentifiantStructure");
    let category = format!("{NOS}/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement");
    node!({"resourceType": "Organization", "name": name,
        "identifier": [{"type": {"coding": [{"system": kind, "code": "1"}]}, "system": "https://finess.esante.gouv.fr",
            "value": "010000024"}],
        "type": [{"coding": [{"system": category, "code": "355"}]}]})
}

pub(crate) fn offer(name: &str, sensitive: bool, organization: &str, place: &str) -> Node {
    let field = format!("{NOS}/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite");
    let activity = format!("{NOS}/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle");
    node!({"resourceType": "HealthcareService", "name": name, "identifier": [{"value": format!("84/{organization}-{place}")}],
        "specialty": [{"coding": [{"system": activity, "code": "107"}]}],
        "extension": [{"url": format!("{ROR}/ror-healthcareservice-sensitive-unit"), "valueBoolean": sensitive}],
        "type": [{"coding": [{"system": field, "code": "01"}]}],
        "providedBy": {"reference": format!("Organization/{organization}")},
        "location": [{"reference": format!("Location/{place}")}]})
}

/// The same without identifier: it keeps the one it has, or is given one.
pub(crate) fn unnumbered(mut offer: Node) -> Node {
    offer.as_object_mut().expect("a resource").remove("identifier");
    offer
}

/// The same under another identifier.
pub(crate) fn numbered(mut offer: Node, value: &str) -> Node {
    offer.as_object_mut().expect("a resource").insert("identifier", node!([{"value": value}]));
    offer
}

pub(crate) fn place(name: &str, available: i64) -> Node {
    let coded = |list: &str, code: &str| node!({"coding": [{"system": format!("{NOS}/{list}"), "code": code}]});
    node!({"resourceType": "Location", "name": name, "extension": [
        {"url": format!("{ROR}/ror-location-supported-capacity"), "extension": [
            {"url": "nbCapacity", "valueInteger": available},
            {"url": "capacityStatus",
             "valueCodeableConcept": coded("TRE_R330-TypeStatutCapacite/FHIR/TRE-R330-TypeStatutCapacite", "02")}]}]})
}
