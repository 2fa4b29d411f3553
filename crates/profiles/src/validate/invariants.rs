//! Invariants of FHIR R4 that can be stated simply, as a table.
//!
//! Elsewhere: ele-1 (an element has a value or parts) and dom-2 to dom-5 (contained resources,
//! refused by D18) in the walk, ext-1 with extensions, ref-1 with references. Left out: dom-6
//! and the narrative (none is stored), que-0 and mea-0 (the guide's own names break that
//! advice), and those of types that nothing here uses (Age, Count, Distance, Duration).

use std::collections::HashSet;

use ror_fhir::{DateTime, Decimal, Node, Quantity};

use super::{Told, Walk};
use crate::finding::Severity;
use crate::rule::Rule;
use crate::work::work;

/// An invariant of a type.
pub(super) struct Invariant {
    /// FHIR's key.
    key: &'static str,
    /// What is asked, in French.
    expected: &'static str,
    /// What is wrong.
    message: &'static str,
    /// Whether lenient handling takes it with a warning.
    is_tolerated: bool,
    holds: fn(&Node) -> bool,
}

const fn invariant(
    key: &'static str,
    expected: &'static str,
    message: &'static str,
    holds: fn(&Node) -> bool,
) -> Invariant {
    Invariant { key, expected, message, is_tolerated: false, holds }
}

/// The invariants of a type or backbone.
pub(super) fn of(type_name: &str) -> &'static [Invariant] {
    TABLE.iter().find(|(name, _)| *name == type_name).map_or(&[], |(_, list)| list)
}

/// Types with their invariants.
const TABLE: &[(&str, &[Invariant])] = &[
    ("ContactPoint", CONTACT_POINT),
    ("Period", PERIOD),
    ("Range", RANGE),
    ("Quantity", QUANTITY),
    ("Attachment", ATTACHMENT),
    ("Ratio", RATIO),
    ("Expression", EXPRESSION),
    ("Timing.repeat", TIMING),
    ("Organization", ORGANIZATION),
    ("Questionnaire", QUESTIONNAIRE),
    ("Questionnaire.item", QUESTIONNAIRE_ITEM),
    ("Questionnaire.item.enableWhen", ENABLE_WHEN),
    ("Task", TASK),
    ("Measure.group.stratifier", MEASURE_STRATIFIER),
    ("MeasureReport", MEASURE_REPORT),
    ("MeasureReport.group.stratifier.stratum", STRATUM),
];

const CONTACT_POINT: &[Invariant] = &[Invariant {
    is_tolerated: true,
    ..invariant(
        "cpt-2",
        "system : phone, email, url…",
        "La valeur est donnée sans le genre de moyen de contact (system).",
        |it| needs(it, "value", &["system"]),
    )
}];
const PERIOD: &[Invariant] =
    &[invariant("per-1", "un début avant la fin", "La période finit avant de commencer.", |it| {
        let bound = |key| it.str(key).and_then(|text| DateTime::parse(text).ok());
        bound("start").zip(bound("end")).is_none_or(|(start, end)| start.start < end.end)
    })];
const RANGE: &[Invariant] = &[
    invariant(
        "rng-2",
        "une borne basse au plus égale à la borne haute",
        "La borne basse dépasse la borne haute.",
        |it| {
            let bound = |key| it.get(key).and_then(Quantity::read);
            bound("low").zip(bound("high")).is_none_or(|(low, high)| low.code != high.code || low.value <= high.value)
        },
    ),
    invariant("sqt-1", "des bornes sans comparateur", "Les bornes d'un intervalle n'ont pas de comparateur.", |it| {
        ["low", "high"].iter().all(|key| it.get(key).is_none_or(|bound| bound.get("comparator").is_none()))
    }),
];
const QUANTITY: &[Invariant] = &[Invariant {
    is_tolerated: true,
    ..invariant("qty-3", "le système du code de l'unité", "Le code d'unité est donné sans son système.", |it| {
        needs(it, "code", &["system"])
    })
}];
const ATTACHMENT: &[Invariant] = &[invariant("att-1", "contentType", "Le contenu est donné sans son type.", |it| {
    needs(it, "data", &["contentType"])
})];
const RATIO: &[Invariant] =
    &[invariant("rat-1", "numérateur et dénominateur", "Un rapport a ses deux termes, ou aucun.", |it| {
        has(it, "numerator") == has(it, "denominator") && (has(it, "numerator") || has(it, "extension"))
    })];
const EXPRESSION: &[Invariant] =
    &[invariant("exp-1", "expression ou reference", "L'expression n'est ni écrite ni nommée.", |it| {
        has(it, "expression") || has(it, "reference")
    })];
