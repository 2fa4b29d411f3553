// Pictures of the pages for the eye, in target/screenshots: not compared, to be looked at.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DESK, PHONE, withBrowser, withPage } from './browser.js';
import { allPages, open } from './pages.js';

const FOLDER = fileURLToPath(new URL('../../target/screenshots', import.meta.url));
const WIDTHS = [PHONE, DESK];
const SCHEMES = { light: 'clair', dark: 'sombre' };

/** Pages that look like another one, or are not for the public. */
const ALIKE = ['rien-demande', 'resultats-filtres', 'hopitaux-sans-lieu', 'a-propos', 'bientot', 'composants'];

withBrowser();

test('pictures of the pages', async (t) => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const target of (await allPages()).filter(({ name }) => !ALIKE.includes(name))) {
    await t.test(target.name, async () => {
      for (const viewport of WIDTHS) {
        for (const [colorScheme, scheme] of Object.entries(SCHEMES)) {
          const path = join(FOLDER, `${target.name}-${viewport.width}-${scheme}.png`);
          const picture = await withPage({ viewport, colorScheme }, async (page) => {
            await open(page, target);
            return page.screenshot({ path, fullPage: true });
          });
          // A blank page compresses to almost nothing.
          assert.ok(picture.length > 8_000, `${picture.length} bytes`);
        }
      }
    });
  }
});
