// axe-core finds nothing on any page: all rules, light and dark, on a desk and on a phone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { violations } from './axe.js';
import { DESK, PHONE, withBrowser, withPage } from './browser.js';
import { allPages, open } from './pages.js';

const DEVICES = { desk: { viewport: DESK }, phone: { viewport: PHONE, isMobile: true, hasTouch: true } };

withBrowser();

for (const [device, options] of Object.entries(DEVICES)) {
  test(`axe-core finds nothing: ${device}`, async (t) => {
    for (const target of await allPages()) {
      await t.test(target.name, () =>
        // The policy of the page is no matter here: the checker is a guest in it.
        withPage({ ...options, bypassCSP: true }, async (page) => {
          await open(page, target);
          for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme });
            const found = await violations(page);
            assert.deepEqual(found, [], colorScheme);
          }
        }),
      );
    }
  });
}

test('axe-core sees a fault where there is one', () =>
  withPage({}, async (page) => {
    await page.setContent('<html><head><title>x</title></head><body><img src="x.png"></body></html>');
    const found = await violations(page);
    assert.ok(found.some((line) => line.startsWith('image-alt')), found.join('\n'));
  }));
