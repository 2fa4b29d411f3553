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
                report::say(&format!("{} {code} {kind}:{} {state}", right.id, right.scope.codes.join(",")));
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
    fn a_scope_is_a_word_and_codes() {
        assert_eq!(scope("nation").expect("a scope"), Scope::nation());
        assert_eq!(
            scope("eg:010000024,010000032").expect("a scope"),
            Scope::of(ScopeKind::Eg, ["010000024", "010000032"])
        );
        assert!(scope("galaxie:1").is_err());
    }
}
