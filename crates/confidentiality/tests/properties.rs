//! What holds of every resource, plausible or not, under all facts.

mod common;

use common::*;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use ror_confidentiality::{
    Audience, AudienceMask, Facts, Field, OfferFacts, OrganizationKind, OwnFacts, Policy, Projection, project,
};
use ror_fhir::{Node, Object, node};

/// Markers planted in what must stay hidden, and the most audiences that may ever read them.
const BOUNDS: [(&str, AudienceMask); 5] = [
    ("NOBODY", AudienceMask(0)),
    ("UNNAMED", P1_AND_OWNER),
    ("LEVEL-3", P1_AND_OWNER),
    ("LEVEL-2", AudienceMask(0b0110_1110)),
    ("CRISIS", AudienceMask(0b0101_0010)),
];

fn text() -> impl Strategy<Value = Node> {
    select(vec!["a", "é\"\\", "7", "\u{1}"]).prop_map(Node::from)
}

fn unnamed() -> impl Strategy<Value = Node> {
    select(vec![
        node!({"url": "https://example.org/x", "valueString": "UNNAMED"}),
        node!({"url": "https://example.org/x", "extension": [{"url": "name", "valueString": "UNNAMED"}]}),
        node!({"valueString": "UNNAMED"}),
        node!("UNNAMED"),
    ])
}

/// A contact point and its level; its number tells the level.
fn contact_point() -> impl Strategy<Value = Node> {
    let with_level = select(vec!["1", "2", "3", "?"]).prop_map(|code| {
        let mark = if code == "3" {
            "LEVEL-3"
        } else if code == "1" {
            "public"
        } else {
            "LEVEL-2"
        };
        telecom(mark, code)
    });
    (with_level, proptest::option::of(unnamed())).prop_map(|(mut point, more)| {
        if let Some(more) = more
            && let Some(Node::Array(extensions)) = point.get_mut("extension")
        {
            extensions.push(more);
        }
        point
    })
}

fn contact() -> impl Strategy<Value = Node> {
    let points = prop::collection::vec(contact_point(), 0..3);
    (select(vec!["1", "2", "3"]), points).prop_map(|(code, points)| {
        let name = if code == "3" { "LEVEL-3" } else { "Nom" };
        node!({"extension": [level("ror-contact-confidentiality-level", code)], "name": {"text": name}, "telecom": points})
    })
}

fn reference() -> impl Strategy<Value = Node> {
    select(vec![
        node!({"reference": "Location/shown"}),
        node!({"reference": "Location/hidden", "display": "UNNAMED"}),
        node!({"identifier": {"value": "UNNAMED"}}),
        node!({"reference": "Location/shown", "identifier": {"value": "UNNAMED"}}),
    ])
}

fn some(one: impl Strategy<Value = Node> + 'static) -> BoxedStrategy<Node> {
    prop::collection::vec(one, 0..4).prop_map(Node::Array).boxed()
}

fn extensions() -> BoxedStrategy<Node> {
    let hs_contact = select(vec!["1", "2", "3"]).prop_map(|code| {
        let mark = if code == "3" { "LEVEL-3" } else { "Cadre" };
        node!({"url": format!("{ROR}ror-healthcareservice-contact"), "extension": [
            level("ror-confidentiality-level", code), {"url": "name", "valueHumanName": {"text": mark}},
            {"url": format!("{ROR}ror-healthcareservice-contact-telecom"), "extension": [
                level("ror-telecom-confidentiality-level", "1"), {"url": "telecomAddress", "valueString": mark}]},
        ]})
    });
    let known = select(vec![
        extension("ror-meta-comment", "valueString", "note"),
        extension("ror-organization-drop-zone", "valueString", "CRISIS"),
        extension("ror-comment", "valueString", "texte"),
        capacity("06", vec![node!({"url": "comment", "valueString": "CRISIS"})]),
        capacity("01", vec![node!({"url": "other", "valueString": "UNNAMED"})]),
        capacity("09", vec![node!({"url": "comment", "valueString": "UNNAMED"})]),
        extension("ror-meta-comment", "valueReference", node!({"reference": "Location/hidden", "display": "UNNAMED"})),
    ]);
    some(prop_oneof![hs_contact, known, unnamed()])
}

