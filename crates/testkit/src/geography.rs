//! A country of few communes.

use ror_search::{Geography, Territory};

/// Lyon and two of its arrondissements, and one commune that absorbed another.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewCommunes;

/// Each code with those it also stands for (D12).
const ALSO: [(&str, &[&str]); 3] = [("69123", &["69381", "69382"]), ("01001", &["01002"]), ("01002", &["01001"])];

/// Each code with its town hall, its département and its EPCI; all in one region. One commune has no
/// town hall on the map.
const COMMUNES: [(&str, Option<(f64, f64)>, &str, &str); 5] = [
    ("69123", Some((45.767_70, 4.835_99)), "69", "200046977"),
    ("69381", Some((45.769_67, 4.829_40)), "69", "200046977"),
    ("69382", None, "69", "200046977"),
    ("01001", Some((46.151_68, 4.920_07)), "01", "200069193"),
    ("01002", Some((46.151_68, 4.920_07)), "01", "200069193"),
];

impl Geography for FewCommunes {
    fn also(&self, commune: &str) -> Vec<String> {
        let found = ALSO.iter().find(|(code, _)| *code == commune);
        found.into_iter().flat_map(|(_, also)| also.iter().map(|code| (*code).to_owned())).collect()
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        COMMUNES.iter().find(|(code, ..)| *code == commune)?.1
    }

    fn territory(&self, commune: &str) -> Option<Territory> {
        let (_, _, departement, epci) = COMMUNES.iter().find(|(code, ..)| *code == commune)?;
        Some(Territory {
            departement: (*departement).to_owned(),
            region: "84".to_owned(),
            epci: Some((*epci).to_owned()),
        })
    }
}
