"""What a program written with fhirpy reads: pages, references, includes. Prints one JSON object."""

import json
import os

from fhirpy import SyncFHIRClient

client = SyncFHIRClient(os.environ["ROR_URL"] + "/fhir", authorization="Bearer " + os.environ["ROR_TOKEN"])

structures = client.resources("Organization").search(_count=200)
pages = [resource["id"] for resource in structures.fetch_all()]

offer = client.resources("HealthcareService").include("HealthcareService", "organization").include(
    "HealthcareService", "location"
).limit(20)
bundle = offer.fetch_raw()
included = [entry.resource for entry in bundle.entry if entry.search.mode == "include"]
first = next(entry.resource for entry in bundle.entry if entry.search.mode == "match")
provider = first.providedBy.to_resource()

print(json.dumps({
    # Its count() asks with a parameter of one vendor; the total is in every page.
    "total": structures.fetch_raw().total,
    "ids": pages,
    "reference": [first.providedBy.reference, provider.resourceType + "/" + provider.id],
    "included": [resource.resourceType + "/" + resource.id for resource in included],
}))
