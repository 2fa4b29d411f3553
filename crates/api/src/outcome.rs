//! Refusals: the one place that makes an OperationOutcome (D62).
//!
//! Each issue has FHIR's code, which clients act on, a finer stable code in the system
//! [`SYSTEM`], and a French sentence for people. A sentence never quotes a stored value.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use ror_fhir::{Node, ParseError, ParseErrorKind, node};
use ror_identity::AuthError;
use ror_index::Explained;
use ror_index::SearchError;
use ror_profiles::{FINDINGS_MAX, Finding};
use ror_search::{Query, QueryError, QueryErrorKind, QueryWarning};
use ror_terminology::TerminologyError;

/// The code system of `details.coding`: codes of ours that do not change between versions.
pub const SYSTEM: &str = "urn:ror:erreur";

/// Issues listed in one answer at most: a body full of faults is not answered by a longer one.
/// Room for all that validation and the references of one resource give.
const ISSUES_MAX: usize = 4 * FINDINGS_MAX;

/// One remark of an OperationOutcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    severity: &'static str,
    code: &'static str,
    detail: &'static str,
    /// The rule and its source, for findings.
    rule: Option<String>,
    expression: Option<String>,
    diagnostics: String,
}

/// A refused request: status, headers and issues. It becomes an answer in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    issues: Vec<Issue>,
}

impl Issue {
    /// An error: `code` is FHIR's, `detail` is ours.
    pub(crate) fn error(code: &'static str, detail: &'static str, diagnostics: impl Into<String>) -> Self {
        Self { severity: "error", code, detail, rule: None, expression: None, diagnostics: diagnostics.into() }
    }

    /// Says where: a parameter, a header, or a FHIRPath.
    pub(crate) fn at(self, expression: impl Into<String>) -> Self {
        Self { expression: Some(expression.into()), ..self }
    }

    /// What validation found. The value is one that the author of the resource wrote.
    pub(crate) fn found(finding: &Finding) -> Self {
        let Finding { message, value, expected, .. } = finding;
        let read = value.as_ref().map(|value| format!(" Lu : « {value} ».")).unwrap_or_default();
        let expected = if message.contains(expected) { String::new() } else { format!(" Attendu : {expected}.") };
        Self {
            severity: finding.severity_code(),
            code: finding.code,
            detail: "broken-rule",
            rule: Some(finding.rule.clone()),
            expression: Some(finding.expression.clone()),
            diagnostics: format!("{message}{read}{expected}"),
        }
    }

    fn to_node(&self) -> Node {
        let coding = node!([{"system": SYSTEM, "code": (self.detail)}]);
        let mut issue = node!({
            "severity": (self.severity),
            "code": (self.code),
            "details": {"coding": coding},
            "diagnostics": (self.diagnostics)
        });
        if let (Some(rule), Some(details)) = (&self.rule, issue.get_mut("details").and_then(Node::as_object_mut)) {
            details.insert("text", rule.as_str());
        }
        if let (Some(expression), Some(issue)) = (&self.expression, issue.as_object_mut()) {
            issue.insert("expression", vec![Node::from(expression.as_str())]);
        }
        issue
    }
}

/// The resource that carries these issues.
fn outcome(issues: &[Issue]) -> Node {
    let shown: Vec<Node> = issues.iter().take(ISSUES_MAX).map(Issue::to_node).collect();
    node!({"resourceType": "OperationOutcome", "issue": shown})
}

/// Remarks on a search that was answered (D4), and which of what it asks about this caller never reads, as
/// the request parameter and what it reads (D2): the resource of an `outcome` entry.
pub(crate) fn remarks(warnings: &[QueryWarning], unread: &[(&str, String)]) -> Node {
    let issue = |warning: &QueryWarning| Issue {
        severity: "warning",
        code: "informational",
        detail: "read-as-intended",
        rule: None,
        expression: Some(warning.parameter.clone()),
        diagnostics: warning.message.clone(),
    };
    let unread = unread.first().map(|(written, _)| Issue {
        severity: "information",
        code: "informational",
        detail: "never-read",
        rule: None,
        expression: Some((*written).to_owned()),
        diagnostics: format!(
            "Ce que ce profil ne lit jamais a été jugé comme absent : {}.",
            unread.iter().map(|(_, name)| &**name).collect::<Vec<_>>().join(", ")
        ),
    });
    outcome(&warnings.iter().map(issue).chain(unread).collect::<Vec<_>>())
}

