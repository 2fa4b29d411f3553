// What goes over the wire: light pages, own origin only, a strict policy, a silent console.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK, withBrowser, withPage } from './browser.js';
import { allPages, open } from './pages.js';

const HOME_BYTES = 60_000;
const PAGE_BYTES = 150_000;
/** Budgets are without the map. */
const MAP = /\/statique\/carte[^/]*\.(js|css|txt)$/;

withBrowser();

test('light, from its own origin, silent', async (t) => {
  for (const target of await allPages()) {
    await t.test(target.name, (t) =>
      withPage({ viewport: DESK }, async (page) => {
        const answer = await open(page, target);
        await page.waitForLoadState('networkidle');
        const { origin, pathname } = new URL(target.url);
        assert.deepEqual(page.seen.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:')), []);
        assert.deepEqual(complaints(page, target), []);
        // All of them: the short list leaves cookies out.
        holdPolicy(await answer.allHeaders(), pathname);
        const weight = [...page.seen.bytes].reduce((sum, [url, bytes]) => sum + (MAP.test(url) ? 0 : bytes), 0);
        t.diagnostic(`${weight} bytes in ${page.seen.bytes.size} requests`);
        const budget = pathname === '/' ? HOME_BYTES : PAGE_BYTES;
        assert.ok(weight > 1_000 && weight < budget, `${weight} bytes, budget ${budget}: ${[...page.seen.bytes].join(' ')}`);
      }),
    );
  }
});

/** A page that is absent or refused on purpose is reported by the console as such: that one line is right. */
function complaints(page, target) {
  const isMeant = (line) => target.status !== 200 && line.includes(String(target.status)) && line.includes(target.url);
  return page.seen.complaints.filter((line) => !isMeant(line));
}

function holdPolicy(headers, pathname) {
  const policy = headers['content-security-policy'] ?? '';
  const directive = (name) => policy.split(';').map((part) => part.trim()).find((part) => part.startsWith(`${name} `)) ?? '';
  assert.match(directive('default-src'), /'none'|'self'/, policy);
  assert.doesNotMatch(directive('script-src') || directive('default-src'), /unsafe|\*|https?:/, policy);
  assert.doesNotMatch(directive('style-src') || directive('default-src'), /unsafe-inline|\*/, policy);
  assert.match(directive('frame-ancestors'), /'none'/, policy);
  assert.match(directive('form-action'), /'self'/, policy);
  assert.match(directive('base-uri'), /'none'|'self'/, policy);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['referrer-policy'] ?? '', /no-referrer|same-origin/);
  assert.equal(headers['content-language'], 'fr');
  if (pathname.startsWith('/connexion')) {
    assert.match(headers['set-cookie'], /^ror-connexion=[^;]*; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  } else {
    assert.equal(headers['set-cookie'], undefined, 'the public gets no cookie');
  }
}
