// html-validate finds nothing in what the server sends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from './faults.js';
import { allPages } from './pages.js';

test('html-validate finds nothing', async (t) => {
  for (const { name, url, status } of await allPages()) {
    await t.test(name, async () => {
      const answer = await fetch(url);
      assert.equal(answer.status, status, url);
      assert.match(answer.headers.get('content-type'), /^text\/html; *charset=utf-8$/i);
      const html = await answer.text();
      assert.deepEqual(await faults(html), []);
      assert.doesNotMatch(html, /href="tel:[^>]*>(<span[^>]*>[^<]*<\/span>)?[^<]*\d \d/, 'a number can be cut at the end of a line');
    });
  }
});

test('html-validate sees a fault where there is one', async () => {
  assert.notDeepEqual(await faults('<!doctype html><html lang="fr"><p></div></html>'), []);
});