/// How a search was read, then how it was answered, step by step (`_explain`).
pub(crate) fn explanation(query: &Query, steps: &[Explained]) -> Node {
    let told = |detail, parameter: Option<String>, text: String| Issue {
        severity: "information",
        code: "informational",
        detail,
        rule: None,
        expression: parameter,
        diagnostics: text,
    };
    let read = query.reading.iter().map(|(parameter, sentence)| {
        told("read", Some(parameter.clone()).filter(|name| !name.is_empty()), sentence.clone())
    });
    let answered = steps.iter().enumerate().map(|(at, step)| {
        let how = if step.one_by_one { "examinés un à un" } else { "trouvés ensemble" };
        let time = step.took_us.map(|took| format!(" ({took} µs)")).unwrap_or_default();
        let (number, alone, left) = (at + 1, step.alone, step.left);
        let text = format!("Étape {number} : {alone} répondent à ce critère seul, {how} ; il en reste {left}{time}.");
        told("step", Some(step.parameters.join(" ")).filter(|names| !names.is_empty()), text)
    });
    outcome(&read.chain(answered).collect::<Vec<_>>())
}

/// What a write answers under `Prefer: return=OperationOutcome`: what was done, then what was
/// accepted with a warning.
pub(crate) fn done(text: &str, findings: &[Finding]) -> Node {
    let all = [remark("stored", text)].into_iter().chain(findings.iter().map(Issue::found));
    outcome(&all.collect::<Vec<_>>())
}

/// What `$validate` answers: everything found, or that nothing was.
pub(crate) fn findings(findings: &[Finding]) -> Node {
    match findings {
        [] => outcome(&[remark("nothing-found", "Aucun constat : la ressource suit le guide et les règles.")]),
        some => outcome(&some.iter().map(Issue::found).collect::<Vec<_>>()),
    }
}

fn remark(detail: &'static str, text: &str) -> Issue {
    let diagnostics = text.to_owned();
    Issue { severity: "information", code: "informational", detail, rule: None, expression: None, diagnostics }
}

impl Fault {
    pub(crate) fn new(status: StatusCode, issue: Issue) -> Self {
        Self::all(status, vec![issue])
    }

    pub(crate) fn all(status: StatusCode, issues: Vec<Issue>) -> Self {
        Self { status, headers: Vec::new(), issues }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The resource to send.
    pub(crate) fn to_node(&self) -> Node {
        outcome(&self.issues)
    }

    /// The finer code of the first issue, for logs.
    pub(crate) fn detail(&self) -> &'static str {
        self.issues.first().map_or("", |issue| issue.detail)
    }

    /// Its issues, to be told among others.
    pub(crate) fn into_issues(self) -> Vec<Issue> {
        self.issues
    }

    /// 400: a request that cannot be read.
    pub(crate) fn invalid(detail: &'static str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Issue::error("invalid", detail, text))
    }

    /// 400 on one parameter or header.
    pub(crate) fn invalid_at(detail: &'static str, at: &str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Issue::error("invalid", detail, text).at(at))
    }

    /// 404 for a resource that does not exist, or not for this caller: one text for both.
    pub(crate) fn not_found() -> Self {
        let text = "Aucune ressource ne porte cet identifiant.";
        Self::new(StatusCode::NOT_FOUND, Issue::error("not-found", "unknown-resource", text))
    }

    /// 404 for an address that serves nothing.
    pub(crate) fn no_such_address() -> Self {
        let text = "Rien n'est servi à cette adresse ; les types et opérations servis sont dans /metadata.";
        Self::new(StatusCode::NOT_FOUND, Issue::error("not-found", "unknown-address", text))
    }

