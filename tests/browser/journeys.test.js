// What a person does: with the keyboard alone, with the thumb on a phone, with scripts off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK, PHONE, withBrowser, withPage } from './browser.js';
import { DEMO, HOSPITALS, SHEET, SUBMIT, WITHOUT_HOSPITALS, allPages, open } from './pages.js';

/** More than any page has before its first result. */
const TABS_MAX = 60;
/** A tap or a key costs a person this long (portal §9). */
const TAP_S = 1.2;
const CHARACTER_S = 0.3;
/** Public search to a phone number or an address: portal §8. */
const TAPS_MAX = 3;
const SECONDS_MAX = 20;
const IN_THE_DARK = ['accueil', 'resultats', 'structure'];
const PHONE_LINK = 'main a[href^="tel:"]';
const ADDRESS = /\b\d{5} \p{Lu}/u;

withBrowser();

test('every page starts with a link that skips to its content', async (t) => {
  for (const target of await allPages()) {
    await t.test(target.name, () =>
      withPage({}, async (page) => {
        await open(page, target);
        await page.keyboard.press('Tab');
        const link = page.locator(':focus');
        assert.match(await link.innerText(), /contenu/i);
        await holdFocus(page);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        const inside = await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('main, footer')));
        assert.ok(inside, 'the next stop is in the content');
      }),
    );
  }
});

test('every stop of the keyboard shows itself, in reading order', async (t) => {
  for (const target of await allPages()) {
    await t.test(target.name, () =>
      withPage({}, async (page) => {
        // The colours of the dark look are the same everywhere: one page of each kind says enough.
        for (const colorScheme of IN_THE_DARK.includes(target.name) ? ['light', 'dark'] : ['light']) {
          await page.emulateMedia({ colorScheme });
          await open(page, target);
          assert.ok((await walk(page)) >= 3, 'at least three stops');
        }
      }),
    );
  }
});

test('with the keyboard alone: ask, open a result, come back', () =>
  withPage({ viewport: DESK }, async (page) => {
    await open(page, { url: `${DEMO}/`, status: 200 });
    await tabTo(page, 'input[name="quoi"]');
    await page.keyboard.type('kine');
    await tabTo(page, 'input[name="ou"]');
    await page.keyboard.type('oyonnax');
    await Promise.all([page.waitForURL('**/recherche?*'), page.keyboard.press('Enter')]);
    const results = page.url();
    await tabTo(page, SHEET);
    const address = await page.locator(':focus').getAttribute('href');
    await Promise.all([page.waitForURL((url) => url.pathname === new URL(address, DEMO).pathname), page.keyboard.press('Enter')]);
    assert.match(await page.locator('h1').innerText(), /\S/);
    // Alt+Left belongs to the window, which a headless browser has not.
    await page.goBack();
    assert.equal(page.url(), results);
    assert.equal(await page.locator('input[name="quoi"]').inputValue(), 'kine');
    assert.equal(await page.locator('input[name="ou"]').inputValue(), 'oyonnax');
  }));

test('the button submits too, with Tab and Space', () =>
  withPage({}, async (page) => {
    await open(page, { url: `${DEMO}/`, status: 200 });
    await tabTo(page, 'input[name="quoi"]');
    await page.keyboard.type('ehpad');
    await tabTo(page, SUBMIT);
    await Promise.all([page.waitForURL('**/recherche?*'), page.keyboard.press('Space')]);
    assert.ok((await page.locator(SHEET).count()) > 0);
  }));

test('to a phone number or an address in three taps', async (t) => {
  const journeys = [
    { base: DEMO, quoi: 'kine', ou: 'oyonnax' },
    { base: DEMO, quoi: 'ehpad', ou: 'bourg en bresse' },
    { base: DEMO, quoi: 'maison de retraite', ou: '' },
    { base: HOSPITALS, quoi: 'urgences', ou: 'marseille' },
    { base: HOSPITALS, quoi: 'irm nantes', ou: '' },
  ];
  for (const { base, quoi, ou } of journeys) {
    await t.test(`« ${quoi} » « ${ou} »`, { skip: base ? false : WITHOUT_HOSPITALS }, (t) =>
      withPage({ viewport: PHONE, isMobile: true, hasTouch: true }, async (page) => {
        await open(page, { url: `${base}/`, status: 200 });
        const { taps, seconds } = await reachContact(page, quoi, ou);
        t.diagnostic(`${taps} taps after typing, ${seconds.toFixed(1)} s for a person`);
        assert.ok(taps <= TAPS_MAX, `${taps} taps after typing`);
        assert.ok(seconds <= SECONDS_MAX, `${seconds} s`);
      }),
    );
  }
});

