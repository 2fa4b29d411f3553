//! Pages, one folder each, and what they share.

pub(crate) mod about;
pub(crate) mod examples;
pub(crate) mod home;
pub(crate) mod later;
pub(crate) mod not_allowed;
pub(crate) mod not_found;
pub(crate) mod offer;
pub(crate) mod refused;
pub(crate) mod results;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod starting;
pub(crate) mod status;
pub(crate) mod structure;
pub(crate) mod suggestions;
pub(crate) mod team;
pub(crate) mod throttled;
pub(crate) mod traces;

use axum::http::HeaderMap;
use ror_confidentiality::Audience;
use ror_fhir::Instant;
use ror_index::View;

use crate::assets::Assets;
use crate::components::map::MapView;
use crate::components::result::Card;
use crate::components::role::Role;
use crate::find::Finder;
use crate::map;
use crate::sheet::Reader;
use crate::state::{Inner, Settings};
use crate::visitor::{self, Visitor};

/// What every page is made from: one moment of the directory, as whoever reads it sees it.
pub(crate) struct Context<'a> {
    pub(crate) portal: &'a Inner,
    pub(crate) view: View<'a>,
    /// Whose view it is.
    pub(crate) audience: Audience,
    /// Who reads.
    pub(crate) visitor: &'a Visitor,
    /// Which moment it is.
    pub(crate) seq: u64,
    pub(crate) now: Instant,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a [(String, String)],
}

impl<'a> Context<'a> {
    /// The first value of a parameter; empty when absent.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn finder(&self) -> Finder<'a> {
        let registry = self.portal.services.registry;
        Finder {
            view: self.view,
            registry,
            digests: self.portal.digests(self.audience),
            cog: self.portal.services.cog,
            now: self.now,
        }
    }

    pub(crate) fn reader(&self) -> Reader<'a> {
        let services = &self.portal.services;
        Reader { view: self.view, registry: services.registry, cog: services.cog, now: self.now }
    }

    pub(crate) fn frame(&self, title: impl Into<String>) -> Frame {
        Frame {
            role: self.visitor.person().map(|acting| visitor::role(acting, self.finder())),
            has_ended: matches!(self.visitor, Visitor::Ended),
            ..Frame::new(title, self.portal.assets, &self.portal.settings)
        }
    }
}

/// Where the places of a sheet are, in their department; one alone needs no number.
fn site_map(context: &Context<'_>, places: &[Card], departement: Option<&str>) -> Option<MapView> {
    let title = if places.len() > 1 { "Où se trouvent ces lieux" } else { "Où se trouve ce lieu" };
    let mut map = map::draw(context.portal, places, None, departement, title)?;
    if let ([point], [_]) = (map.points.as_mut_slice(), places) {
        point.label.clear();
    }
    Some(map)
}

/// What surrounds every page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) icon: String,
    pub(crate) is_sandbox: bool,
    pub(crate) sources: Vec<String>,
    /// The script of maps, on pages that have one.
    pub(crate) map_script: Option<String>,
    /// Whether search engines may list it.
    pub(crate) is_indexed: bool,
    /// As what somebody signed in acts.
    pub(crate) role: Option<Role>,
    /// Whether the session of this browser has ended.
    pub(crate) has_ended: bool,
}

impl Frame {
    pub(crate) fn new(title: impl Into<String>, assets: &Assets, settings: &Settings) -> Self {
        Self {
            title: title.into(),
            style: assets.style.path.clone(),
            script: assets.script.path.clone(),
            icon: assets.icon.path.clone(),
            is_sandbox: settings.sandbox,
            sources: settings.sources.clone(),
            map_script: None,
            is_indexed: true,
            role: None,
            has_ended: false,
        }
    }

    /// With what makes its map move, when there is one.
    pub(crate) fn with_map(self, map: Option<&MapView>) -> Self {
        Self { map_script: map.map(|_| Assets::embedded().map_script.path.clone()), ..self }
    }

    pub(crate) fn not_indexed(self) -> Self {
        Self { is_indexed: false, ..self }
    }
}
