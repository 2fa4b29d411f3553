"""What a program written with fhirclient reads: pages, references, includes. Prints one JSON object."""

import json
import os

from fhirclient import client
from fhirclient.models.healthcareservice import HealthcareService
from fhirclient.models.organization import Organization
from fhirclient.models.practitioner import Practitioner
from fhirclient.models.practitionerrole import PractitionerRole

smart = client.FHIRClient(settings={"app_id": "essai", "api_base": os.environ["ROR_URL"] + "/fhir"})
smart.server.session.headers["Authorization"] = "Bearer " + os.environ["ROR_TOKEN"]

ids = []
total = None
for bundle in Organization.where(struct={"_count": "200"}).perform_iter(smart.server):
    total = bundle.total
    ids += [entry.resource.id for entry in bundle.entry or []]


def entries(search, mode):
    return [entry.resource for entry in search.entry if entry.search.mode == mode]


# It includes by names of elements only, not of parameters: `location` and `practitioner` are both.
offers = HealthcareService.where(struct={"_count": "20"}).include("location").perform(smart.server)
roles = PractitionerRole.where(struct={"_count": "20"}).include("practitioner").perform(smart.server)
included = entries(offers, "include") + entries(roles, "include")
named = entries(roles, "match")[0].practitioner.reference
followed = Practitioner.read(named.split("/")[1], smart.server)

print(json.dumps({
    "total": total,
    "ids": ids,
    "reference": [named, "Practitioner/" + followed.id],
    "included": [resource.resource_type + "/" + resource.id for resource in included],
}))
