// The real hospitals, where the files of their statistics are: their data has gaps that no invented territory has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server, validateAll } from './api.js';

const hospitals = server('ROR_HOSPITALS');
const skip = hospitals ? false : 'the files of the real hospitals are absent';
const SLICE = 500;

for (const type of ['Organization', 'Location', 'HealthcareService']) {
  test(`the real hospitals: ${type}, valid R4`, { skip }, async (t) => {
    const read = await validateAll(hospitals, type, SLICE);
    assert(read >= SLICE, `${read} read`);
    t.diagnostic(`${read} read`);
  });
}