const TIMING: &[Invariant] = &[
    invariant("tim-1", "durationUnit", "La durée est donnée sans unité.", |it| {
        needs(it, "duration", &["durationUnit"])
    }),
    invariant("tim-2", "periodUnit", "La période est donnée sans unité.", |it| needs(it, "period", &["periodUnit"])),
    invariant("tim-4", "une durée positive ou nulle", "La durée est négative.", |it| {
        is_not_negative(it, "duration")
    }),
    invariant("tim-5", "une période positive ou nulle", "La période est négative.", |it| {
        is_not_negative(it, "period")
    }),
    invariant("tim-6", "period", "La période la plus longue est donnée sans période.", |it| {
        needs(it, "periodMax", &["period"])
    }),
    invariant("tim-7", "duration", "La durée la plus longue est donnée sans durée.", |it| {
        needs(it, "durationMax", &["duration"])
    }),
    invariant("tim-8", "count", "Le compte le plus grand est donné sans compte.", |it| {
        needs(it, "countMax", &["count"])
    }),
    invariant("tim-9", "when", "Le décalage est donné sans moment.", |it| needs(it, "offset", &["when"])),
    invariant("tim-10", "timeOfDay ou when", "L'heure et le moment sont donnés ensemble.", |it| {
        !(has(it, "timeOfDay") && has(it, "when"))
    }),
];
const ORGANIZATION: &[Invariant] = &[
    invariant("org-1", "un identifiant ou un nom", "La structure n'a ni identifiant ni nom.", |it| {
        has(it, "identifier") || has(it, "name") || has(it, "_name")
    }),
    invariant("org-2", "une adresse de travail", "L'adresse d'une structure n'est pas un domicile.", |it| {
        !is_home(it, "address")
    }),
    invariant(
        "org-3",
        "un moyen de contact de travail",
        "Le moyen de contact d'une structure n'est pas personnel.",
        |it| !is_home(it, "telecom"),
    ),
];
const QUESTIONNAIRE: &[Invariant] =
    &[invariant("que-2", "un linkId par question", "Deux questions ont le même linkId.", |it| {
        let mut seen = HashSet::new();
        let mut waiting: Vec<&Node> = it.items("item").collect();
        while let Some(item) = waiting.pop() {
            work(1);
            if item.str("linkId").is_some_and(|link| !seen.insert(link)) {
                return false;
            }
            waiting.extend(item.items("item"));
        }
        true
    })];
const QUESTIONNAIRE_ITEM: &[Invariant] = &[
    invariant(
        "que-1",
        "un groupe avec des questions, un affichage sans",
        "Un groupe a des questions ; un affichage n'en a pas.",
        |it| !(is(it, &["group"]) && !has(it, "item") || is(it, &["display"]) && has(it, "item")),
    ),
    invariant("que-3", "un affichage sans code", "Un affichage ne porte pas de code.", |it| {
        !(is(it, &["display"]) && has(it, "code"))
    }),
    invariant(
        "que-4",
        "answerOption ou answerValueSet",
        "Les réponses viennent d'une liste ou d'un jeu de valeurs, pas des deux.",
        |it| !(has(it, "answerOption") && has(it, "answerValueSet")),
    ),
    invariant("que-5", "une question à choix", "Seule une question à choix propose des réponses.", |it| {
        let may = ["choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"];
        !(has(it, "answerOption") || has(it, "answerValueSet")) || is(it, &may)
    }),
    invariant(
        "que-6",
        "un affichage ni obligatoire ni répété",
        "Un affichage n'est ni obligatoire ni répété.",
        |it| !(is(it, &["display"]) && (has(it, "required") || has(it, "repeats"))),
    ),
    invariant(
        "que-8",
        "une valeur initiale sur une question",
        "Un groupe ou un affichage n'a pas de valeur initiale.",
        |it| !(is(it, &["group", "display"]) && has(it, "initial")),
    ),
    invariant(
        "que-9",
        "un affichage sans readOnly",
        "Un affichage n'est pas en lecture seule : il n'attend rien.",
        |it| !(is(it, &["display"]) && has(it, "readOnly")),
    ),
    invariant("que-10", "une longueur sur une réponse simple", "Seule une réponse simple a une longueur.", |it| {
        let simple = ["boolean", "decimal", "integer", "string", "text", "url", "open-choice"];
        !has(it, "maxLength") || is(it, &simple)
    }),
    invariant(
        "que-11",
        "initialSelected sur les réponses proposées",
        "Avec des réponses proposées, la valeur initiale se marque sur elles.",
        |it| !(has(it, "answerOption") && has(it, "initial")),
    ),
    invariant(
        "que-12",
        "enableBehavior : all ou any",
        "Plusieurs conditions demandent de dire s'il les faut toutes.",
        |it| it.items("enableWhen").nth(1).is_none() || has(it, "enableBehavior"),
    ),
    invariant(
        "que-13",
        "une valeur initiale, ou une question répétée",
        "Plusieurs valeurs initiales demandent une question répétée.",
        |it| it.items("initial").nth(1).is_none() || it.get("repeats").and_then(Node::as_bool) == Some(true),
    ),
];
const ENABLE_WHEN: &[Invariant] =
    &[invariant("que-7", "une réponse oui ou non", "L'opérateur exists attend une réponse oui ou non.", |it| {
        it.str("operator") != Some("exists") || has(it, "answerBoolean")
    })];