    /// 405, with the methods that the address takes (D39).
    pub(crate) fn method(allow: &'static str) -> Self {
        let text = format!("Méthode non prise en charge à cette adresse ; admises : {allow}.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Issue::error("not-supported", "method-not-allowed", text))
            .with(header::ALLOW, HeaderValue::from_static(allow))
    }

    /// 406 (D16).
    pub(crate) fn not_acceptable() -> Self {
        let text = "Format de réponse non pris en charge ; servis : application/fhir+json, application/json.";
        Self::new(StatusCode::NOT_ACCEPTABLE, Issue::error("not-supported", "format-not-served", text))
    }

    /// 415, naming what is taken.
    pub(crate) fn media_type(expected: &str) -> Self {
        let text = format!("Type de contenu non pris en charge ; attendu : {expected}.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Issue::error("not-supported", "media-type-not-served", text))
    }

    /// 413.
    pub(crate) fn too_long(max: usize) -> Self {
        let text = format!("Corps trop long : {max} octets au plus.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Issue::error("too-long", "body-too-long", text))
    }

    /// 408: the body did not come in time.
    pub(crate) fn too_slow() -> Self {
        let text = "Le corps de la requête n'est pas arrivé à temps.";
        Self::new(StatusCode::REQUEST_TIMEOUT, Issue::error("timeout", "body-too-slow", text))
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// 403 (D81): the caller sees the object, or there is none to see yet.
    pub(crate) fn forbidden() -> Self {
        let text = "Ce client n'a pas le droit d'écrire cette ressource.";
        Self::new(StatusCode::FORBIDDEN, Issue::error("forbidden", "write-not-granted", text))
    }

    /// 429 (D61).
    pub(crate) fn throttled(seconds: u64) -> Self {
        let text = format!("Trop de requêtes : réessayez dans {seconds} s.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, Issue::error("throttled", "too-many-requests", text))
            .with(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 503 for a query that takes too long (D61).
    pub(crate) fn too_costly() -> Self {
        let text = "Requête trop coûteuse : elle a été interrompue sans résultat partiel. Précisez les critères.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Issue::error("too-costly", "query-too-long", text))
    }

    /// 503: try again later.
    pub(crate) fn transient(detail: &'static str, text: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Issue::error("transient", detail, text))
            .with(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// 500: the number finds the fault in the logs; nothing else is said.
    pub(crate) fn exception(request_id: &str) -> Self {
        let text = format!("Erreur interne. Référence à communiquer : {request_id}.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Issue::error("exception", "internal", text))
    }

    /// 401 (D60), or 503 when the register cannot be read.
    pub(crate) fn login(error: &AuthError) -> Self {
        let Some(challenge) = error.www_authenticate() else {
            return Self::transient("register-unavailable", &sentence(&error.to_string()));
        };
        let issue = Issue::error("login", error.code(), sentence(&error.to_string()));
        Self::new(StatusCode::UNAUTHORIZED, issue).with(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 401 where the public is served nothing (D47).
    pub(crate) fn no_token() -> Self {
        let text = "Cette adresse demande un jeton : l'export n'est pas ouvert sans compte.";
        Self::new(StatusCode::UNAUTHORIZED, Issue::error("login", "token-required", text))
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ror\""))
    }

    /// 404 for an export of another client, or of none: one text for both (D47).
    pub(crate) fn no_such_export() -> Self {
        let text = "Aucun export de ce client ne porte ce numéro ; un export est gardé 24 heures.";
        Self::new(StatusCode::NOT_FOUND, Issue::error("not-found", "unknown-export", text))
    }

    /// 400 for the parameters of a search, all faults at once (D3).
    pub(crate) fn query(errors: &[QueryError]) -> Self {
        let is_costly = |error: &&QueryError| error.kind == QueryErrorKind::TooCostly;
        let issue = |error: &QueryError| {
            let (code, detail) =
                if is_costly(&error) { ("too-costly", "too-costly") } else { ("invalid", "invalid-parameter") };
            Issue::error(code, detail, &*error.message).at(&error.parameter)
        };
        // What cannot be read is mended first, whatever the rest would cost.
        let all_costly = errors.iter().all(|error| is_costly(&error));
        let status = if all_costly { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
        Self::all(status, errors.iter().map(issue).collect())
    }

    /// 400 for a text that is no JSON, with the place of the fault.
    pub(crate) fn json(error: &ParseError) -> Self {
        let detail = match error.kind {
            ParseErrorKind::NotUtf8 => "json-not-utf8",
            ParseErrorKind::Truncated => "json-truncated",
            ParseErrorKind::DuplicateKey => "json-duplicate-key",
            ParseErrorKind::TooDeep => "json-too-deep",
            ParseErrorKind::TooWide => "json-too-wide",
            ParseErrorKind::Syntax => "json-syntax",
        };
        let what = error.kind.reason();
        let position = error.position;
        let text = format!("JSON illisible : {what} (ligne {}, colonne {}).", position.line, position.column);
        Self::invalid(detail, text)
    }
}

/// A message that starts with a capital and ends with a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

impl From<SearchError> for Fault {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::TooManyIncluded { max } => {
                let text = format!(
                    "Cette page apporterait plus de {max} ressources incluses : demandez moins de résultats par page (_count)."
                );
                let issue = Issue::error("too-costly", "too-many-included", text).at("_count");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, issue)
            }
        }
    }
}

impl From<TerminologyError> for Fault {
    fn from(error: TerminologyError) -> Self {
        let text = error.to_string();
        match error {
            TerminologyError::NotHeld(_) => {
                let issue = Issue::error("business-rule", "list-not-held", text);
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, issue)
            }
            TerminologyError::UnknownSystem(_) | TerminologyError::UnknownValueSet(_) => {
                Self::new(StatusCode::NOT_FOUND, Issue::error("not-found", "unknown-list", text))
            }
            TerminologyError::UnknownCode { .. } | TerminologyError::CodeNotHeld { .. } => {
                Self::new(StatusCode::NOT_FOUND, Issue::error("not-found", "unknown-code", text))
            }
        }
    }
}