/// A member that resources of some type have, or that none should.
fn member() -> impl Strategy<Value = (&'static str, Node)> {
    let unnamed_value = unnamed().boxed();
    prop_oneof![
        ("name", text()).prop_map_into_member(),
        ("_name", some(unnamed()).prop_map(|extensions| node!({"extension": extensions}))).prop_map_into_member(),
        ("alias", some(text())).prop_map_into_member(),
        ("contact", some(contact())).prop_map_into_member(),
        ("telecom", some(contact_point())).prop_map_into_member(),
        ("extension", extensions()).prop_map_into_member(),
        ("location", some(reference())).prop_map_into_member(),
        ("partOf", reference()).prop_map_into_member(),
        ("text", Just(node!({"div": "NOBODY"}))).prop_map_into_member(),
        ("contained", Just(node!([{"resourceType": "Location", "name": "NOBODY"}]))).prop_map_into_member(),
        ("birthDate", unnamed_value.clone()).prop_map_into_member(),
        ("_birthDate", unnamed_value.clone()).prop_map_into_member(),
        ("photo", unnamed_value.clone()).prop_map_into_member(),
        ("modifierExtension", some(unnamed())).prop_map_into_member(),
        ("meta", unnamed_value.prop_map(|value| node!({"profile": ["UNNAMED"], "source": value, "versionId": "1"})))
            .prop_map_into_member(),
        (
            "address",
            (some(text()), some(unnamed()))
                .prop_map(|(lines, more)| node!([{"line": lines, "_line": [null, {"extension": more}], "city": "b"}]))
        )
            .prop_map_into_member(),
    ]
}

/// Shortens the list above.
trait IntoMember {
    fn prop_map_into_member(self) -> BoxedStrategy<(&'static str, Node)>;
}

impl<S: Strategy<Value = Node> + 'static> IntoMember for (&'static str, S) {
    fn prop_map_into_member(self) -> BoxedStrategy<(&'static str, Node)> {
        let key = self.0;
        self.1.prop_map(move |value| (key, value)).boxed()
    }
}

const TYPES: [&str; 6] = ["Organization", "HealthcareService", "Location", "PractitionerRole", "Practitioner", "Task"];

fn resources() -> impl Strategy<Value = Node> {
    let flag = select(vec![vec![sensitive_flag(false)], vec![sensitive_flag(true)], vec![]]);
    (select(TYPES.to_vec()), flag, prop::collection::vec(member(), 0..9)).prop_map(|(rtype, flag, members)| {
        let mut resource = node!({"resourceType": rtype});
        let object = resource.as_object_mut().expect("an object");
        for (key, value) in members {
            object.insert(key, value);
        }
        if rtype == "HealthcareService" {
            let more = object.remove("extension");
            let all = flag.into_iter().chain(more.iter().flat_map(|more| more.as_array().unwrap_or_default()).cloned());
            object.insert("extension", all.collect::<Vec<_>>());
        }
        resource
    })
}

fn offers() -> impl Strategy<Value = Vec<OfferFacts>> {
    let fields = vec![Field::Mco, Field::MedicoSocial, Field::Ville, Field::Unknown];
    let one = (any::<bool>(), select(fields)).prop_map(|(sensitive, field)| OfferFacts { sensitive, field });
    prop::collection::vec(one, 0..4)
}

/// Facts of every kind from one draw; each resource takes those of its type.
fn facts_for(rtype: &str, offers: &[OfferFacts], flags: [bool; 3]) -> OwnFacts {
    let [lieu_de_vie, medico_social, internal] = flags;
    match rtype {
        "Organization" => OwnFacts::Organization {
            kind: if internal { OrganizationKind::OrganisationInterne } else { OrganizationKind::EntiteGeographique },
            all_offers_sensitive: !offers.is_empty() && offers.iter().all(|offer| offer.sensitive),
            lieu_de_vie,
            medico_social,
        },
        "HealthcareService" => OwnFacts::HealthcareService { exposed: true },
        "Location" => OwnFacts::Location { offers: offers.to_vec(), lieu_de_vie },
        "PractitionerRole" => OwnFacts::PractitionerRole { offer: offers.first().copied(), exposed: true },
        "Practitioner" => OwnFacts::Practitioner { roles: offers.to_vec() },
        _ => OwnFacts::Other,
    }
}

