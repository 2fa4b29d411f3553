// Starts the real program on the invented territory, and on a few départements of the real hospitals where their files
// are; registers a client of profile 1 with each; runs the tests of this folder; stops everything.
// Usage: node run.js [WORD…]   only the test files whose name holds one of the words.

import { execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PROGRAM, startDemo } from '../browser/server.js';
import { startSlice } from './slice.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const LIMIT_MS = 10 * 60_000;
const PATIENCE_MS = 15_000;

process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));

const started = performance.now();
const servers = await Promise.all([startDemo(), startSlice()]);
try {
  const [demo, hospitals] = await Promise.all(servers.map((server) => server && asProfile1(server)));
  console.log(`servers ready after ${seconds()} s: demo ${demo.url}`);
  console.log(hospitals ? `hospitals ${hospitals.url}` : 'skipped: resources of the real hospitals, whose files are absent');
  const environment = { ROR_DEMO: JSON.stringify(demo), ROR_HOSPITALS: hospitals ? JSON.stringify(hospitals) : '' };
  process.exitCode = await run(tests(process.argv.slice(2)), environment);
} finally {
  await Promise.all(servers.map((server) => server?.stop()));
}
console.log(`validator tests: ${seconds()} s with the servers`);

function seconds() {
  return Math.round((performance.now() - started) / 1000);
}

/** Registers a client of profile 1 beside the running server, and signs in with it: `{ url, token }`. */
async function asProfile1({ url, data }) {
  const words = ['client', 'add', 'Validateur', '--profile', '1', '--data', data];
  const client = JSON.parse((await promisify(execFile)(PROGRAM, words)).stdout);
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...client });
  // The server rereads its register of clients within two seconds.
  const patience = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${url}/auth/realms/ror/protocol/openid-connect/token`, { method: 'POST', body });
    if (answer.ok) return { url, token: (await answer.json()).access_token };
    if (performance.now() > patience) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

function tests(words) {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.js'));
  return files.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
}

function run(files, more) {
  return new Promise((resolve) => {
    const words = ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files];
    const environment = { ...process.env, ...more };
    const child = spawn(process.execPath, words, { cwd: FOLDER, env: environment, stdio: 'inherit', timeout: LIMIT_MS });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
