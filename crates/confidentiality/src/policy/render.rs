//! The policy as a person reads it: in French, in a stable order, comparable line by line.

use std::fmt::Write as _;

use super::Policy;
use super::elements::{ElementRow, ExtensionRow, ResourceRow};
use super::rules::{Conditions, Rule};

const PROFILES: [&str; 6] = [
    "données libres",
    "toutes les données",
    "tout sauf le très restreint",
    "médico-social ; ailleurs comme le profil 0",
    "tout sauf contacts et données personnelles",
    "tout sauf le très restreint, sans les disponibilités",
];

const FOLLOWS: &str = "comme ce qui le contient";

/// Writes rules first, then elements by resource type.
pub(super) fn render(policy: &Policy) -> String {
    let mut out = String::new();
    write(policy, &mut out).expect("writing to a string does not fail");
    out
}

fn write(policy: &Policy, out: &mut String) -> std::fmt::Result {
    writeln!(out, "Politique d'accès, version {}", policy.version)?;
    writeln!(out, "\nDestinataires")?;
    for (profile, sees) in PROFILES.iter().enumerate() {
        let open = policy.open_profiles.contains(&(profile as u8));
        writeln!(
            out,
            "  profil {profile} : {sees}{}",
            if open { "" } else { " (fermé : ne voit rien pour l'instant)" }
        )?;
    }
    writeln!(out, "  propriétaire : tout, sur les objets de son périmètre")?;
    writeln!(out, "\nCe qui n'est pas écrit ici n'est montré qu'au profil 1 et au propriétaire.")?;
    writeln!(
        out,
        "Le texte de présentation (text) et les ressources contenues (contained) ne sont montrés à personne."
    )?;
    writeln!(out, "Les types de ressource absents d'ici ne sont montrés qu'au profil 1 et au propriétaire.")?;
    writeln!(out, "Un élément n'est montré qu'à qui voit aussi l'élément qui le contient, et la ressource.")?;
    writeln!(out, "Une référence n'est montrée qu'à qui voit aussi sa cible.")?;
    writeln!(out, "\nRègles")?;
    for rule in &policy.rules {
        write_rule(policy, rule, out)?;
    }
    for resource in &policy.elements.resources {
        write_resource(resource, &policy.elements.extensions, out)?;
    }
    Ok(())
}

fn write_rule(policy: &Policy, rule: &Rule, out: &mut String) -> std::fmt::Result {
    write!(out, "\n  {} — {}", rule.id, rule.title)?;
    if !rule.decisions.is_empty() {
        write!(out, " ({})", rule.decisions.join(", "))?;
    }
    writeln!(out)?;
    for profile in &policy.open_profiles {
        let alternatives = &rule.profiles[usize::from(*profile)];
        let when: Vec<String> = alternatives.iter().map(|needed| Conditions::french(*needed)).collect();
        let when = if when.is_empty() { "jamais".into() } else { when.join(" ; ou ") };
        writeln!(out, "    profil {profile} : {when}")?;
    }
    Ok(())
}

fn write_resource(resource: &ResourceRow, definitions: &[ExtensionRow], out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n{} — {}", resource.rtype, resource.name)?;
    writeln!(out, "  la ressource : {}", resource.rule)?;
    if let Some(rule) = &resource.rule_organisation_interne {
        writeln!(out, "  la ressource, organisation interne : {rule}")?;
    }
    for element in &resource.elements {
        write_element(element, out)?;
        if let Some(url) = &element.extension {
            write_parts(url, definitions, depth(element) + 1, out)?;
        }
    }
    Ok(())
}

fn write_element(element: &ElementRow, out: &mut String) -> std::fmt::Result {
    let own = match &element.extension {
        Some(url) => format!("extension {}", last(url)),
        None => last_step(&element.path).into(),
    };
    write!(out, "{:indent$}{own}", "", indent = 2 * depth(element))?;
    if !element.codes.is_empty() {
        write!(out, " (type {})", element.codes.join(", "))?;
    }
    if !element.systems.is_empty() {
        let systems: Vec<&str> = element.systems.iter().map(|system| last(system)).collect();
        write!(out, " (nomenclature {})", systems.join(", "))?;
    }
    write!(out, " : {}", element.rule.as_deref().unwrap_or(FOLLOWS))?;
    if element.level.is_some() {
        write!(out, ", selon son niveau")?;
    }
    if element.capacity {
        write!(out, ", statut inconnu : OTHER")?;
    }
    if element.tells {
        write!(out, ", ainsi que ce qui la porte")?;
    }
    if element.home {
        write!(out, " ; lieu de vie : ORG-HOME")?;
    }
    if !element.name.is_empty() {
        write!(out, " — {}", element.name)?;
    }
    writeln!(out)
}

/// The parts of an extension made of extensions.
fn write_parts(url: &str, definitions: &[ExtensionRow], depth: usize, out: &mut String) -> std::fmt::Result {
    let Some(definition) = definitions.iter().find(|definition| definition.url == url) else { return Ok(()) };
    for part in &definition.parts {
        let rule = part.rule.as_deref().unwrap_or(FOLLOWS);
        let level = if part.level.is_some() { ", selon son niveau" } else { "" };
        writeln!(out, "{:indent$}extension {} : {rule}{level}", "", last(&part.url), indent = 2 * depth)?;
        write_parts(&part.url, definitions, depth + 1, out)?;
    }
    Ok(())
}

fn depth(element: &ElementRow) -> usize {
    element.path.matches('.').count() + usize::from(element.extension.is_some())
}

fn last(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn last_step(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