fn hidden_target(target: &str) -> AudienceMask {
    if target.ends_with("/hidden") { P1_AND_OWNER } else { AudienceMask::ALL }
}

fn seen(resource: &Node, own: OwnFacts) -> Projection {
    project(resource, &Facts { own, targets: &hidden_target }, Policy::embedded())
}

/// Any tree, with the words of real resources in unlikely places.
fn trees() -> impl Strategy<Value = Node> {
    let keys = select(vec![
        "resourceType",
        "id",
        "meta",
        "tag",
        "extension",
        "url",
        "valueString",
        "_valueString",
        "valueReference",
        "reference",
        "contact",
        "telecom",
        "name",
        "_name",
        "address",
        "line",
        "_line",
        "identifier",
        "type",
        "coding",
        "system",
        "code",
        "characteristic",
        "text",
        "contained",
        "x",
    ]);
    let words = select(TYPES.to_vec()).prop_map(Node::from);
    let urls = select(vec!["ror-meta-comment", "ror-location-supported-capacity", "ror-healthcareservice-contact"])
        .prop_map(|name| Node::from(format!("{ROR}{name}")));
    let leaf = prop_oneof![Just(Node::Null), any::<bool>().prop_map(Node::from), text(), words, urls];
    leaf.prop_recursive(5, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Array),
            prop::collection::vec((keys.clone(), inner), 0..5).prop_map(|members| {
                Node::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Object>())
            }),
        ]
    })
}

/// How many empty containers.
fn empties(node: &Node) -> usize {
    match node {
        Node::Array(items) if items.is_empty() => 1,
        Node::Object(members) if members.is_empty() => 1,
        Node::Array(items) => items.iter().map(empties).sum(),
        Node::Object(members) => members.iter().map(|(_, value)| empties(value)).sum(),
        _ => 0,
    }
}

/// Cuts and trees agree, nothing is emptied, groups share out the audiences of the resource.
fn check_shape(resource: &Node, projection: &Projection) {
    assert_eq!(&**projection.body(), resource.to_bytes());
    let mut shared = AudienceMask::NONE;
    for group in projection.groups() {
        assert!(!group.audiences.is_empty() && (shared & group.audiences).is_empty());
        shared |= group.audiences;
        let text = cut(projection, group);
        assert_eq!(text, group.resource.to_bytes());
        assert_eq!(Node::parse(&text).expect("canonical text parses"), group.resource);
        assert!(empties(&group.resource) <= empties(resource), "{resource:?}\n{:?}", group.resource);
        let apart = group.cuts.windows(2).all(|pair| pair[0].end < pair[1].start);
        assert!(apart && group.cuts.iter().all(|cut| cut.start < cut.end), "{:?}", group.cuts);
    }
    assert_eq!(shared, projection.visible());
    let texts: std::collections::HashSet<String> =
        projection.groups().iter().map(|group| group.resource.to_text()).collect();
    assert_eq!(texts.len(), projection.groups().len(), "equal projections share a group");
}

/// The same with every level code and flag written alike, to compare before and after.
fn levelled(node: &Node) -> Node {
    let is_level = node.str("system").is_some_and(|system| system.contains("NiveauConfidentialite"));
    match node {
        Node::Array(items) => Node::Array(items.iter().map(levelled).collect()),
        Node::Object(members) => Node::Object(
            members
                .iter()
                .map(|(key, value)| {
                    let hide = (is_level && key == "code") || key == "valueBoolean";
                    (key.to_owned(), if hide { "=".into() } else { levelled(value) })
                })
                .collect(),
        ),
        _ => node.clone(),
    }
}

/// Raises the `at`-th level of the tree to `to`, when it is lower.
fn raise(node: &mut Node, at: &mut usize, to: &str) {
    if node.str("system").is_some_and(|system| system.contains("NiveauConfidentialite")) {
        if *at == 0 && node.str("code").is_some_and(|code| code < to) {
            node.as_object_mut().expect("a coding").insert("code", to);
        }
        *at = at.wrapping_sub(1);
    }
    match node {
        Node::Array(items) => items.iter_mut().for_each(|item| raise(item, at, to)),
        Node::Object(members) => members.iter_mut().for_each(|(_, value)| raise(value, at, to)),
        _ => {}
    }
}

