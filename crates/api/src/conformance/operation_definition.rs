//! OperationDefinitions of the operations that are not FHIR's own as they are (FHIR R4 §5.6).

use ror_fhir::{Node, node};
use ror_profiles::Guide;

use crate::export;

/// What `$export` derives from.
const BULK_EXPORT: &str = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export";

/// An operation at the base of the server.
struct Operation {
    code: &'static str,
    name: &'static str,
    base: Option<&'static str>,
    description: &'static str,
    parameters: &'static [Parameter],
}

/// Name, `in` or `out`, least, most, type, documentation.
type Parameter = (&'static str, &'static str, i64, &'static str, &'static str, &'static str);

const OPERATIONS: [Operation; 3] = [
    Operation {
        code: export::KICK_OFF,
        name: "Export",
        base: Some(BULK_EXPORT),
        description: "Extrait asynchrone de ce que voit le client, en GET ou par formulaire. Répond 202 et, dans \
                      Content-Location, l'adresse à interroger. Un jeton est exigé. La liste des ressources est \
                      arrêtée à la préparation ; leur contenu est celui du téléchargement, sans ce qui a été masqué \
                      depuis. Un export à la fois en préparation par client.",
        parameters: &[
            (
                "_outputFormat",
                "in",
                0,
                "1",
                "string",
                "application/fhir+json (par défaut) ou application/json : tranches, chacune un Bundle collection de \
                 1 000 offres avec ce qui leur est lié. application/fhir+ndjson : un fichier par type.",
            ),
            (
                "_type",
                "in",
                0,
                "*",
                "string",
                "HealthcareService, Location, Organization, Practitioner, PractitionerRole ; tous par défaut, ou ceux \
                 que nomment les filtres. HealthcareService seul apporte tout ce qui est lié aux offres.",
            ),
            ("_typeFilter", "in", 0, "*", "string", "Type?critères, encodé ; un filtre parmi plusieurs suffit."),
            (
                "_since",
                "in",
                0,
                "1",
                "instant",
                "Ce qui a changé pour ce client à cet instant ou après : le transactionTime d'un export précédent.",
            ),
            ("includeAssociatedData", "in", 0, "1", "string", "_myCompleteExtract, sans effet sur le résultat."),
        ],
    },
    Operation {
        code: export::POLL,
        name: "ExportPollStatus",
        base: None,
        description: "Avancement d'un export : 202 avec X-Progress et Retry-After, puis 200 et le manifeste. DELETE \
                      l'annule et supprime ses fichiers, gardés 24 heures sinon.",
        parameters: &[("_jobId", "in", 1, "1", "string", "Numéro de l'export, donné par Content-Location.")],
    },
    Operation {
        code: export::GET_FILE,
        name: "ExportGetFile",
        base: None,
        description: "Un fichier d'un export, à l'adresse que donne le manifeste, avec le même jeton.",
        parameters: &[],
    },
];

/// Every operation that is defined here.
pub(super) fn all(guide: Guide) -> Vec<Node> {
    OPERATIONS.iter().map(|operation| resource(operation, guide)).collect()
}

/// Names and addresses of the operations at the base of the server, for the statement of capabilities.
pub(crate) fn of_system(guide: Guide) -> Vec<Node> {
    let named = |operation: &Operation| node!({"name": (id(operation)), "definition": (address(operation, guide))});
    OPERATIONS.iter().map(named).collect()
}

/// An operation is named without its `$`.
fn id(operation: &Operation) -> &'static str {
    operation.code.trim_start_matches('$')
}

fn address(operation: &Operation, guide: Guide) -> String {
    format!("{}/OperationDefinition/{}", guide.address, id(operation))
}

fn resource(operation: &Operation, guide: Guide) -> Node {
    let parameter = |&(name, direction, min, max, kind, documentation): &Parameter| node!({"name": name, "use": direction, "min": min, "max": max, "documentation": documentation, "type": kind});
    let parameters: Vec<Node> = operation.parameters.iter().map(parameter).collect();
    let mut out = node!({
        "resourceType": "OperationDefinition",
        "id": (id(operation)),
        "language": "fr",
        "url": (address(operation, guide)),
        "version": (guide.version),
        "name": (operation.name),
        "status": (guide.status),
        "kind": "operation",
        "date": (guide.date),
        "description": (operation.description),
        "code": (id(operation))
    });
    if let Some(members) = out.as_object_mut() {
        if let Some(base) = operation.base {
            members.insert("base", base);
        }
        for (level, is) in [("system", true), ("type", false), ("instance", false)] {
            members.insert(level, is);
        }
        if !parameters.is_empty() {
            members.insert("parameter", parameters);
        }
    }
    out
}
