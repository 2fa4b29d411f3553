// The real hospitals of a few départements, when the files of their statistics are there: all of France would take
// a minute to load, for resources of the same shapes.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REGISTERS, startStatistics } from '../browser/server.js';

/** Ain (whose zero some files drop), Bouches-du-Rhône, Corse-du-Sud (whose numbers hold a letter), overseas. */
const FINESS = '(?:0?1|13|2A|97)';
/** Lines of the statistics (form, year, then the establishment), and of the list of hospitals (establishment first). */
const KEPT = { sae: new RegExp(`^[^;]*;\\d{4};"?${FINESS}\\d{7}"?;`), hospitals: new RegExp(`^"?${FINESS}\\d{7}"?,`) };

/** The server of these hospitals, or nothing where the files are absent. */
export async function startSlice() {
  const folders = Object.keys(KEPT);
  if (!folders.every((name) => existsSync(join(REGISTERS, name)))) return undefined;
  const slices = await mkdtemp(join(tmpdir(), 'ror-validator-'));
  try {
    for (const name of folders) await cut(join(REGISTERS, name), slices, KEPT[name]);
    // As a sandbox, where a client of profile 1 signs in with a secret: certificates are not what is tested here.
    return await startStatistics([slices], '--sandbox');
  } finally {
    await rm(slices, { recursive: true, force: true });
  }
}

/** Copies the header and the kept lines of each file. Latin-1 gives any byte back as it was. */
async function cut(from, to, kept) {
  for (const name of await readdir(from)) {
    const [header, ...lines] = (await readFile(join(from, name), 'latin1')).split('\n');
    await writeFile(join(to, name), [header, ...lines.filter((line) => kept.test(line)), ''].join('\n'), 'latin1');
  }
}