fn is_within(less: &str, more: &str) -> bool {
    let mut rest = more.bytes();
    less.bytes().all(|byte| rest.any(|other| other == byte))
}

fn check_no_more(before: &Projection, after: &Projection) {
    for audience in Audience::all() {
        let Some(less) = after.group(audience) else { continue };
        let more = before.group(audience).expect("what was hidden stays hidden");
        let (less, more) = (levelled(&less.resource).to_text(), levelled(&more.resource).to_text());
        assert!(is_within(&less, &more), "{audience}\nafter:  {less}\nbefore: {more}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hidden_markers_are_never_read(
        resource in resources(), offers in offers(), flags in any::<[bool; 3]>(),
    ) {
        let own = facts_for(resource.str("resourceType").expect("a type"), &offers, flags);
        let projection = seen(&resource, own);
        check_shape(&resource, &projection);
        for (marker, most) in BOUNDS {
            let seers = seers(&projection, marker);
            prop_assert!(most.includes(seers), "{marker} read by {seers:?}: {resource:?}");
        }
        prop_assert!(projection.visible().includes(P1_AND_OWNER));
        // The public reads nothing that is kept track of, profile 2 nothing of level 3 (D63).
        let (sight, public) = (projection.sight(), Audience::PUBLIC);
        prop_assert!(projection.visible().includes(sight.named_contact | sight.level_3));
        prop_assert!(!(sight.named_contact | sight.level_3).contains(public));
        prop_assert!(!sight.level_3.contains(Audience::ALL_BUT_LEVEL_3));
    }

    #[test]
    fn any_tree_is_cut_cleanly(
        tree in trees(), rtype in select(TYPES.to_vec()), offers in offers(), flags in any::<[bool; 3]>(),
    ) {
        let mut tree = tree;
        if let Some(object) = tree.as_object_mut() {
            object.insert("resourceType", rtype);
        }
        let projection = seen(&tree, facts_for(rtype, &offers, flags));
        check_shape(&tree, &projection);
    }

    #[test]
    fn raising_a_level_never_adds_a_byte(
        resource in resources(), offers in offers(), flags in any::<[bool; 3]>(), at in any::<Index>(),
        to in select(vec!["2", "3"]),
    ) {
        let own = facts_for(resource.str("resourceType").expect("a type"), &offers, flags);
        let mut raised = resource.clone();
        raise(&mut raised, &mut at.index(6), to);
        check_no_more(&seen(&resource, own.clone()), &seen(&raised, own));
    }

    #[test]
    fn making_an_offer_sensitive_never_adds_a_byte(
        resource in resources(), offers in offers(), flags in any::<[bool; 3]>(), turned in subsequence(vec![0_usize, 1, 2, 3], 0..5),
    ) {
        let rtype = resource.str("resourceType").expect("a type");
        let mut stricter = offers.clone();
        for at in turned {
            if let Some(offer) = stricter.get_mut(at) {
                offer.sensitive = true;
            }
        }
        let before = seen(&resource, facts_for(rtype, &offers, flags));
        check_no_more(&before, &seen(&resource, facts_for(rtype, &stricter, flags)));
    }

    #[test]
    fn d28_what_version_2_showed_version_3_shows_alike(
        resource in resources(), offers in offers(), flags in any::<[bool; 3]>(),
    ) {
        let own = facts_for(resource.str("resourceType").expect("a type"), &offers, flags);
        let former = Policy::with_rules(include_str!("data/rules-2.toml")).expect("a table");
        let then = project(&resource, &Facts { own: own.clone(), targets: &hidden_target }, &former);
        let now = seen(&resource, own);
        for audience in Policy::embedded().unchanged_since(2).iter() {
            prop_assert_eq!(text_for(&then, audience), text_for(&now, audience));
        }
        prop_assert!(mask(&[0, 1, 6]).includes(then.visible()));
    }
}