const TASK: &[Invariant] = &[invariant(
    "inv-1",
    "une modification après la création",
    "La dernière modification précède la création.",
    |it| {
        let date = |key| it.str(key).and_then(|text| DateTime::parse(text).ok());
        date("authoredOn").zip(date("lastModified")).is_none_or(|(first, last)| first.start < last.end)
    },
)];
const MEASURE_STRATIFIER: &[Invariant] = &[invariant(
    "mea-1",
    "un critère, ou des composantes",
    "La stratification a un critère ou des composantes.",
    |it| {
        let is_single = has(it, "code") || has(it, "description") || has(it, "criteria");
        is_single != has(it, "component")
    },
)];
const MEASURE_REPORT: &[Invariant] =
    &[invariant("mrp-1", "aucun groupe", "Un recueil de données ne porte pas de résultats.", |it| {
        it.str("type") != Some("data-collection") || !has(it, "group")
    })];
const STRATUM: &[Invariant] =
    &[invariant("mrp-2", "une valeur, ou des composantes", "Une strate a une valeur ou des composantes.", |it| {
        has(it, "value") != has(it, "component")
    })];

fn has(node: &Node, key: &str) -> bool {
    node.get(key).is_some()
}

/// With `key` come all of `others`.
fn needs(node: &Node, key: &str, others: &[&str]) -> bool {
    !has(node, key) || others.iter().all(|other| has(node, other))
}

fn is(item: &Node, types: &[&str]) -> bool {
    item.str("type").is_some_and(|kind| types.contains(&kind))
}

fn is_home(node: &Node, key: &str) -> bool {
    node.items(key).any(|it| it.str("use") == Some("home"))
}

fn is_not_negative(node: &Node, key: &str) -> bool {
    let number = node.get(key).and_then(Node::as_number).and_then(|text| Decimal::parse(text).ok());
    number.is_none_or(|number| Decimal::parse("0").is_ok_and(|zero| number >= zero))
}

