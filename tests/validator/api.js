// What the tests ask of a server, as a client of profile 1.

import assert from 'node:assert/strict';
import { faults } from './validators.js';

const PAGE = 200;
const SHOWN_MAX = 20;

/** A server that run.js started, or nothing: `{ url, token }` is in the environment under its name. */
export function server(name) {
  const given = process.env[name];
  return given ? JSON.parse(given) : undefined;
}

/** One answer: `{ status, body }`. `init` is that of `fetch`. */
export async function ask({ url, token }, path, init = {}) {
  const headers = { authorization: `Bearer ${token}`, ...init.headers };
  const response = await fetch(new URL(path, `${url}/fhir/`), { ...init, headers });
  return { status: response.status, body: await response.json() };
}

/** All the resources of a type, page by page, at most `max` of them. The pages are validated with what they hold. */
export async function validateAll(from, type, max = Infinity) {
  const found = new Map();
  const seen = new Set();
  let next = `${type}?_count=${PAGE}`;
  let total;
  while (next && seen.size < max) {
    const { status, body } = await ask(from, next);
    assert.equal(status, 200, `${next}: ${JSON.stringify(body)}`);
    total = body.total;
    note(found, { ...body, entry: body.entry?.map(({ resource, ...rest }) => ({ ...rest, resource: stub(resource) })) });
    for (const { resource } of body.entry ?? []) {
      assert.equal(resource.resourceType, type);
      note(found, resource);
      seen.add(resource.id);
    }
    next = body.link.find(({ relation }) => relation === 'next')?.url;
  }
  assertNone(found);
  assert(total > 0, `the server has no ${type}`);
  assert(seen.size >= Math.min(max, total), `${seen.size} different resources were read, and ${total} announced`);
  return seen.size;
}

/** Fails with every fault of these resources. */
export function assertValid(...resources) {
  const found = new Map();
  for (const resource of resources) note(found, resource);
  assertNone(found);
}

/** The page is validated apart from its resources, which are validated one by one. */
const stub = ({ resourceType, id }) => ({ resourceType: 'Basic', id, code: { text: resourceType } });

/** Faults by message, whatever the rank in a list: how often, and where first. */
function note(found, resource) {
  for (const message of faults(resource)) {
    const kind = message.replace(/\[\d+\]/g, '[]');
    const known = found.get(kind) ?? { times: 0, first: `${resource.resourceType}/${resource.id ?? ''}` };
    found.set(kind, { ...known, times: known.times + 1 });
  }
}

function assertNone(found) {
  const lines = [...found].map(([kind, { times, first }]) => `${times} × ${kind} (first in ${first})`);
  const more = lines.length > SHOWN_MAX ? `\n… and ${lines.length - SHOWN_MAX} other kinds` : '';
  assert(lines.length === 0, `\n${lines.slice(0, SHOWN_MAX).join('\n')}${more}`);
}
