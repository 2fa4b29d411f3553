// The validators themselves: each broken resource is refused for its fault, and the same one mended is not.
// Without this, a validator that looks at nothing would pass all the other tests.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { assertValid, validateAll } from './api.js';
import { faults, NOT_OURS } from './validators.js';

const PLACE = {
  resourceType: 'Location',
  id: 'place',
  status: 'active',
  name: 'Maison de santé',
  telecom: [{ system: 'phone', value: '0400000000' }],
  address: { use: 'work', city: 'Oyonnax' },
  position: { longitude: 5.65, latitude: 46.25 },
  managingOrganization: { reference: 'Organization/owner' },
};
const OFFER = {
  resourceType: 'HealthcareService',
  active: true,
  availableTime: [{ daysOfWeek: ['mon'], availableStartTime: '08:00:00' }],
  notAvailable: [{ description: 'Congés', during: { start: '2026-08-01' } }],
};
const EXTENSION = { url: 'http://example.org/remarque', valueString: 'à gauche' };
const OUTCOME = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] };
const BUNDLE = { resourceType: 'Bundle', type: 'searchset', total: 1, entry: [{ resource: PLACE, search: { mode: 'match' } }] };
const SYSTEM = { resourceType: 'CodeSystem', status: 'active', content: 'complete' };
const SET = { resourceType: 'ValueSet', status: 'active', expansion: { timestamp: '2026-01-01T00:00:00Z' } };
const OWNER = { resourceType: 'Organization', name: 'CH', meta: { lastUpdated: '2026-01-01T00:00:00Z' } };

const SOUND = [PLACE, { ...PLACE, extension: [EXTENSION] }, OFFER, OUTCOME, BUNDLE, SYSTEM, SET, OWNER];

const BROKEN = [
  ['unknown element', 'Location.nom', { ...PLACE, nom: 'x' }],
  ['unknown element, deep', 'Location.position.etage', { ...PLACE, position: { ...PLACE.position, etage: 2 } }],
  ['unknown element beside a primitive', 'Location.name.lang', { ...PLACE, _name: { lang: 'fr' } }],
  ['unknown element, in a bundle', 'Location.nom', { ...BUNDLE, entry: [{ resource: { ...PLACE, nom: 'x' } }] }],
  ['unknown type of resource', '', { ...PLACE, resourceType: 'Lieu' }],
  ['required element missing', 'Location.position.latitude', { ...PLACE, position: { longitude: 5.65 } }],
  ['required element missing', 'HealthcareService.notAvailable[0].description', { ...OFFER, notAvailable: [{}] }],
  ['required element missing', 'Location.extension[0].url', { ...PLACE, extension: [{ valueString: 'x' }] }],
  ['required element missing', 'Bundle.type', { ...BUNDLE, type: undefined }],
  ['required element missing', 'ValueSet.expansion.timestamp', { ...SET, expansion: {} }],
  ['one value where a list belongs', 'Location.telecom', { ...PLACE, telecom: PLACE.telecom[0] }],
  ['a list where one value belongs', 'Location.name', { ...PLACE, name: ['Maison de santé'] }],
  ['number for a string', 'Location.name', { ...PLACE, name: 3 }],
  ['string for a number', 'Location.position.longitude', { ...PLACE, position: { longitude: '5', latitude: 46 } }],
  ['string for a boolean', 'HealthcareService.active', { ...OFFER, active: 'oui' }],
  ['string for a reference', 'Location.managingOrganization.0', { ...PLACE, managingOrganization: 'Organization/owner' }],
  ['null', 'Location.name', { ...PLACE, name: null }],
  ['negative count', 'Bundle.total', { ...BUNDLE, total: -1 }],
  ['French date', 'HealthcareService.notAvailable[0].during.start', { ...OFFER, notAvailable: [{ description: 'x', during: { start: '01/08/2026' } }] }],
  ['day for an instant', 'Organization.meta.lastUpdated', { ...OWNER, meta: { lastUpdated: '2026-01-01' } }],
  ['hour that is none', 'HealthcareService.availableTime[0].availableStartTime', { ...OFFER, availableTime: [{ availableStartTime: '8h' }] }],
  ['two values for one choice', 'valueCode', { ...PLACE, extension: [{ ...EXTENSION, valueCode: 'x' }] }],
  ['type that is none of the choice', 'Location.extension[0].valueTexte', { ...PLACE, extension: [{ url: EXTENSION.url, valueTexte: 'x' }] }],
  ['reference to another type', 'Location.managingOrganization', { ...PLACE, managingOrganization: { reference: 'Location/place' } }],
  ['code outside a required set', 'Location.status', { ...PLACE, status: 'ouvert' }],
  ['code outside a required set', 'Location.address.use', { ...PLACE, address: { use: 'travail' } }],
  ['code outside a required set', 'Location.telecom[0].system', { ...PLACE, telecom: [{ system: 'telephone', value: '1' }] }],
  ['code outside a required set', 'HealthcareService.availableTime[0].daysOfWeek[0]', { ...OFFER, availableTime: [{ daysOfWeek: ['lundi'] }] }],
  ['code outside a required set', 'Bundle.entry[0].search.mode', { ...BUNDLE, entry: [{ resource: PLACE, search: { mode: 'trouvé' } }] }],
  ['code outside a required set', 'OperationOutcome.issue[0].code', { ...OUTCOME, issue: [{ severity: 'error', code: 'faux' }] }],
  ['code outside a required set', 'CodeSystem.content', { ...SYSTEM, content: 'tout' }],
  ['invariant ext-1', 'Location.extension[0]', { ...PLACE, extension: [{ ...EXTENSION, extension: [EXTENSION] }] }],
  ['invariant org-2', 'Organization.address[0]', { ...OWNER, address: [{ use: 'home' }] }],
  ['invariant bdl-1', 'Bundle', { ...BUNDLE, type: 'collection' }],
];

