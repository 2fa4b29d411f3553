// Every offer of the invented territory: the largest resources, in a file of their own, which one core takes.

import { test } from 'node:test';
import { server, validateAll } from './api.js';

const demo = server('ROR_DEMO');

test('the territory: every HealthcareService is valid R4', async (t) => {
  t.diagnostic(`${await validateAll(demo, 'HealthcareService')} read`);
});
