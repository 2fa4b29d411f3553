// The map that moves: it takes the place of the drawn one where scripts run, and gives nothing up.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { violations } from './axe.js';
import { DESK, PHONE, withBrowser, withPage } from './browser.js';
import { DEMO, demoPages, open, search } from './pages.js';

const RESULTS = { url: DEMO + search('kiné', 'Oyonnax'), status: 200 };
const PLAN = '.carte--plan .carte__plan';
const DRAWING = '[data-carte] > svg';
const MARK = '.carte__repere';
const BUBBLE = '.carte__bulle';
const FILES = /\/statique\/carte[-.]/;
/** Files of the map that a page with a map names by itself; the others wait until it is in sight. */
const SMALL = /\/statique\/carte\.[0-9a-f]+\.js$/;
const LIBRARY_BYTES = 60_000;
const TABS_MAX = 90;

withBrowser();

test('the library in the program is the published one', () => {
  const published = new URL('./node_modules/leaflet/', import.meta.url);
  const ours = new URL('../../crates/portal/assets/leaflet/', import.meta.url);
  for (const [name, path] of [['leaflet.js', 'dist/leaflet.js'], ['leaflet.css', 'dist/leaflet.css'], ['LICENSE', 'LICENSE']]) {
    assert.ok(readFileSync(new URL(name, ours)).equals(readFileSync(new URL(path, published))), name);
  }
  const lock = JSON.parse(readFileSync(new URL('./package-lock.json', import.meta.url)));
  const { version, integrity, license } = lock.packages['node_modules/leaflet'];
  const notice = readFileSync(new URL('../../NOTICE', import.meta.url), 'utf8');
  assert.ok(notice.includes(`Leaflet ${version}`) && notice.replace(/\s/g, '').includes(integrity), 'NOTICE names version and fingerprint');
  assert.equal(license, 'BSD-2-Clause');
});

test('every page with a drawn map gets one that moves, and the others ask for nothing', async (t) => {
  for (const target of await demoPages()) {
    await t.test(target.name, () =>
      withPage({}, async (page) => {
        await open(page, target);
        const drawing = page.locator(DRAWING).first();
        const files = () => page.seen.requests.filter((url) => FILES.test(url));
        if (target.name === 'composants' || (await drawing.count()) === 0) {
          await page.waitForLoadState('networkidle');
          assert.deepEqual(files(), []);
          return;
        }
        await page.locator('[data-carte]').scrollIntoViewIfNeeded();
        await page.locator(PLAN).waitFor();
        assert.equal(await drawing.isVisible(), false, 'one map at a time');
        assert.ok((await page.locator(MARK).count()) > 0);
        const drawn = await page.locator('.leaflet-overlay-pane .carte__contour').evaluateAll((shapes) => shapes.filter((shape) => shape.getBoundingClientRect().width > 50).length);
        assert.ok(drawn > 0, 'outlines are drawn');
        assert.deepEqual(page.seen.complaints, []);
        const weight = [...page.seen.bytes].reduce((sum, [url, bytes]) => sum + (FILES.test(url) ? bytes : 0), 0);
        assert.ok(weight < LIBRARY_BYTES + 40_000, `${weight} bytes`);
      }),
    );
  }
});

test('the map holds every result of the page that has a place, and only those', () =>
  withPage({}, async (page) => {
    await page.goto(RESULTS.url);
    const drawn = await page.locator('[data-resultats]').evaluateAll((points) => points.flatMap((point) => JSON.parse(point.dataset.resultats)));
    await map(page);
    const listed = await page.locator('[data-resultat]').evaluateAll((items) => items.map((item) => [Number(item.dataset.resultat), item.querySelector('h3 a').innerText]));
    for (const [number, , , name] of drawn) assert.deepEqual(listed[number - 1], [number, name]);
    assert.ok(drawn.length > 10, `${drawn.length} results`);
    for (let turn = 0; turn < 12 && (await page.locator('.leaflet-control-zoom-in.leaflet-disabled').count()) === 0; turn += 1) {
      await page.locator('.leaflet-control-zoom-in').click();
    }
    const labels = await page.locator(MARK).evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')));
    // A tenth of a degree apart, two results are never one mark when the map is closest.
    const apart = new Set(drawn.map(([, latitude, longitude]) => `${latitude.toFixed(1)} ${longitude.toFixed(1)}`));
    assert.ok(labels.length >= apart.size, labels.join('\n'));
    assert.ok(labels.every((label) => /^Résultat \d+\+? : \S/.test(label)), labels.join('\n'));
  }));

