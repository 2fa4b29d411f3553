//! The policy as a person reads it: in French, one line per attribute, comparable line by line.

use std::fmt::Write as _;

use super::Policy;
use super::elements::{ElementRow, ExtensionRow, ResourceRow};
use super::rules::{self, Conditions, Rule};
use crate::Audience;

const PROFILES: [&str; 6] = [
    "données libres",
    "toutes les données",
    "tout sauf le très restreint",
    "médico-social : tout sauf le très restreint ; ailleurs comme le profil 0",
    "tout, sauf les contacts et les professionnels, vus comme le profil 0",
    "tout sauf le très restreint, sans les disponibilités",
];

const COLUMNS: &str = "| 0 | 1 | 2 | 3 | 4 | 5 | propriétaire |";
const RULES: &str = "|---|---|---|---|---|---|---|";

/// Writes the readers, the conditions, the rules, then each resource type.
pub(super) fn render(policy: &Policy) -> String {
    let mut out = String::new();
    write(policy, &mut out).expect("writing to a string does not fail");
    out
}

fn write(policy: &Policy, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# Politique d'accès, version {}\n", policy.version)?;
    writeln!(
        out,
        "Qui voit quoi, attribut par attribut. Cette page est écrite d'après la table que le serveur applique ; un test compare les deux. Source : `effectiveAccessRules` du guide ROR 0.7.0, amendées par les décisions citées (D18 à D32).\n"
    )?;
    for line in [
        "Ce qui n'est pas écrit ici n'est montré qu'au profil 1 et au propriétaire (règle OTHER) ; de même les types de ressource absents.",
        "Le texte de présentation (`text`) et les ressources contenues (`contained`) ne sont montrés à personne.",
        "Un attribut n'est montré qu'à qui voit aussi l'attribut qui le contient, et la fiche.",
        "Une référence n'est montrée qu'à qui voit aussi sa cible. Une référence sans cible connue : profil 1 et propriétaire.",
        "Un horaire daté (`availableTime`) dont la période est passée n'est montré qu'au propriétaire (RG_EXP_018, D80).",
        "Une offre sans identifiant, champ d'activité, structure porteuse connue ou activité opérationnelle n'est montrée qu'au propriétaire, comme les exercices de professionnels qui en dépendent ; pour ses lieux et ses professionnels, elle compte comme une unité sensible (RG_EXP_002, D34).",
        "Une anomalie n'est montrée qu'à qui voit l'objet signalé, sous chaque nom qu'elle lui donne, et l'attribut qu'elle désigne (`pathElementError`), tout entier. Un attribut qui ne se trouve pas, un objet inconnu : profil 1 et propriétaire (D30).",
        "Rien ne signale ce qui est retenu.",
    ] {
        writeln!(out, "* {line}")?;
    }
    write_readers(policy, out)?;
    write_conditions(out)?;
    writeln!(out, "\n## Règles\n\n| Règle | Porte sur | Niveau {COLUMNS} Décisions |\n|---|---|---{RULES}---|")?;
    for rule in &policy.rules {
        let decisions = if rule.decisions.is_empty() { "–".to_owned() } else { rule.decisions.join(", ") };
        writeln!(out, "| {} | {} | {} {} {decisions} |", rule.id, rule.title, rule.level, cells(rule))?;
    }
    policy.elements.resources.iter().try_for_each(|resource| write_resource(policy, resource, out))
}

fn write_readers(policy: &Policy, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Destinataires\n\n| Destinataire | Voit | Ainsi depuis la version |\n|---|---|---|")?;
    for (audience, sees) in Audience::all().zip(PROFILES) {
        match policy.since.iter().find(|(open, _)| *open == audience) {
            Some((_, since)) => writeln!(out, "| {audience} | {sees} | {since} |")?,
            None => writeln!(out, "| {audience} | rien : profil fermé | – |")?,
        }
    }
    writeln!(out, "| propriétaire | tout, sur les objets de son périmètre (D32) | toujours |")
}

fn write_conditions(out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Conditions\n\n| Écrit | Veut dire que |\n|---|---|\n| oui | rien n'est demandé |")?;
    writeln!(out, "| – | jamais |")?;
    for (_, _, short, meaning) in Conditions::TABLE {
        writeln!(out, "| {short} | {meaning} |")?;
    }
    writeln!(
        out,
        "\nUn niveau absent ou inconnu vaut 2 ; une offre sensible en jeu le porte à 3 (D24). « ou » sépare des cas : un seul suffit. Un professionnel est vu par l'un de ses exercices : un même exercice remplit toutes les conditions (D22)."
    )
}

