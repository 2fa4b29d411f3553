//! Parameters that shape the answer: order, pages, summaries.

use super::{QueryError, Reader};
use crate::{ParamId, ParamType, ResourceType};

/// Name of the parameter that carries the cursor of a page.
pub(super) const PAGE: &str = "_page";
/// Matches on a page when a request does not say (RG_RECH_52, D5).
const COUNT_DEFAULT: usize = 200;
/// Most matches on a page (D5).
const COUNT_MAX: usize = 1_000;

/// Most sort keys of a request: the next page link carries the value of each.
const SORT_KEYS_MAX: usize = 8;

/// Order, page and shape of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultParameters {
    /// Matches per page, 0 to 1 000.
    pub count: usize,
    /// Sort keys, the first one first.
    pub sort: Vec<Sort>,
    /// `_summary`
    pub summary: Summary,
    /// `_elements`: top-level elements to keep; empty keeps all.
    pub elements: Vec<String>,
    /// The sealed cursor of a page.
    pub page: Option<String>,
    /// `_explain`: tell how the request was read and answered.
    pub explain: bool,
}

impl Default for ResultParameters {
    fn default() -> Self {
        Self {
            count: COUNT_DEFAULT,
            sort: Vec::new(),
            summary: Summary::default(),
            elements: Vec::new(),
            page: None,
            explain: false,
        }
    }
}

/// `_summary` (FHIR R4 §3.1.1.5.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Summary {
    /// Whole resources.
    #[default]
    False,
    /// The elements FHIR marks as summary.
    True,
    /// Id, meta and mandatory elements: no narrative is stored.
    Text,
    /// All but the narrative: whole resources here.
    Data,
    /// The total only.
    Count,
}

/// One sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
}

/// What results are sorted by (D7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The logical id.
    Id,
    /// The update date.
    LastUpdated,
    /// A string, token or date parameter of the type searched.
    Parameter(ParamId),
    /// A parameter of what a reference leads to.
    Chained {
        /// The reference.
        reference: ParamId,
        /// The type it leads to.
        target: ResourceType,
        /// The parameter of the target.
        parameter: ParamId,
    },
    /// Distance from the circles of the `near` criterion.
    Distance,
    /// How well the words asked for are met (D15): written without `-`, the best come last.
    Score,
}

/// Parameters of FHIR refused with a reason (D3).
const REFUSED: [(&str, &str); 9] = [
    ("_contained", "aucune ressource contenue n'est conservée"),
    ("_containedType", "aucune ressource contenue n'est conservée"),
    ("_profile", "le profil d'une ressource n'est pas un critère : toutes suivent ceux du ROR"),
    ("_security", "les étiquettes de sécurité ne sont pas servies"),
    ("_source", "la source d'une ressource n'est pas servie ; la région l'est par _tag"),
    ("_text", "aucun texte narratif n'est conservé ; voir name"),
    ("_list", "aucune liste n'est gérée"),
    ("_query", "aucune requête nommée n'est définie"),
    ("_type", "le type est celui de l'adresse"),
];

/// Parameters that mean one thing: a second one would be ignored, or ignore the first (D3).
const ONCE: [&str; 6] = ["_count", "_summary", "_elements", "_total", "_pretty", "_explain"];