impl Walk<'_> {
    /// Reports the invariants of a type that a node breaks. What a rule asks by itself is told by
    /// that rule.
    pub(super) fn invariants(&mut self, node: &Node, type_name: &str, rules: &[&'static Rule]) {
        for invariant in of(type_name).iter().filter(|invariant| !(invariant.holds)(node)) {
            let is_told = |rule: &&Rule| invariant.key == "cpt-2" && rule.child("system").is_some_and(|it| it.min > 0);
            if rules.iter().any(is_told) {
                continue;
            }
            let severity = if invariant.is_tolerated { self.tolerated() } else { Severity::Error };
            self.report(severity, "invariant", "", || Told {
                expected: invariant.expected.to_owned(),
                rule: format!("FHIR R4 : {}", invariant.key),
                message: invariant.message.to_owned(),
                value: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::{Node, node};

    use super::{TABLE, of};

    /// Type, key, a node that keeps it, a node that breaks it alone.
    fn cases() -> Vec<(&'static str, &'static str, Node, Node)> {
        let item = |good: Node, bad: Node, key| ("Questionnaire.item", key, good, bad);
        let mut all = vec![
            ("ContactPoint", "cpt-2", node!({"system": "phone", "value": "1"}), node!({"value": "1"})),
            (
                "Period",
                "per-1",
                node!({"start": "2026", "end": "2026-01"}),
                node!({"start": "2026-02", "end": "2026-01"}),
            ),
            (
                "Range",
                "rng-2",
                node!({"low": {"value": 1}, "high": {"value": 1.0}}),
                node!({"low": {"value": 2}, "high": {"value": 1}}),
            ),
            ("Range", "sqt-1", node!({"low": {"value": 1}}), node!({"low": {"value": 1, "comparator": "<"}})),
            ("Quantity", "qty-3", node!({"code": "a", "system": "s"}), node!({"code": "a"})),
            ("Attachment", "att-1", node!({"data": "aGk=", "contentType": "text/plain"}), node!({"data": "aGk="})),
            ("Ratio", "rat-1", node!({"numerator": {}, "denominator": {}}), node!({"numerator": {}})),
            ("Expression", "exp-1", node!({"expression": "x"}), node!({"language": "x"})),
            ("Organization", "org-1", node!({"name": "x"}), node!({"alias": ["x"]})),
            (
                "Organization",
                "org-2",
                node!({"name": "x", "address": [{"use": "work"}]}),
                node!({"name": "x", "address": [{"use": "home"}]}),
            ),
            (
                "Organization",
                "org-3",
                node!({"name": "x", "telecom": [{"use": "work"}]}),
                node!({"name": "x", "telecom": [{"use": "home"}]}),
            ),
            (
                "Questionnaire",
                "que-2",
                node!({"item": [{"linkId": "1", "item": [{"linkId": "1.1"}]}]}),
                node!({"item": [{"linkId": "1", "item": [{"linkId": "1"}]}]}),
            ),
            (
                "Questionnaire.item.enableWhen",
                "que-7",
                node!({"operator": "exists", "answerBoolean": true}),
                node!({"operator": "exists", "answerString": "x"}),
            ),
            (
                "Task",
                "inv-1",
                node!({"authoredOn": "2026-01-15", "lastModified": "2026-01-15T08:00:00Z"}),
                node!({"authoredOn": "2026-01-15", "lastModified": "2026-01-14"}),
            ),
            ("Measure.group.stratifier", "mea-1", node!({"code": {}}), node!({"code": {}, "component": []})),
            (
                "MeasureReport",
                "mrp-1",
                node!({"type": "summary", "group": []}),
                node!({"type": "data-collection", "group": []}),
            ),
            ("MeasureReport.group.stratifier.stratum", "mrp-2", node!({"value": {}}), node!({})),
        ];
        for (key, good, bad) in [
            ("tim-1", node!({"duration": 1, "durationUnit": "h"}), node!({"duration": 1})),
            ("tim-2", node!({"period": 1, "periodUnit": "h"}), node!({"period": 1})),
            ("tim-4", node!({"duration": 0, "durationUnit": "h"}), node!({"duration": -1, "durationUnit": "h"})),
            ("tim-5", node!({"period": 0, "periodUnit": "h"}), node!({"period": -1, "periodUnit": "h"})),
            ("tim-6", node!({"periodMax": 1, "period": 1, "periodUnit": "h"}), node!({"periodMax": 1})),
            ("tim-7", node!({"durationMax": 1, "duration": 1, "durationUnit": "h"}), node!({"durationMax": 1})),
            ("tim-8", node!({"countMax": 1, "count": 1}), node!({"countMax": 1})),
            ("tim-9", node!({"offset": 1, "when": ["AC"]}), node!({"offset": 1})),
            ("tim-10", node!({"when": ["AC"]}), node!({"when": ["AC"], "timeOfDay": ["08:00:00"]})),
        ] {
            all.push(("Timing.repeat", key, good, bad));
        }
        all.extend([
            item(node!({"type": "group", "item": [{}]}), node!({"type": "group"}), "que-1"),
            item(node!({"type": "choice", "code": []}), node!({"type": "display", "code": []}), "que-3"),
            item(
                node!({"type": "choice", "answerOption": []}),
                node!({"type": "choice", "answerOption": [], "answerValueSet": "x"}),
                "que-4",
            ),
            item(
                node!({"type": "choice", "answerValueSet": "x"}),
                node!({"type": "boolean", "answerValueSet": "x"}),
                "que-5",
            ),
            item(node!({"type": "string", "required": true}), node!({"type": "display", "required": true}), "que-6"),
            item(node!({"type": "string", "initial": [{}]}), node!({"type": "display", "initial": [{}]}), "que-8"),
            item(node!({"type": "string", "readOnly": true}), node!({"type": "display", "readOnly": true}), "que-9"),
            item(node!({"type": "string", "maxLength": 3}), node!({"type": "date", "maxLength": 3}), "que-10"),
            item(
                node!({"type": "choice", "answerOption": []}),
                node!({"type": "choice", "answerOption": [], "initial": [{}]}),
                "que-11",
            ),
            item(node!({"enableWhen": [{}, {}], "enableBehavior": "all"}), node!({"enableWhen": [{}, {}]}), "que-12"),
            item(node!({"initial": [{}, {}], "repeats": true}), node!({"initial": [{}, {}]}), "que-13"),
        ]);
        all
    }

    #[test]
    fn each_invariant_is_kept_by_one_node_and_broken_alone_by_another() {
        let broken = |type_name: &str, node: &Node| -> Vec<&'static str> {
            of(type_name).iter().filter(|it| !(it.holds)(node)).map(|it| it.key).collect()
        };
        for (type_name, key, good, bad) in cases() {
            assert!(broken(type_name, &good).is_empty(), "{key} {good:?}");
            assert_eq!(broken(type_name, &bad), [key], "{bad:?}");
        }
        let listed: usize = TABLE.iter().map(|(_, list)| list.len()).sum();
        assert_eq!(cases().len(), listed, "an invariant without its case");
    }
}
