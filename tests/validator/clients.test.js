// Programs written with well-known FHIR clients: they page through results, follow references and include.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'fhir-kit-client';
import { ask, server } from './api.js';

const demo = server('ROR_DEMO');
const PYTHON = fileURLToPath(new URL('clients/venv/bin/python', import.meta.url));

/** What each client read, in one form: `{ total, ids, reference: [named, read], included }`. */
const READERS = {
  'fhir-kit-client': readWithKit,
  fhirpy: () => readWithPython('read_fhirpy.py'),
  fhirclient: () => readWithPython('read_fhirclient.py'),
};

for (const [name, read] of Object.entries(READERS)) {
  const skip = name !== 'fhir-kit-client' && !existsSync(PYTHON) && 'Python or its packages could not be had';
  test(`${name} pages, follows references and includes`, { skip }, async () => {
    const [{ total, ids, reference, included }, counted] = await Promise.all([
      read(),
      ask(demo, 'Organization?_summary=count'),
    ]);
    assert.equal(total, counted.body.total);
    assert.equal(new Set(ids).size, total, 'every structure once');
    assert.equal(ids.length, total);
    assert.equal(reference[0], reference[1]);
    assert(included.includes(reference[0]), 'what is referred to came along');
    assert(included.some((path) => path.startsWith('Location/')), 'places came along');
  });
}

async function readWithKit() {
  const client = new Client({ baseUrl: `${demo.url}/fhir`, bearerToken: demo.token });
  const ids = [];
  let page = await client.search({ resourceType: 'Organization', searchParams: { _count: 200 } });
  const { total } = page;
  while (page) {
    ids.push(...(page.entry ?? []).map(({ resource }) => resource.id));
    page = await client.nextPage({ bundle: page });
  }
  const searchParams = { _count: 20, _include: ['HealthcareService:organization', 'HealthcareService:location'] };
  const bundle = await client.search({ resourceType: 'HealthcareService', searchParams });
  const of = (mode) => bundle.entry.filter(({ search }) => search.mode === mode).map(({ resource }) => resource);
  const { reference } = of('match')[0].providedBy;
  const provider = await client.resolve({ reference });
  const path = ({ resourceType, id }) => `${resourceType}/${id}`;
  return { total, ids, reference: [reference, path(provider)], included: of('include').map(path) };
}

async function readWithPython(script) {
  const env = { ...process.env, ROR_URL: demo.url, ROR_TOKEN: demo.token };
  const file = fileURLToPath(new URL(`clients/${script}`, import.meta.url));
  const { stdout } = await promisify(execFile)(PYTHON, [file], { env, maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}
