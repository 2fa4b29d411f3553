//! A country of few communes.

use ror_search::Geography;

/// Lyon and two of its arrondissements, and one commune that absorbed another.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewCommunes;

/// Each code with those it also stands for (D12).
const ALSO: [(&str, &[&str]); 3] = [("69123", &["69381", "69382"]), ("01001", &["01002"]), ("01002", &["01001"])];

impl Geography for FewCommunes {
    fn also(&self, commune: &str) -> Vec<String> {
        let found = ALSO.iter().find(|(code, _)| *code == commune);
        found.into_iter().flat_map(|(_, also)| also.iter().map(|code| (*code).to_owned())).collect()
    }
}
