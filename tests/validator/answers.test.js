// One answer of each kind: bundles, refusals, lists of codes and their operations, what the server says it can do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, assertValid, server } from './api.js';

const demo = server('ROR_DEMO');
const NEAR = 'location.near=46.205|5.228|10|km';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/fhir+json' };
const FAULTY = { resourceType: 'Location', name: 3, nom: 'x' };

/** Bundles: what they show, what is asked, and how many entries there must be at least. */
const BUNDLES = [
  ['one page of several', 'Location?_count=20', 20],
  ['found, included and the distance', `HealthcareService?${NEAR}&_include=HealthcareService:location&_count=10`, 11],
  ['included the other way', 'Organization?_revinclude=HealthcareService:organization&_count=20', 1],
  ['count alone', 'PractitionerRole?_summary=count', 0],
  ['nothing found', 'Location?address-city=Brest', 0],
  ['sorted', 'Practitioner?_sort=-_lastUpdated&_count=10', 10],
  ['some elements only', 'HealthcareService?_elements=name&_count=10', 10],
  ['lists of codes', 'CodeSystem?_count=10', 10],
  ['sets of values', 'ValueSet?_count=10', 10],
];

for (const [kind, path, least] of BUNDLES) {
  test(`bundle, ${kind}: valid R4`, async () => {
    const { status, body } = await ask(demo, path);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.resourceType, 'Bundle');
    assert((body.entry?.length ?? 0) >= least, `${body.entry?.length} entries`);
    assertValid(body);
  });
}

test('bundle, by form and to the last page: valid R4', async () => {
  const first = await ask(demo, 'Organization/_search', { method: 'POST', headers: FORM, body: '_count=900' });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  let page = first.body;
  for (let next; (next = page.link.find(({ relation }) => relation === 'next')?.url); ) page = (await ask(demo, next)).body;
  assert.notEqual(page.entry.length, 0);
  assertValid({ ...first.body, entry: first.body.entry.slice(0, 20) }, { ...page, entry: page.entry.slice(-20) });
});

/** Refusals and findings: what is asked, and the status. */
const OUTCOMES = [
  ['unknown parameter', 400, 'Location?adress-city=Bourg'],
  ['bad value', 400, 'Location?near=ici'],
  ['unknown resource', 404, 'Location/inconnu'],
  ['unknown address', 404, 'Patient'],
  ['method not allowed', 405, 'metadata', { method: 'DELETE' }],
  ['format not served', 406, 'Location?_count=1', { headers: { accept: 'text/csv' } }],
  ['token refused', 401, 'Location?_count=1', { headers: { authorization: 'Bearer faux' } }],
  ['body that is not JSON', 400, 'Location/$validate', { method: 'POST', headers: JSON_BODY, body: '{' }],
  ['findings', 200, 'Location/$validate', { method: 'POST', headers: JSON_BODY, body: JSON.stringify(FAULTY) }],
];

for (const [kind, expected, path, init] of OUTCOMES) {
  test(`outcome, ${kind} (${expected}): valid R4`, async () => {
    const { status, body } = await ask(demo, path, init);
    assert.equal(body.resourceType, 'OperationOutcome', JSON.stringify(body).slice(0, 500));
    assert.equal(status, expected, JSON.stringify(body));
    assertValid(body);
  });
}

test('what the server says it can do: valid R4', async () => {
  const { body } = await ask(demo, 'metadata');
  assert.equal(body.resourceType, 'CapabilityStatement');
  assertValid(body);
});

for (const type of ['CodeSystem', 'ValueSet', 'StructureDefinition', 'SearchParameter']) {
  test(`every ${type}: valid R4`, async () => {
    const { body } = await ask(demo, `${type}?_count=1000`);
    assert.equal(body.entry.length, body.total);
    assert(body.total > 10, `${body.total}`);
    assertValid(...body.entry.map(({ resource }) => resource));
  });
}

test('expansion, look-up, code check: valid R4', async () => {
  const list = (await ask(demo, 'ValueSet?_count=1')).body.entry[0].resource;
  const { body: expanded } = await ask(demo, `ValueSet/$expand?url=${encodeURIComponent(list.url)}`);
  assert.equal(expanded.resourceType, 'ValueSet', JSON.stringify(expanded));
  const [{ system, code }] = expanded.expansion.contains;
  const coded = `system=${encodeURIComponent(system)}&code=${encodeURIComponent(code)}`;
  const { body: found } = await ask(demo, `CodeSystem/$lookup?${coded}`);
  const { body: checked } = await ask(demo, `ValueSet/$validate-code?url=${encodeURIComponent(list.url)}&${coded}`);
  for (const parameters of [found, checked]) assert.equal(parameters.resourceType, 'Parameters', JSON.stringify(parameters));
  assertValid(expanded, found, checked);
});
