//! A country of few communes.

use ror_search::{Geography, Territory};

/// Lyon and two of its arrondissements, one commune that absorbed another, one overseas.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewCommunes;

/// Each code with those it also stands for (D12).
const ALSO: [(&str, &[&str]); 3] = [("69123", &["69381", "69382"]), ("01001", &["01002"]), ("01002", &["01001"])];
/// Where the town halls are; the absorbed commune has none.
const POSITIONS: [(&str, (f64, f64)); 5] = [
    ("69123", (45.759, 4.8415)),
    ("69381", (45.7675, 4.835)),
    ("69382", (45.75, 4.83)),
    ("01001", (46.15, 4.92)),
    ("97411", (-20.8789, 55.4481)),
];
/// Département, region, EPCI.
const TERRITORIES: [(&str, &str, &str, Option<&str>); 6] = [
    ("69123", "69", "84", Some("200046977")),
    ("69381", "69", "84", Some("200046977")),
    ("69382", "69", "84", Some("200046977")),
    ("01001", "01", "84", Some("200069193")),
    ("01002", "01", "84", None),
    ("97411", "974", "04", Some("249740119")),
];

impl Geography for FewCommunes {
    fn also(&self, commune: &str) -> Vec<String> {
        let found = ALSO.iter().find(|(code, _)| *code == commune);
        found.into_iter().flat_map(|(_, also)| also.iter().map(|code| (*code).to_owned())).collect()
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        POSITIONS.iter().find(|(code, _)| *code == commune).map(|(_, position)| *position)
    }

    fn territory(&self, commune: &str) -> Option<Territory> {
        let (_, departement, region, epci) = TERRITORIES.iter().find(|(code, ..)| *code == commune)?;
        Some(Territory {
            departement: (*departement).to_owned(),
            region: (*region).to_owned(),
            epci: epci.map(ToOwned::to_owned),
        })
    }
}
