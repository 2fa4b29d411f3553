"""What a program written with fhirclient reads: pages, references, includes. Prints one JSON object."""

import json
import os

from fhirclient import client
from fhirclient.models.healthcareservice import HealthcareService
from fhirclient.models.organization import Organization

smart = client.FHIRClient(settings={"app_id": "essai", "api_base": os.environ["ROR_URL"] + "/fhir"})
smart.server.session.headers["Authorization"] = "Bearer " + os.environ["ROR_TOKEN"]

ids = []
total = None
for bundle in Organization.where(struct={"_count": "200"}).perform_iter(smart.server):
    total = bundle.total
    ids += [entry.resource.id for entry in bundle.entry or []]

search = HealthcareService.where(struct={"_count": "20"})
search = search.include("organization", HealthcareService).include("location", HealthcareService)
bundle = search.perform(smart.server)
matches = [entry.resource for entry in bundle.entry if entry.search.mode == "match"]
included = [entry.resource for entry in bundle.entry if entry.search.mode == "include"]
provider = matches[0].providedBy.resolved(Organization)
if provider is None:
    provider = Organization.read(matches[0].providedBy.reference.split("/")[1], smart.server)

print(json.dumps({
    "total": total,
    "ids": ids,
    "provider": [matches[0].providedBy.reference, "Organization/" + provider.id],
    "included": [resource.resource_type + "/" + resource.id for resource in included],
}))