test('a sound resource has no fault', () => {
  for (const resource of SOUND) assert.deepEqual(faults(resource), []);
});

for (const [fault, path, resource] of BROKEN) {
  test(`refused: ${fault}, at ${path || 'the resource'}`, () => {
    const found = faults(resource);
    assert(
      found.some((message) => message.includes(` at ${path}: `)),
      `no fault at ${path}; found: ${found.join('; ') || 'nothing'}`,
    );
  });
}

test('refused: a broken resource among sound ones', () => {
  assert.throws(() => assertValid(PLACE, { ...PLACE, nom: 'x' }, OFFER), /1 × medplum error at Location.nom: .*Location\/place/);
});

test('refused: a broken resource on the second page, and a page that is missing', async (t) => {
  const page = (number, resource) => ({ ...BUNDLE, total: 2, entry: [{ resource }], link: [{ relation: 'self', url: `?${number}` }] });
  const broken = { ...PLACE, id: 'second', nom: 'x' };
  const served = createServer(({ url }, answer) => {
    const first = { ...page(1, PLACE), link: [{ relation: 'self', url: '?1' }, { relation: 'next', url: 'Location?2' }] };
    const last = { '/fhir/Location?2': page(2, broken), '/lost/fhir/Location?_count=200': page(1, PLACE) }[url];
    answer.end(JSON.stringify(last ?? first));
  });
  await new Promise((ready) => served.listen(0, '127.0.0.1', ready));
  t.after(() => served.close());
  const url = `http://127.0.0.1:${served.address().port}`;
  await assert.rejects(validateAll({ url }, 'Location'), /medplum error at Location.nom: .*Location\/second/);
  await assert.rejects(validateAll({ url: `${url}/lost` }, 'Location'), /1 different resources were read, and 2 announced/);
});

test('each message set aside names its line of the specification', () => {
  for (const { message, line } of NOT_OURS) assert.match(line, /^[a-z-]+\.html(#\S+)?: ./, `${message}`);
});
