// Suggestions help those who type, and stay out of the way of those who do not want them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, withBrowser, withPage } from './browser.js';
import { DEMO, SUBMIT, open } from './pages.js';
import { violations } from './axe.js';

const HOME = { url: `${DEMO}/`, status: 200 };
const QUOI = 'input[name="quoi"]';
const OU = 'input[name="ou"]';
const OPTION = '[role="option"]:visible';

withBrowser();

test('words and places are suggested, whatever the accents and case', async (t) => {
  const cases = [
    { field: QUOI, typed: 'kine', says: /kin/i },
    { field: QUOI, typed: 'KINÉ', says: /kin/i },
    { field: QUOI, typed: 'infirm', says: /infirmi/i },
    { field: QUOI, typed: 'infirmeir', says: /infirmi/i },
    { field: QUOI, typed: 'kinesiterapeute', says: /kin/i },
    { field: QUOI, typed: 'maison de retrete', says: /retraite|ehpad/i },
    { field: OU, typed: 'oyon', says: /^oyonnax/i },
    { field: OU, typed: 'bourg en', says: /bourg-en-bresse/i },
    { field: OU, typed: '01000', says: /bourg-en-bresse|saint-denis/i },
    { field: OU, typed: 'saint denis', says: /93|974/ },
  ];
  for (const { field, typed, says } of cases) {
    await t.test(`« ${typed} »`, () =>
      withPage({}, async (page) => {
        await open(page, HOME);
        await page.fill(field, '');
        await page.locator(field).pressSequentially(typed);
        await page.locator(OPTION).first().waitFor();
        const texts = await page.locator(OPTION).allInnerTexts();
        assert.ok(texts.slice(0, 3).some((text) => says.test(text)), texts.join(' / '));
      }),
    );
  }
});

test('a suggestion is taken with the arrows, told to a screen reader, left with Escape', () =>
  withPage({ bypassCSP: true }, async (page) => {
    await open(page, HOME);
    const field = page.locator(OU);
    await field.pressSequentially('oyon');
    await page.locator(OPTION).first().waitFor();
    // The answer to each letter draws the list anew: the last one is waited for.
    await page.waitForLoadState('networkidle');
    await page.keyboard.press('ArrowDown');
    assert.equal(await field.getAttribute('aria-expanded'), 'true');
    const active = await field.getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${active}"]`).getAttribute('aria-selected'), 'true');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(page), [], colorScheme);
    }
    await page.keyboard.press('Enter');
    assert.match(await field.inputValue(), /^oyonnax/i);
    assert.equal(page.url(), HOME.url, 'taking a suggestion does not send the question yet');
    await field.fill('');
    await field.pressSequentially('oyon');
    await page.locator(OPTION).first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator(OPTION).count(), 0);
    assert.equal(await field.inputValue(), 'oyon');
  }));

test('on a phone the open list does not stand in the way of the button', () =>
  withPage({ viewport: PHONE, isMobile: true, hasTouch: true }, async (page) => {
    await open(page, HOME);
    await page.tap(OU);
    await page.keyboard.type('saint');
    await page.locator(OPTION).first().waitFor();
    const { x, y, height } = await page.locator(OPTION).first().boundingBox();
    assert.ok(x >= 0 && y >= 0 && height >= 24, 'a thumb can hit it');
    await page.tap(QUOI);
    await page.keyboard.type('kine');
    // A tap beside the list closes it; then the button is free.
    await page.locator('h1').tap();
    await page.locator(SUBMIT).first().tap();
    await page.waitForURL(/\/recherche\?/);
  }));

test('Enter with the list open sends what was typed', () =>
  withPage({}, async (page) => {
    await open(page, HOME);
    await page.locator(QUOI).pressSequentially('kine');
    await page.locator(OPTION).first().waitFor();
    await Promise.all([page.waitForURL(/\/recherche\?/), page.keyboard.press('Enter')]);
    assert.equal(new URL(page.url()).searchParams.get('quoi'), 'kine');
  }));
