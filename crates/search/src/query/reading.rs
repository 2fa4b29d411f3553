//! How a request was read, in plain French: what `_explain` tells (D78: of the request alone).

use super::criteria::Place;
use super::{Reader, Relation, quoted};
use crate::param::ask::{Asked, How, Leaf, unescape};
use crate::param::token::split_token;
use crate::{Family, ParamType, Parameter, Prefix};

/// A parameter that shapes the answer.
pub(super) fn of_result(name: &str, value: &str) -> String {
    let what = match name {
        "_count" => "Résultats par page",
        "_sort" => "Ordre des résultats",
        "_summary" => "Résumé des ressources",
        "_elements" => "Éléments gardés",
        "_total" => "Total, toujours exact",
        "_explain" => "Explication de la lecture",
        _ => "Forme de la réponse",
    };
    format!("{what} : {value}.")
}

/// An include.
pub(super) fn of_include(name: &str, value: &str) -> String {
    let also = if name.contains("iterate") { ", de proche en proche" } else { "" };
    if name.starts_with("_rev") {
        format!("Avec les ressources qui désignent celles trouvées, par {value}{also}.")
    } else {
        format!("Avec les ressources désignées, par {value}{also}.")
    }
}

/// A criterion: where it bears, what it compares, how, with what.
pub(super) fn of_criterion(
    reader: &Reader<'_>,
    place: &Place,
    parameter: &Parameter,
    leaf: &Leaf,
    how: How<'_>,
    asked: &Asked<'_>,
) -> String {
    let mut parts: Vec<String> = place.path.iter().map(|step| step_words(reader, *step)).collect();
    let test = test_words(reader, parameter, leaf, how, asked);
    let is_contrary = leaf.negated && how != How::Modifier("missing");
    let test = if is_contrary { format!("non ({test})") } else { test };
    parts.push(format!("{} {test}", parameter.label));
    parts.join(" › ")
}

fn step_words(reader: &Reader<'_>, step: Relation) -> String {
    let label = |reference| reader.registry.get(reference).label.to_string();
    match step {
        Relation::Target { reference, .. } | Relation::Source { reference, .. } => label(reference),
        Relation::Line { reference, .. } => format!("{} ou une au-dessus", label(reference)),
        Relation::Record(family) => format!("{family:?}"),
    }
}

/// What criteria of a family bear on, all together (D1): how many there are, and whether one that
/// is alone asks that there be none.
pub(super) fn of_family(family: Family, count: usize, is_contrary: bool) -> Option<String> {
    let (many, one, records) = match family {
        Family::Capacity => ("de capacité", "un seul enregistrement", "enregistrements"),
        Family::Equipment => ("d'équipement", "un seul équipement, et une seule de ses limites", "équipements"),
        Family::Dwelling => ("d'habitation", "un seul type d'habitation", "types d'habitation"),
        Family::Price => ("de tarif", "un seul tarif", "tarifs"),
    };
    match count {
        1 if is_contrary => Some(format!("Seul et nié, le critère {many} vaut de tous les {records} à la fois.")),
        1 => None,
        count => Some(format!("Les {count} critères {many} portent ensemble sur {one}.")),
    }
}

fn test_words(reader: &Reader<'_>, parameter: &Parameter, leaf: &Leaf, how: How<'_>, asked: &Asked<'_>) -> String {
    let each = |words: &dyn Fn(&String) -> String| asked.values.iter().map(words).collect::<Vec<_>>().join(" ou ");
    let plain = || each(&|value| quoted(&unescape(value)));
    let codes = || each(&|value| code_words(reader, value));
    if let Some(near) = &leaf.near {
        let around = |at: &crate::Circle| format!("au plus {} km de {}, {}", at.radius_km, at.latitude, at.longitude);
        return near.circles.iter().map(around).collect::<Vec<_>>().join(" ou ");
    }
    match (parameter.kind, how) {
        (_, How::Modifier("missing")) if leaf.negated => "non renseigné".to_owned(),
        (_, How::Modifier("missing")) => "renseigné".to_owned(),
        (ParamType::Token, How::Modifier("in" | "not-in")) => format!("dans la liste {}", plain()),
        (ParamType::Token, How::Modifier("below")) => format!("est ou dépend de {}", codes()),
        (ParamType::Token, How::Modifier("text")) => format!("a un libellé avec les mots {}", plain()),
        (ParamType::Token, _) => format!("vaut {}", codes()),
        (ParamType::String, How::Modifier("contains")) => format!("contient {}", plain()),
        (ParamType::String, How::Modifier("exact")) => format!("est exactement {}", plain()),
        (ParamType::String, How::Ends) => format!("finit par {}", plain()),
        (ParamType::String, _) => format!("commence par {}", plain()),
        (ParamType::Date | ParamType::Number | ParamType::Quantity, _) => each(&|value| compared_words(how, value)),
        (ParamType::Reference, How::Modifier("identifier")) => format!("porte l'identifiant {}", plain()),
        (ParamType::Reference, _) => format!("désigne {}", plain()),
        (ParamType::Composite, _) => format!("d'un enregistrement à soi : {}", plain()),
        (ParamType::Special, _) if !leaf.words.is_empty() => {
            let all = leaf.words.iter().map(|words| words.join(", ")).collect::<Vec<_>>();
            format!("contient les mots {}", all.join(" ou "))
        }
        (ParamType::Special | ParamType::Uri, _) => format!(": {}", plain()),
    }
}

/// A code with its label, where a list gives one.
fn code_words(reader: &Reader<'_>, value: &str) -> String {
    let (system, code) = split_token(value);
    let label = system.and_then(|system| {
        let systems = reader.terminology.resolve_coding(&system, &code).systems;
        systems.into_iter().find_map(|system| {
            let list = reader.terminology.code_system(system)?;
            list.concept(list.read_code(&code).code)?.display
        })
    });
    label.map_or_else(|| quoted(&code), |label| format!("{} ({label})", quoted(&code)))
}

fn compared_words(how: How<'_>, value: &str) -> String {
    let (prefix, text) = match how {
        How::Compared(prefix) => (prefix, value),
        _ => Prefix::split(value).unwrap_or((Prefix::Eq, value)),
    };
    let sign = match prefix {
        Prefix::Eq => "=",
        Prefix::Ne => "≠",
        Prefix::Gt => ">",
        Prefix::Lt => "<",
        Prefix::Ge => "≥",
        Prefix::Le => "≤",
        Prefix::Sa => "tout entier après",
        Prefix::Eb => "tout entier avant",
        Prefix::Ap => "environ",
    };
    let parts: Vec<String> = text.split('|').map(str::trim).map(str::to_owned).collect();
    match &parts[..] {
        [number, _, unit] => format!("{sign} {number} {unit}"),
        _ => format!("{sign} {text}"),
    }
}
