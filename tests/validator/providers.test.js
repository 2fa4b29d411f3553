// Every structure, place and professional of the invented territory.

import { test } from 'node:test';
import { server, validateAll } from './api.js';

const demo = server('ROR_DEMO');

for (const type of ['Organization', 'Location', 'Practitioner', 'PractitionerRole']) {
  test(`the territory: every ${type} is valid R4`, async (t) => {
    t.diagnostic(`${await validateAll(demo, type)} read`);
  });
}