test('the common needs are one tap away, and none leads nowhere', async (t) => {
  for (const base of [DEMO, HOSPITALS].filter(Boolean)) {
    const paths = await withPage({}, async (page) => {
      await open(page, { url: `${base}/`, status: 200 });
      return page.locator('main a[href^="/recherche"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    });
    assert.ok(paths.length >= 5, `${paths.length} needs`);
    for (const path of paths) {
      await t.test(`${base === DEMO ? 'demo' : 'hospitals'} ${path}`, async () => assert.equal((await fetch(base + path)).status, 200));
    }
  }
});

test('no link of any page is dead', async () => {
  const dead = [];
  const known = new Set();
  for (const target of await allPages()) {
    const html = await (await fetch(target.url)).text();
    // Where a form is sent may be no page: asked for as one, it says so (405).
    const sent = new Set([...html.matchAll(/<form method="post" action="([^"]+)"/g)].map(([, action]) => action));
    for (const [, raw] of html.matchAll(/(?:href|src|action)="?([^"\s>]+)/g)) {
      const url = new URL(raw.replaceAll('&amp;', '&'), target.url);
      url.hash = '';
      if (url.origin !== new URL(target.url).origin || known.has(url.href)) continue;
      known.add(url.href);
      const { status } = await fetch(url);
      if (status >= 400 && status !== target.status && !(status === 405 && sent.has(raw))) dead.push(`${status} ${url.pathname}${url.search} on ${target.name}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(known.size > 20, `${known.size} links`);
});

test('without scripts every page says the same', async (t) => {
  for (const target of await allPages()) {
    await t.test(target.name, async () => {
      const read = (javaScriptEnabled) =>
        withPage({ javaScriptEnabled }, async (page) => {
          await open(page, target);
          return content(page);
        });
      const [plain, enhanced] = [await read(false), await read(true)];
      assert.ok(plain.length > 3, 'the page has content without scripts');
      assert.deepEqual(plain.filter((line) => !enhanced.includes(line)), [], 'with scripts something is lost');
      assert.deepEqual(enhanced.filter((line) => !plain.includes(line)), [], 'without scripts something is missing');
    });
  }
});

test('without scripts: ask, open a result, come back', () =>
  withPage({ javaScriptEnabled: false }, async (page) => {
    await open(page, { url: `${DEMO}/`, status: 200 });
    await page.fill('input[name="quoi"]', 'kiné');
    await page.fill('input[name="ou"]', 'Oyonnax');
    await Promise.all([page.waitForURL('**/recherche?*'), page.locator(SUBMIT).first().click()]);
    const results = page.url();
    await page.locator(SHEET).first().click();
    assert.match(await page.locator('h1').innerText(), /\S/);
    await page.goBack();
    assert.equal(page.url(), results);
  }));

/** Titles, facts and links of the content. The hour goes on between two readings; the map and « ici », which need a script to do more, are left out. */
function content(page) {
  return page.locator('main').evaluate((main) => {
    const kept = [...main.querySelectorAll('h1, h2, h3, p, dt, dd, li, a, label, button')].filter((node) => !node.closest('[data-carte], [data-ici]'));
    const shown = kept.filter((node) => node.checkVisibility());
    return shown.map((node) => `${node.tagName} ${node.getAttribute('href') ?? ''} ${node.innerText.replace(/\s+/g, ' ').replace(/\d+ h \d+/, 'HH h MM').trim()}`);
  });
}

/** Types, then taps until a phone number or an address is on the screen. */
async function reachContact(page, quoi, ou) {
  const started = performance.now();
  await page.tap('input[name="quoi"]');
  await page.keyboard.type(quoi);
  if (ou) {
    await page.tap('input[name="ou"]');
    await page.keyboard.type(ou);
  }
  // On a small screen the suggestions may lie over the button: a person takes the first one.
  const suggestion = page.locator('[role="option"]:visible').first();
  let taps = 0;
  if (await suggestion.waitFor({ timeout: 1_000 }).then(() => true, () => false)) {
    taps += 1;
    await suggestion.tap();
  }
  const follow = async (selector) => {
    taps += 1;
    await Promise.all([page.waitForNavigation(), page.locator(selector).first().tap()]);
  };
  if (new URL(page.url()).pathname === '/') await follow(SUBMIT);
  if (!(await hasContact(page))) await follow(SHEET);
  assert.ok(await hasContact(page), `neither phone nor address on ${page.url()}`);
  const waits = (performance.now() - started) / 1000;
  // Tapping in the fields counts in the time, as typing does.
  return { taps, seconds: waits + (taps + (ou ? 2 : 1)) * TAP_S + (quoi.length + ou.length) * CHARACTER_S };
}

async function hasContact(page) {
  const phones = await page.locator(PHONE_LINK).filter({ visible: true }).count();
  return phones > 0 || ADDRESS.test(await page.locator('main').innerText());
}

/** Presses Tab to the end of the page, or long enough; gives the number of stops. */
async function walk(page) {
  for (let stops = 0; stops < TABS_MAX; stops += 1) {
    await page.keyboard.press('Tab');
    if (!(await holdFocus(page))) return stops;
  }
  return TABS_MAX;
}

/** Presses Tab until the focus is on what is looked for; every stop on the way shows itself. */
async function tabTo(page, selector) {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
    await holdFocus(page);
  }
  assert.fail(`${selector} is not reached in ${TABS_MAX} tabs`);
}

/** The focused element is on the screen, not covered, and looks focused; false past the last one. */
async function holdFocus(page) {
  const fault = await page.evaluate(() => {
    const node = document.activeElement;
    const name = `${node.tagName.toLowerCase()} « ${(node.innerText || node.getAttribute('name') || node.getAttribute('href') || '').trim().slice(0, 40)} »`;
    if (node === document.body) return undefined;
    const { top, left, width, height } = node.getBoundingClientRect();
    if (width < 2 || height < 2 || top + height <= 0 || top >= innerHeight || left + width <= 0) return `${name} has the focus off the screen`;
    const style = getComputedStyle(node);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    // A place on the map is drawn: its disc gets a thick edge.
    const drawn = Boolean(node.closest('svg')) && [...node.children].some((shape) => parseFloat(getComputedStyle(shape).strokeWidth) >= 3);
    if (!outlined && !drawn && style.boxShadow === 'none') return `${name} does not show its focus`;
    const box = [...node.getClientRects()][0];
    const above = document.elementFromPoint(box.left + box.width / 2, Math.min(box.top + box.height / 2, innerHeight - 1));
    if (above && !node.contains(above) && !above.contains(node)) return `${name} is covered by ${above.tagName.toLowerCase()}.${above.className}`;
    return '';
  });
  assert.equal(fault ?? '', '');
  return fault !== undefined;
}
