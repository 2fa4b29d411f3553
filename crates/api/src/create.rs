//! Create (FHIR R4 §3.1.0.8).

use axum::body::Body;
use axum::http::header;
use ror_directory::{Change, may_write_some};
use ror_search::ResourceType;

use crate::answer::Answer;
use crate::call::Call;
use crate::outcome::Fault;
use crate::write;

/// Stores a new resource and answers 201 with its address.
///
/// # Errors
/// 403 for a client without right (D81), before anything of the body is read.
pub(crate) async fn create(call: Call, content: Body, rtype: ResourceType) -> Result<Answer, Fault> {
    if !may_write_some(&call.grant, rtype) {
        return Err(Fault::forbidden());
    }
    if call.headers.contains_key("if-none-exist") {
        let text = "La création conditionnelle n'est pas prise en charge : cherchez d'abord, puis créez.";
        return Err(Fault::invalid_at("conditional-create", "If-None-Exist", text));
    }
    if call.headers.contains_key(header::IF_MATCH) {
        return Err(Fault::invalid_at("if-match-on-create", "If-Match", "Une création n'a pas de version à comparer."));
    }
    let resource = write::resource(&call, content, rtype).await?;
    write::apply(call, Change::Create { resource }).await
}
