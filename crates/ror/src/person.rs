//! `ror person`: the rights of people, given and taken back by whoever holds the files.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ror_identity::people::{
    Giver, NewEntitlement, People, PeopleSettings, PersonKey, PersonProfile, Scope, ScopeKind, Standing,
};

use crate::cli::{Person, PersonName};
use crate::environment::{now, random};
use crate::providers;
use crate::{data, report};

pub(crate) fn run(command: &Person) -> anyhow::Result<ExitCode> {
    match command {
        Person::Give { who, name, profile, scope, data } => {
            let profile = PersonProfile::of_code(profile).with_context(|| {
                let codes: Vec<_> = PersonProfile::all().map(PersonProfile::code).collect();
                format!("profil inconnu : {profile} (parmi {})", codes.join(", "))
            })?;
            let new = NewEntitlement { to: key(who)?, name: name.clone(), profile, scope: self::scope(scope)? };
            report::say(&people(data)?.give(&new, Giver::Console, now())?);
        }
        Person::End { right, data } => {
            people(data)?.take_back(right, Giver::Console, now())?;
            report::say(&format!("{right} : retirée"));
        }
        Person::List { who, data } => {
            for (right, standing) in people(data)?.rights_of(&key(who)?.id(), now())? {
                let (code, kind) = (right.profile.code(), right.scope.kind.word());
                let state = if standing == Standing::Lapsed { "échue" } else { "en cours" };
                let by = if right.is_self_given() { "elle-même" } else { right.given_by.as_str() };
                let codes = right.scope.codes.join(",");
                report::say(&format!("{} {code} {kind}:{codes} {state}, donnée par {by}", right.id));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn people(folder: &std::path::Path) -> anyhow::Result<People> {
    let fetch = providers::fetch(&[])?;
    Ok(People::open(data::open(folder)?, PeopleSettings::default(), Box::new(random), &fetch, Arc::new(now))?)
}

fn key(who: &PersonName) -> anyhow::Result<PersonKey> {
    // A blank would be the number, or the account, of all those who have none.
    if [&who.national_id, &who.issuer, &who.subject].into_iter().flatten().any(|text| text.trim().is_empty()) {
        bail!("un numéro, un émetteur ou un compte vide ne désigne personne");
    }
    match (&who.national_id, &who.issuer, &who.subject) {
        (Some(number), None, None) => Ok(PersonKey::national(number)),
        (None, Some(issuer), Some(subject)) => Ok(PersonKey::account(issuer, subject)),
        _ => bail!("--national-id, ou --issuer avec --subject"),
    }
}

/// `nation`, `own`, or `KIND:CODE,CODE`.
fn scope(text: &str) -> anyhow::Result<Scope> {
    let (word, codes) = text.split_once(':').unwrap_or((text, ""));
    let kind = ScopeKind::of_word(word).with_context(|| {
        format!("périmètre inconnu : {word} (nation, region, departement, commune, ej, eg, offer, own)")
    })?;
    Ok(Scope::of(kind, codes.split(',').filter(|code| !code.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_names_nobody() {
        let who = |national_id: Option<&str>, issuer: Option<&str>, subject: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            key(&PersonName { national_id: text(national_id), issuer: text(issuer), subject: text(subject) }).is_ok()
        };
        assert!(who(Some("899900000053"), None, None) && who(None, Some("https://agents"), Some("u1")));
        assert!(
            !who(Some(""), None, None) && !who(Some(" "), None, None) && !who(None, Some("https://agents"), Some(""))
        );
    }

    #[test]
    fn a_scope_is_a_word_and_codes() {
        assert_eq!(scope("nation").expect("a scope"), Scope::nation());
        assert_eq!(
            scope("eg:010000024,010000032").expect("a scope"),
            Scope::of(ScopeKind::Eg, ["010000024", "010000032"])
        );
        assert!(scope("galaxie:1").is_err());
    }
}