fn write_resource(policy: &Policy, resource: &ResourceRow, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## {} ({})\n\n| Attribut | Nom | Niveau {COLUMNS} Source |", resource.name, resource.rtype)?;
    writeln!(out, "|---|---|---{RULES}---|")?;
    line(policy, "*la fiche*", "", &resource.rule, "", out)?;
    if let Some(rule) = &resource.rule_organisation_interne {
        line(policy, "*la fiche, organisation interne*", "", rule, "", out)?;
    }
    for element in &resource.elements {
        let rule = own_rule(resource, element);
        line(policy, &attribute(element), &element.name, rule, &remarks(element), out)?;
        if let Some(url) = &element.extension {
            write_parts(policy, &attribute(element), url, rule, out)?;
        }
    }
    Ok(())
}

/// The parts of an extension made of extensions.
fn write_parts(policy: &Policy, holder: &str, url: &str, rule: &str, out: &mut String) -> std::fmt::Result {
    let definition = policy.elements.extensions.iter().find(|definition: &&ExtensionRow| definition.url == url);
    for part in definition.into_iter().flat_map(|definition| &definition.parts) {
        let attribute = format!("{holder} / {}", last(&part.url));
        let rule = part.rule.as_deref().unwrap_or(rule);
        line(policy, &attribute, "", rule, if part.level.is_some() { "selon son niveau" } else { "" }, out)?;
        write_parts(policy, &attribute, &part.url, rule, out)?;
    }
    Ok(())
}

/// One attribute: name, level, who sees it under which condition, source.
fn line(policy: &Policy, attribute: &str, name: &str, rule: &str, remarks: &str, out: &mut String) -> std::fmt::Result {
    let rule = policy.rule(rules::find(&policy.rules, rule).expect("checked when the table was read"));
    let name = if name.is_empty() { "–" } else { name };
    let remarks = if remarks.is_empty() { String::new() } else { format!(" ; {remarks}") };
    let source = [std::slice::from_ref(&rule.id), &rule.decisions].concat().join(", ");
    writeln!(out, "| {attribute} | {name} | {} {} {source}{remarks} |", rule.level, cells(rule))
}

/// The rule of an element, or of the nearest element above that has one, or of the resource.
fn own_rule<'a>(resource: &'a ResourceRow, element: &'a ElementRow) -> &'a str {
    let above = element.path.rsplit_once('.').map_or("", |(above, _)| above);
    let holder = if element.extension.is_some() { &element.path } else { above };
    element.rule.as_deref().unwrap_or_else(|| rule_at(resource, holder))
}

fn rule_at<'a>(resource: &'a ResourceRow, path: &str) -> &'a str {
    let Some((above, _)) = path.rsplit_once('.') else { return &resource.rule };
    let row = resource.elements.iter().find(|row| row.path == path && row.extension.is_none());
    row.and_then(|row| row.rule.as_deref()).unwrap_or_else(|| rule_at(resource, above))
}

/// Who sees it: one cell per audience.
fn cells(rule: &Rule) -> String {
    let mut out = String::from("|");
    for alternatives in &rule.profiles {
        let when: Vec<String> = alternatives.iter().map(|needed| Conditions::french(*needed)).collect();
        let when = if when.is_empty() { "–".to_owned() } else { when.join(" ou ") };
        write!(out, " {when} |").expect("writing to a string does not fail");
    }
    out + " oui |"
}

fn attribute(element: &ElementRow) -> String {
    let path = element.path.split_once('.').map_or("", |(_, path)| path);
    let mut out = match &element.extension {
        Some(url) if path.is_empty() => last(url).to_owned(),
        Some(url) => format!("{path} / {}", last(url)),
        None => path.to_owned(),
    };
    let systems: Vec<&str> = element.systems.iter().map(|system| last(system)).collect();
    for (kind, values) in [("type", element.codes.join(", ")), ("nomenclature", systems.join(", "))] {
        if !values.is_empty() {
            write!(out, " ({kind} {values})").expect("writing to a string does not fail");
        }
    }
    out
}

/// What decides besides the rule.
fn remarks(element: &ElementRow) -> String {
    let mut remarks = Vec::new();
    if element.level.is_some() {
        remarks.push("selon son niveau");
    }
    if element.capacity {
        remarks.push("statut inconnu : OTHER");
    }
    if element.tells {
        remarks.push("vaut pour l'attribut qui la porte");
    }
    if element.agent {
        remarks.push("un professionnel : TASK-PERSON");
    }
    if element.home {
        remarks.push("lieu de vie : ORG-HOME");
    }
    remarks.join(" ; ")
}

fn last(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
