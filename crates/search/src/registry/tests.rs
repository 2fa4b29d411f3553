//! The table inside the program, and tables that are refused.

use super::*;

#[test]
fn the_embedded_table_compiles_and_targets_have_parameters() {
    let registry = Registry::embedded();
    for rtype in ResourceType::ALL {
        for parameter in registry.all_of(rtype) {
            assert_eq!(parameter.kind == ParamType::Reference, !parameter.targets.is_empty(), "{}", parameter.name);
            assert!(parameter.paths.iter().all(|path| path.rtype() == rtype.name()), "{}", parameter.name);
            assert!(parameter.family.is_none() || parameter.kind != ParamType::Composite, "{}", parameter.name);
            let parts = parameter.components.iter().map(|name| registry.find(rtype, name).expect("a component"));
            let families: Vec<_> = parts.map(|part| part.family).collect();
            assert!(families.iter().all(|family| family.is_some() && *family == families[0]), "{}", parameter.name);
        }
    }
}

#[test]
fn names_are_told_once_and_an_alias_is_its_parameter() {
    let registry = Registry::embedded();
    for rtype in ResourceType::ALL {
        let mut names: Vec<_> = registry.all_of(rtype).flat_map(|it| it.aliases.iter().chain([&it.name])).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{rtype}");
    }
    let alias = registry.find(ResourceType::Organization, "amount-value").expect("an alias");
    assert_eq!(&*alias.name, "price-amount-value");
}

#[test]
fn what_is_obsolete_names_what_is_served() {
    let registry = Registry::embedded();
    for known in &registry.obsolete {
        assert!(registry.find(known.rtype, &known.name).is_none(), "{} is both", known.name);
        let is_chain = known.instead.contains(['.', ':']);
        assert!(is_chain || registry.find(known.rtype, &known.instead).is_some(), "{}", known.instead);
    }
}

#[test]
fn tables_that_cannot_be_served_are_errors_at_start() {
    let row = |more: &str| format!("[[parameter]]\nresource='Location'\nname='x'\n{more}");
    let refused = |table: &str| Registry::read(table).expect_err("refused");
    assert!(refused(&row("type='string'\nexpression='Location.name.lower()'")).contains("lower"));
    assert!(refused(&row("type='string'\nexpression='Location.name'\nfamily='price'")).contains("no record"));
    assert!(refused(&row("type='string'\ntargets=['Nothing']")).contains("unknown type"));
    assert!(refused(&row("type='string'\nfamilly='price'")).contains("familly"));
    let record = "[[record]]\nfamily='price'\nexpression='Location.a'\neach='Location.b'\n";
    assert!(refused(&format!("{}\n{record}", row("type='string'"))).contains("outside"));
}
