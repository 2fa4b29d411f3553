// Whatever is typed or asked, a helpful page comes back, and nothing typed ever runs.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { withBrowser, withPage } from './browser.js';
import { faults } from './faults.js';
import { DEMO, HOSPITALS, search } from './pages.js';

/** What must never be in a page as markup. */
const PAYLOADS = [
  '<script>document.title="pwned"</script>',
  '"><script>document.title="pwned"</script>',
  `'"--></style></script><img src=x onerror=document.title="pwned">`,
  '" autofocus onfocus="document.title=\'pwned\'',
  '</title><svg onload=document.title="pwned">',
  'javascript:document.title="pwned"',
  '{{7*7}}${7*7}<%= 7*7 %>',
];
const TYPED = {
  'nothing': '',
  'spaces': '   \t ',
  '10 000 letters': 'a'.repeat(10_000),
  '10 000 words': 'kiné '.repeat(2_000),
  'one letter': 'z',
  'NUL': 'kiné\0oyonnax',
  'control characters': '\u0001\u0008\u001b[31m\u007f',
  'right to left': '\u202eénik\u202c عيادة אחות',
  'emoji': '🚑👩🏽‍⚕️ kiné 🇫🇷',
  'stacked accents': `k${'\u0301'.repeat(200)}ine`,
  'half a pair': 'kin\ud83d',
  'quotes': `l'hôpital "d'à côté" «là» \`x\``,
  'operators': 'kiné AND (1=1) OR *:* -- ; DROP TABLE x; $gt _ % \\',
  'separators of the query language': 'a|b,c$d\\e&f=g',
  'unknown place': 'kiné à Trifouillis-les-Oies',
  'a number of no register': '999999999',
  'a number of eleven digits': '10000000001',
  'homonyms': 'kiné saint-denis',
  'only a preposition': 'à',
};
const PATHS = {
  'a structure of no register': '/structure/999999999',
  'a structure that is no number': '/structure/%3Cscript%3E',
  'an empty structure': '/structure/',
  'an offer of no region': '/offre/99/1',
  'an offer that is no number': '/offre/84/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E',
  'an offer without number': '/offre/84',
  'a huge number': `/offre/84/${'9'.repeat(500)}`,
  'a climb': '/structure/..%2f..%2fetc%2fpasswd',
  'broken percent': '/recherche?quoi=%ZZ%',
  'bytes that are no text': '/recherche?quoi=%ff%fe&ou=%c3%28',
  'a parameter twice': '/recherche?quoi=a&quoi=b&ou=c&ou=d',
  'parameters of nobody': '/recherche?quoi=kine&couleur=bleu&__proto__=1&page=deux',
  'a page before the first': '/recherche?quoi=kine&page=-1',
  'a page beyond numbers': '/recherche?quoi=kine&page=99999999999999999999',
  'a position of nowhere': '/recherche?quoi=kine&ou=ici&lat=NaN&lon=1e999&position=NaN,inf',
  'an unknown page': '/nulle-part/%3Cscript%3Ealert(1)%3C/script%3E',
  'a long path': `/${'a'.repeat(4_000)}`,
};
/** A person does not wait longer, debug build and busy machine included. */
const PATIENCE_MS = 5_000;

withBrowser();

for (const [name, base] of Object.entries({ demo: DEMO, hospitals: HOSPITALS }).filter(([, base]) => base)) {
  test(`whatever is typed gives a helpful page: ${name}`, async (t) => {
    for (const [what, text] of Object.entries(TYPED)) {
      await t.test(`${what}, as what`, () => helps(base, `/recherche?quoi=${encode(text)}&ou=`));
      await t.test(`${what}, as where`, () => helps(base, `/recherche?quoi=kine&ou=${encode(text)}`));
    }
    for (const payload of PAYLOADS) {
      await t.test(payload, () => helps(base, search(payload, payload)));
    }
  });
}

test('whatever is asked gives a helpful page', async (t) => {
  for (const [what, path] of Object.entries(PATHS)) await t.test(what, () => helps(DEMO, path));
});

test('nothing typed runs', async (t) => {
  const paths = PAYLOADS.flatMap((text) => [search(text, ''), search('kine', text), `/structure/${encode(text)}`, `/${encode(text)}`]);
  for (const path of paths) {
    await t.test(path, () =>
      withPage({}, async (page) => {
        await page.goto(DEMO + path);
        await page.keyboard.press('Tab');
        assert.doesNotMatch(await page.title(), /^pwned/);
        assert.equal(await page.locator('[onerror], [onfocus], [onload], a[href^="javascript:"]').count(), 0);
        const refused = page.seen.complaints.filter((line) => /Content Security Policy|dialog|script:/.test(line));
        assert.deepEqual(refused, [], 'the policy had to stop something');
      }),
    );
  }
});

test('homonyms are offered, each with its department', () =>
  withPage({}, async (page) => {
    await page.goto(DEMO + search('kiné', 'Saint-Denis'));
    const choices = page.locator('main a[href*="/recherche?"]').filter({ hasText: /saint-denis/i });
    assert.ok((await choices.count()) >= 2, 'at least two towns bear the name');
    const texts = await choices.allInnerTexts();
    assert.ok(texts.some((text) => /93|Seine-Saint-Denis/.test(text)), texts.join(' / '));
    assert.ok(texts.some((text) => /974|Réunion/.test(text)), texts.join(' / '));
    await choices.first().click();
    assert.ok(await page.locator('main').innerText());
  }));

test('other methods than reading are refused', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const { status } = await fetch(`${DEMO}/recherche?quoi=kine`, { method });
    assert.ok(status >= 400 && status < 500, `${method}: ${status}`);
  }
});

/** Percent-encodes as UTF-8, broken pairs included. */
const encode = (text) => encodeURIComponent(text.toWellFormed());

/** A page of the portal, right or wrong, in time: status, search form, sound markup, no echo of markup. */
async function helps(base, path) {
  const started = performance.now();
  const { status, type, body } = await get(base, path);
  const took = performance.now() - started;
  assert.ok(status === 200 || (status >= 400 && status < 500), `status ${status}`);
  assert.match(type, /^text\/html/);
  assert.match(body, /<main/);
  assert.match(body, /name="?quoi/, 'a search form is on the page');
  assert.match(body, /<h1/);
  assert.doesNotMatch(body, /<script>document|<img src=x|<svg onload|href="?javascript:|<script>alert/);
  assert.doesNotMatch(body, /panicked|RUST_BACKTRACE|\.rs:\d+/);
  assert.ok(!body.includes('\0'), 'NUL in the page');
  assert.ok(took < PATIENCE_MS, `${Math.round(took)} ms`);
  assert.deepEqual(await faults(body), []);
}

/** The path as it is written, which `fetch` would tidy up. */
function get(base, path) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, agent: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () =>
        resolve({ status: answer.statusCode, type: answer.headers['content-type'] ?? '', body: Buffer.concat(parts).toString() }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}