test('with the keyboard alone: to a mark, open it, go to the list, close it', () =>
  withPage({ viewport: DESK }, async (page) => {
    await open(page, RESULTS);
    await map(page);
    for (const key of ['Enter', 'Space']) {
      await tabTo(page, MARK);
      const name = await page.locator(':focus').getAttribute('aria-label');
      await page.keyboard.press(key);
      await page.locator(BUBBLE).waitFor();
      assert.ok(await inside(page, BUBBLE), 'the focus is in what opened');
      const shown = await page.locator(':focus').innerText();
      assert.ok(name.includes(shown), `${name}: ${shown}`);
      await page.keyboard.press('Escape');
      await page.locator(BUBBLE).waitFor({ state: 'detached' });
      assert.equal(await page.locator(':focus').getAttribute('aria-label'), name, 'back where it was');
      await page.evaluate(() => document.activeElement.blur());
    }
    await tabTo(page, MARK);
    await page.keyboard.press('Enter');
    await page.locator(BUBBLE).waitFor();
    await tabTo(page, `${BUBBLE} a[href^="#resultat-"]`);
    const [, number] = /#resultat-(\d+)/.exec(await page.locator(':focus').getAttribute('href'));
    await page.keyboard.press('Enter');
    assert.equal(new URL(page.url()).hash, `#resultat-${number}`);
    assert.ok(await page.locator(`#resultat-${number}`).isVisible());
    assert.deepEqual(page.seen.complaints, []);
  }));

test('what is pointed at in the list is lit on the map', () =>
  withPage({ viewport: DESK }, async (page) => {
    await open(page, RESULTS);
    await map(page);
    await page.locator('#resultat-1 h3 a').focus();
    assert.match(await page.locator('.carte__repere--actif').getAttribute('aria-label'), /^Résultat 1\b/);
    await page.locator('input[name="quoi"]').focus();
    assert.equal(await page.locator('.carte__repere--actif').count(), 0);
  }));

for (const [device, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
  test(`axe-core finds nothing in the map, closed and open: ${device}`, () =>
    withPage({ viewport, bypassCSP: true }, async (page) => {
      await open(page, RESULTS);
      await map(page);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await violations(page), [], colorScheme);
        await page.locator(MARK).first().focus();
        await page.keyboard.press('Enter');
        await page.locator(BUBBLE).waitFor();
        assert.deepEqual(await violations(page), [], `${colorScheme}, open`);
        await page.keyboard.press('Escape');
      }
    }));
}

test('on a phone the library waits until the map is in sight', () =>
  withPage({ viewport: PHONE, isMobile: true, hasTouch: true }, async (page) => {
    await open(page, RESULTS);
    await page.waitForLoadState('networkidle');
    assert.deepEqual(page.seen.requests.filter((url) => FILES.test(url) && !SMALL.test(url)), []);
    await map(page);
    assert.ok(page.seen.requests.some((url) => url.includes('leaflet')));
  }));

test('without scripts the drawing stays; on paper it comes back', async () => {
  await withPage({ javaScriptEnabled: false }, async (page) => {
    await open(page, RESULTS);
    assert.ok(await page.locator(DRAWING).isVisible());
    assert.equal(page.seen.requests.filter((url) => FILES.test(url)).length, 0);
  });
  await withPage({}, async (page) => {
    await open(page, RESULTS);
    await map(page);
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator(DRAWING).isVisible());
    assert.equal(await page.locator('.carte__plan').isVisible(), false);
  });
});

test('a map whose library does not come leaves the drawing', () =>
  withPage({}, async (page) => {
    await page.route(/leaflet/, (route) => route.abort());
    await open(page, RESULTS);
    await page.locator('[data-carte]').scrollIntoViewIfNeeded();
    await page.waitForLoadState('networkidle');
    assert.ok(await page.locator(DRAWING).isVisible());
    assert.equal(await page.locator('.carte__plan').count(), 0);
  }));

async function map(page) {
  await page.locator('[data-carte]').scrollIntoViewIfNeeded();
  await page.locator(PLAN).waitFor();
}

const inside = (page, selector) => page.evaluate((wanted) => Boolean(document.activeElement.closest(wanted)), selector);

async function tabTo(page, selector) {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${selector} is not reached in ${TABS_MAX} tabs`);
}
