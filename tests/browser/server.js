// The two servers under test: the demonstration territory, and the real hospitals where their files are.
// The tests of ../validator start theirs with it too.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = process.env.ROR_PROGRAM ?? join(ROOT, 'target/debug/ror');
export const REGISTERS = join(ROOT, '../shared/data');
const ANY_PORT = '127.0.0.1:0';

/** The demonstration territory: `{ url, data, stop }`, where `data` is the folder it serves. */
export async function startDemo() {
  const data = await folder();
  return listening(['demo', '--data', data, '--listen', ANY_PORT], data);
}

/** The real hospitals, or nothing where their files are absent. */
export async function startHospitals() {
  const files = ['sae', 'hospitals'].map((name) => join(REGISTERS, name));
  if (!files.every((path) => existsSync(path))) return undefined;
  return startStatistics(files);
}

/** Hospitals loaded from the given files or folders of statistics, served with these options: `{ url, data, stop }`. */
export async function startStatistics(files, ...options) {
  const data = await folder();
  await finished(['import', 'sae', ...files, '--data', data], data);
  return listening(['serve', '--data', data, '--listen', ANY_PORT, ...options], data);
}

/** A demonstration whose port is open and whose data are not read yet: `{ url, stop }`. */
export async function startSlow() {
  const data = await folder();
  const { child, ended, said } = start(['demo', '--data', data, '--listen', ANY_PORT]);
  let url;
  while (!(url = /(http:\S+) ouvert/.exec(said())?.[1])) {
    if (child.exitCode !== null) throw new Error(`ror demo ended with ${child.exitCode}: ${said()}`);
    await new Promise((again) => setTimeout(again, 20));
  }
  child.stdout.resume();
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await forget(data);
  };
  return { url, stop };
}

const folder = () => mkdtemp(join(tmpdir(), 'ror-browser-'));
const forget = (data) => rm(data, { recursive: true, force: true });

/** Runs a command to its end; its findings are no matter here, unless it fails. */
async function finished(words, data) {
  const { child, ended, said } = start(words);
  child.stdout.resume();
  const code = await ended;
  // 1: loaded, with rejected lines, which real files have.
  if (code === 0 || code === 1) return;
  await forget(data);
  throw new Error(`ror ${words[0]} ended with ${code}: ${said()}`);
}

/** Starts a server and waits for the line that tells its address. */
async function listening(words, data) {
  const { child, ended, said } = start(words);
  const url = await new Promise((resolve, reject) => {
    ended.then((code) => reject(new Error(`ror ${words[0]} ended with ${code} before it listened: ${said()}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /listening on (http:\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await forget(data);
    if (/panicked/.test(said())) throw new Error(`ror ${words[0]} panicked: ${said()}`);
  };
  return { url, data, stop };
}

function start(words) {
  const environment = { ...process.env, RUST_LOG: 'error' };
  const child = spawn(PROGRAM, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints = (complaints + text).slice(-4000)));
  const ended = new Promise((done, failed) => {
    child.on('close', done);
    child.on('error', failed);
  });
  // Whatever ends the tests ends the server.
  process.once('exit', () => child.kill('SIGKILL'));
  return { child, ended, said: () => complaints };
}
