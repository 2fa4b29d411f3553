//! The providers where people sign in (OpenID Connect): from the configuration, asked over HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use http_body_util::Full;
use hyper::{Request, Uri, header};
use ror_identity::people::{Fetch, Incoming, Outgoing, ProviderSettings};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use tokio::runtime::Handle;

use crate::{https, security};

/// Where every provider sends people back.
const RETURN: &str = "/connexion/retour";
/// Where every provider sends people once they are signed out there.
const OUT: &str = "/deconnexion";

/// A provider, as `[[sign_in]]` names it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Short name, in addresses.
    id: String,
    /// What its button says, after « S’identifier avec ».
    label: String,
    issuer: String,
    /// Where it describes itself, when not at the address of the standard.
    discovery: Option<String>,
    client_id: String,
    /// File that holds our secret there.
    client_secret: PathBuf,
    /// The address of `/connexion/retour`, as declared there.
    redirect_uri: String,
    /// The address of `/deconnexion`, as declared there, for whoever signs out.
    logout_redirect_uri: Option<String>,
    #[serde(default = "openid")]
    scopes: String,
    /// Strengths asked for; another is refused.
    #[serde(default)]
    acr: Vec<String>,
    /// Whether its national numbers (`SubjectNameID`) are believed.
    #[serde(default)]
    national_ids: bool,
    algorithms: Vec<String>,
    /// The authorities that may vouch for its server.
    authority: PathBuf,
}

fn openid() -> String {
    "openid".to_owned()
}

impl SignIn {
    /// What is wrong with it, in French.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |good: bool, text: &str| {
            if !good {
                wrong.push(format!("[[sign_in]] {} : {text}", self.id));
            }
        };
        let is_https = |address: &str| {
            address.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some())
        };
        let is_back = is_https(&self.redirect_uri) && self.redirect_uri.ends_with(RETURN);
        expect(is_back, "redirect_uri doit être l'adresse https:// de /connexion/retour");
        let is_out = self.logout_redirect_uri.as_deref().is_none_or(|out| is_https(out) && out.ends_with(OUT));
        expect(is_out, "logout_redirect_uri doit être l'adresse https:// de /deconnexion");
        expect(is_https(&self.issuer), "issuer doit être une adresse https://");
        expect(self.discovery.as_deref().is_none_or(is_https), "discovery doit être une adresse https://");
        expect(!self.algorithms.is_empty(), "algorithms : un au moins (RS256, ES256…)");
        wrong
    }

    /// The same, its files named from the folder of the configuration.
    pub(crate) fn located(mut self, from: impl Fn(PathBuf) -> PathBuf) -> Self {
        self.client_secret = from(self.client_secret);
        self.authority = from(self.authority);
        self
    }

    /// What the register of people takes; reads the secret.
    pub(crate) fn settings(&self) -> anyhow::Result<ProviderSettings> {
        let path = &self.client_secret;
        let secret = std::fs::read_to_string(path).with_context(|| format!("lecture de {}", path.display()))?;
        Ok(ProviderSettings {
            id: self.id.clone(),
            label: self.label.clone(),
            issuer: self.issuer.clone(),
            discovery: self.discovery.clone(),
            client_id: self.client_id.clone(),
            client_secret: secret.trim().to_owned(),
            redirect_uri: self.redirect_uri.clone(),
            logout_redirect_uri: self.logout_redirect_uri.clone(),
            scopes: self.scopes.clone(),
            acr: self.acr.clone(),
            national_ids: self.national_ids,
            algorithms: self.algorithms.clone(),
        })
    }

    fn authority(&self) -> &Path {
        &self.authority
    }
}

/// What asks the providers: over HTTPS, their servers vouched for by the authorities configured.
/// Called where waiting is allowed, on a thread of the server's runtime.
pub(crate) fn fetch(providers: &[SignIn]) -> anyhow::Result<Arc<Fetch>> {
    if providers.is_empty() {
        return Ok(Arc::new(|request: &Outgoing| Err(format!("{} : aucun fournisseur configuré", request.url))));
    }
    let mut authorities = Vec::new();
    for provider in providers {
        authorities.extend(security::several::<CertificateDer<'static>>(provider.authority())?);
    }
    let trusted = https::trusting(authorities)?;
    Ok(Arc::new(move |request: &Outgoing| {
        let handle = Handle::try_current().map_err(|error| error.to_string())?;
        let (address, sent) = request_of(request).map_err(|error| format!("{error:#}"))?;
        let answer = handle.block_on(https::ask(Arc::clone(&trusted), &address, sent));
        let (status, body) = answer.map_err(|error| format!("{} : {error:#}", request.url))?;
        Ok(Incoming { status: status.as_u16(), body: body.into() })
    }))
}

fn request_of(request: &Outgoing) -> anyhow::Result<(Uri, Request<Full<hyper::body::Bytes>>)> {
    let address: Uri = request.url.parse().with_context(|| format!("adresse {}", request.url))?;
    let mut sent = match &request.form {
        None => Request::get(&request.url),
        Some(_) => Request::post(&request.url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
    };
    if let Some(authorization) = &request.authorization {
        sent = sent.header(header::AUTHORIZATION, authorization);
    }
    let body = request.form.clone().unwrap_or_default();
    Ok((address, sent.body(Full::from(body))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        id = "psc"
        label = "Pro Santé Connect"
        issuer = "https://auth.exemple.fr/realms/psc"
        client_id = "ror"
        client_secret = "psc.secret"
        redirect_uri = "https://ror.exemple.fr/connexion/retour"
        acr = ["eidas1"]
        national_ids = true
        algorithms = ["RS256"]
        authority = "autorites.pem"
    "#;

    fn read(text: &str) -> SignIn {
        toml::from_str(text).expect("the form of a provider")
    }

    #[test]
    fn every_mistake_of_a_provider_is_told() {
        assert_eq!(read(GOOD).mistakes(), Vec::<String>::new());
        let wrong = GOOD.replace("https://", "http://").replace("[\"RS256\"]", "[]");
        assert_eq!(read(&wrong).mistakes().len(), 3);
        let out = |address: &str| read(&format!("{GOOD}\nlogout_redirect_uri = \"{address}\"")).mistakes().len();
        assert_eq!((out("https://ror.exemple.fr/deconnexion"), out("https://ror.exemple.fr/")), (0, 1));
        let elsewhere = GOOD.replace("/connexion/retour", "/ailleurs");
        assert!(read(&elsewhere).mistakes()[0].contains("redirect_uri"));
        assert!(toml::from_str::<SignIn>(&format!("{GOOD}\nsecret = \"x\"")).is_err(), "no secret in the open");
    }

    #[test]
    fn a_provider_is_asked_as_openid_connect_says() {
        let form = Some("grant_type=authorization_code".to_owned());
        let authorization = Some("Basic eA==".to_owned());
        let outgoing = Outgoing { url: "https://auth.exemple.fr/token?x=1".to_owned(), form, authorization };
        let (address, sent) = request_of(&outgoing).expect("an address");
        assert_eq!((address.host(), sent.method().as_str()), (Some("auth.exemple.fr"), "POST"));
        assert_eq!(sent.headers()[header::AUTHORIZATION], "Basic eA==");
        assert!(request_of(&Outgoing { url: "pas une adresse".to_owned(), ..outgoing }).is_err());
    }
}