impl Reader<'_> {
    /// Reads a result parameter; `None` when `name` is not one.
    pub(super) fn result_parameter(&mut self, name: &str, value: &str) -> Option<Result<(), QueryError>> {
        let refused = REFUSED.iter().find(|(known, _)| *known == name.split(':').next().unwrap_or(name));
        if let Some((_, reason)) = refused {
            return Some(Err(QueryError::new(name, format!("Paramètre « {name} » non pris en charge : {reason}."))));
        }
        if ONCE.contains(&name) && self.query.parameters.iter().any(|(known, _)| known == name) {
            let message = format!("« {name} » est donné deux fois : lequel compte ?");
            return Some(Err(QueryError::new(name, message)));
        }
        let result = &mut self.query.result;
        Some(match name {
            "_count" => count(value).map(|count| result.count = count),
            "_summary" => summary(value).map(|summary| result.summary = summary),
            "_elements" => elements(value).map(|elements| result.elements = elements),
            "_sort" => self.sort(value),
            PAGE => {
                result.page = Some(value.to_owned());
                Ok(())
            }
            "_total" => one_of(name, value, &["none", "estimate", "accurate"]),
            "_pretty" => one_of(name, value, &["true", "false"]),
            "_explain" => one_of(name, value, &["true", "false"]).map(|()| result.explain = value == "true"),
            // Judged with the Accept header (D16).
            "_format" => Ok(()),
            _ => return None,
        })
    }

    fn sort(&mut self, value: &str) -> Result<(), QueryError> {
        for written in value.split(',') {
            if self.query.result.sort.len() == SORT_KEYS_MAX {
                return Err(QueryError::new("_sort", format!("Au plus {SORT_KEYS_MAX} clés de tri.")));
            }
            let key = written.trim();
            let (descending, key) = key.strip_prefix('-').map_or((false, key), |key| (true, key));
            let by = self.sort_by(key).ok_or_else(|| self.unknown_sort_key(key))?;
            match by {
                SortBy::Parameter(parameter) => self.reads("_sort", parameter),
                SortBy::Chained { reference, parameter, .. } => {
                    self.reads("_sort", reference);
                    self.reads("_sort", parameter);
                }
                SortBy::Id | SortBy::LastUpdated | SortBy::Distance | SortBy::Score => {}
            }
            self.query.result.sort.push(Sort { by, descending });
        }
        Ok(())
    }

    fn sort_by(&self, key: &str) -> Option<SortBy> {
        let rtype = self.query.rtype;
        match key.split_once('.') {
            None => match key {
                "_id" => Some(SortBy::Id),
                "_lastUpdated" => Some(SortBy::LastUpdated),
                "_score" => Some(SortBy::Score),
                "near" if rtype == ResourceType::Location => Some(SortBy::Distance),
                _ => Some(SortBy::Parameter(self.sortable(rtype, key)?)),
            },
            Some(("location", "near")) => Some(SortBy::Distance),
            Some((reference, key)) => {
                let reference = self.registry.find(rtype, reference)?;
                let [target] = reference.targets[..] else { return None };
                Some(SortBy::Chained { reference: reference.id, target, parameter: self.sortable(target, key)? })
            }
        }
    }

    fn sortable(&self, rtype: ResourceType, name: &str) -> Option<ParamId> {
        let parameter = self.registry.find(rtype, name)?;
        // The update date is that of an audience: it is no value of the resource.
        let is_kept = matches!(parameter.kind, ParamType::String | ParamType::Token) || parameter.kind.is_ordered();
        (is_kept && name != "_lastUpdated").then_some(parameter.id)
    }

    fn unknown_sort_key(&self, key: &str) -> QueryError {
        let rtype = self.query.rtype;
        let names = self.registry.of(rtype).filter(|p| self.sortable(rtype, &p.name).is_some()).map(|p| &*p.name);
        QueryError::unknown("_sort", "Clé de tri inconnue", key, names.chain(["_lastUpdated", "_id", "_score"]))
    }
}

fn count(value: &str) -> Result<usize, QueryError> {
    let natural = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !natural {
        let expected = format!("nombre entier attendu pour _count, de 0 à {COUNT_MAX}");
        return Err(QueryError::expected("_count", &expected, value));
    }
    // More digits than a number holds is still "above the maximum" (D5).
    Ok(value.parse().unwrap_or(COUNT_MAX).min(COUNT_MAX))
}

fn summary(value: &str) -> Result<Summary, QueryError> {
    Ok(match value {
        "true" => Summary::True,
        "false" => Summary::False,
        "text" => Summary::Text,
        "data" => Summary::Data,
        "count" => Summary::Count,
        _ => {
            let known = ["true", "false", "text", "data", "count"];
            return Err(QueryError::unknown("_summary", "Valeur inconnue", value, known));
        }
    })
}

fn elements(value: &str) -> Result<Vec<String>, QueryError> {
    let names: Vec<_> = value.split(',').map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if names.iter().all(is_name) {
        return Ok(names);
    }
    Err(QueryError::expected(
        "_elements",
        "noms d'éléments de premier niveau attendus, séparés par des virgules",
        value,
    ))
}

fn one_of(name: &str, value: &str, known: &[&str]) -> Result<(), QueryError> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(QueryError::unknown(name, "Valeur inconnue", value, known.iter().copied()))
}
