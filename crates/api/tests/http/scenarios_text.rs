//! Scenarios S37 and S38: full text (`scenarios.md` F), scored by the question and the offer alone (D15).

use crate::scenarios_territory::{INC, complete, pairs, territory};

#[test]
fn s37_words_of_an_offer() {
    let t = territory();
    // A whole word of the name; then those whose activity or category says it, by id.
    let expected = ["h-dij", "h-geria", "h-home", "h-memoire", "h-ped", "h-reeduc", "h-secret"];
    for word in ["gériatrie", "GERIATRIE", "Ge\u{301}riatrie"] {
        let found = t.finds_complete(&format!("HealthcareService?_content={word}"), &expected);
        let scores = expected.map(|id| (id, if id == "h-dij" { "1" } else { "0.6" }));
        assert_eq!(found.scores(), pairs(&scores), "only matches are scored: {word}");
    }
    // The start of a word is worth less; the start of a word of the name more than that of a label.
    let found = t.ask("HealthcareService?_content=gériatri");
    let expected = [
        ("h-dij", "0.8"),
        ("h-geria", "0.8"),
        ("h-home", "0.4"),
        ("h-jour", "0.4"),
        ("h-memoire", "0.4"),
        ("h-ped", "0.4"),
        ("h-reeduc", "0.4"),
        ("h-secret", "0.4"),
    ];
    assert_eq!(found.scores(), pairs(&expected));
    // All words are asked for, those that say nothing aside.
    let found = t.finds("HealthcareService?_content=la gériatrie à Dijon", &["h-dij"], &[]);
    assert_eq!(found.scores(), pairs(&[("h-dij", "1")]));
    t.finds("HealthcareService?_content=gériatrie pédiatrie", &["h-ped"], &[]);
    t.finds("HealthcareService?_content=atrie", &[], &[]);
}

#[test]
fn s38_words_of_an_offer_or_of_its_place() {
    let t = territory();
    // The best of both: the pavilion bears the word in its name.
    let expected = ["h-dij", "h-jour", "h-memoire", "h-geria", "h-home", "h-ped", "h-reeduc", "h-secret"];
    let scores = expected.map(|id| (id, if ["h-dij", "h-jour", "h-memoire"].contains(&id) { "1" } else { "0.6" }));
    for filter in [
        "(_content=gériatrie or location._content=gériatrie)",
        "(_content eq gériatrie or location._content eq gériatrie)",
        "location._content = gériatrie OR _content = gériatrie",
    ] {
        let found = t.finds(&format!("HealthcareService?_filter={filter}&{INC}"), &expected, &complete(&expected));
        assert_eq!(found.scores(), pairs(&scores), "{filter}");
    }
    let found = t.finds("HealthcareService?location._content=gériatrie", &["h-jour", "h-memoire"], &[]);
    assert_eq!(found.scores(), pairs(&[("h-jour", "1"), ("h-memoire", "1")]));
}

#[test]
fn d15_what_is_hidden_gives_no_word_and_moves_no_score() {
    let t = territory();
    let public = t.ask_as("", "HealthcareService?_content=gériatrie");
    let all = t.ask("HealthcareService?_content=gériatrie");
    let seen: Vec<_> = all.scores().into_iter().filter(|(id, _)| id != "h-secret").collect();
    assert_eq!(public.scores(), seen);
    // The label of an act is for those who see acts.
    assert_eq!(t.ask("HealthcareService?_content=chute").reply.total(), 6);
    assert_eq!(t.ask_as("", "HealthcareService?_content=chute").reply.total(), 0);
}

#[test]
fn d07_by_score_where_it_is_asked() {
    let t = territory();
    let content = "HealthcareService?_content=gériatrie&_count=2";
    assert_eq!(t.ask(&format!("{content}&_sort=-_score")).matches, ["h-dij", "h-geria"]);
    assert_eq!(t.ask(&format!("{content}&_sort=_score")).matches, ["h-geria", "h-home"]);
    assert_eq!(t.ask(&format!("{content}&_sort=-_id")).matches, ["h-secret", "h-reeduc"]);
    let refused = t.world.get_all("/fhir/HealthcareService?_sort=-_score").refusal();
    assert_eq!((refused.0, &*refused.3), (400, "_sort"));
}
