// Starts the servers, runs the tests of this folder against them, stops everything.
// Usage: node run.js [WORD…]   only the files whose name holds one of the words.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDemo, startHospitals } from './server.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const LIMIT_MS = 10 * 60_000;

/** What already runs is used as it is: ROR_DEMO and ROR_HOSPITALS are addresses. */
const given = (name) => process.env[name] && { url: process.env[name], stop: async () => {} };

process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));

const started = performance.now();
const servers = await Promise.all([given('ROR_DEMO') ?? startDemo(), given('ROR_HOSPITALS') ?? startHospitals()]);
const [demo, hospitals] = servers;
console.log(`servers ready after ${Math.round((performance.now() - started) / 1000)} s: demo ${demo.url}`);
console.log(hospitals ? `hospitals ${hospitals.url}` : 'skipped: tests on the real hospitals, whose files are absent');

try {
  process.exitCode = await run(tests(process.argv.slice(2)));
} finally {
  await Promise.all(servers.map((server) => server?.stop()));
}
console.log(`browser tests: ${Math.round((performance.now() - started) / 1000)} s with the servers`);

function tests(words) {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.js'));
  return files.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
}

function run(files) {
  return new Promise((resolve) => {
    const environment = { ...process.env, ROR_DEMO: demo.url, ROR_HOSPITALS: hospitals?.url ?? '' };
    const words = ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files];
    const child = spawn(process.execPath, words, { cwd: FOLDER, env: environment, stdio: 'inherit', timeout: LIMIT_MS });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
