//! Pieces of pages: each folder holds a template, its options, its style, examples and tests.
//!
//! A piece renders itself safely: everything in it was escaped by its own template.

pub(crate) mod contacts;
pub(crate) mod facts;
pub(crate) mod figures;
pub(crate) mod filters;
pub(crate) mod freshness;
pub(crate) mod map;
pub(crate) mod needs;
pub(crate) mod notice;
pub(crate) mod pages;
pub(crate) mod result;
pub(crate) mod role;
pub(crate) mod search_form;
pub(crate) mod tables;

/// An example of a piece, for the page of examples and for tests.
pub(crate) struct Example {
    /// Name of the component.
    pub(crate) component: &'static str,
    /// What the example shows.
    pub(crate) title: &'static str,
    /// The piece, rendered.
    pub(crate) html: String,
}

/// Renders examples of one component.
pub(crate) fn examples_of<T: askama::Template>(
    component: &'static str,
    examples: impl IntoIterator<Item = (&'static str, T)>,
) -> Vec<Example> {
    let render = |(title, piece): (&'static str, T)| Example {
        component,
        title,
        html: piece.render().unwrap_or_else(|error| error.to_string()),
    };
    examples.into_iter().map(render).collect()
}

/// All examples, in the order of the page of examples.
pub(crate) fn examples() -> Vec<Example> {
    [
        search_form::examples(),
        needs::examples(),
        figures::examples(),
        notice::examples(),
        result::examples(),
        filters::examples(),
        map::examples(),
        pages::examples(),
        facts::examples(),
        contacts::examples(),
        tables::examples(),
        freshness::examples(),
        role::examples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_has_examples_that_escape_and_stay_as_they_are() {
        let mut golden = String::new();
        for example in examples() {
            assert!(!example.html.contains("<script"), "{}: {}", example.component, example.title);
            assert!(!example.html.contains("style=\"") && !example.html.contains("onclick"), "{}", example.component);
            golden
                .push_str(&["== ", example.component, " – ", example.title, "\n", example.html.trim(), "\n"].concat());
        }
        insta::assert_snapshot!("examples", golden);
    }
}
