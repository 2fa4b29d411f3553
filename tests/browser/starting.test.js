// A server that still reads its data: a page that says so, and asks again by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { violations } from './axe.js';
import { PHONE, withBrowser, withPage } from './browser.js';
import { faults } from './faults.js';
import { startSlow } from './server.js';

/** Several times what the page waits before it asks again. */
const PATIENCE_MS = 30_000;

withBrowser();

test('a visitor who comes too early is told, and asks again without being touched', async (t) => {
  const { url, stop } = await startSlow();
  t.after(stop);
  const answer = await fetch(url);
  const html = await answer.text();
  assert.deepEqual([answer.status, answer.headers.get('retry-after'), answer.headers.get('refresh')], [503, '5', '5']);
  assert.deepEqual(await faults(html), []);
  await withPage({ viewport: PHONE }, async (page) => {
    await page.goto(url);
    // Nobody touches anything: the page is asked for again. That it then is the real one is tested in Rust.
    await page.waitForRequest(`${url}/`, { timeout: PATIENCE_MS });
  });
  await withPage({ viewport: PHONE, bypassCSP: true }, async (page) => {
    // The page as it was, with its style and without coming back.
    await page.route(url + '/', (route) => route.fulfill({ status: 503, contentType: 'text/html; charset=utf-8', body: html }));
    await page.goto(url);
    assert.match(await page.locator('h1').innerText(), /démarre/);
    assert.deepEqual(await violations(page), []);
  });
});
