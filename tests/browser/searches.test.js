// What people type finds what they mean, first, with or without accents, on one line or two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser, withPage } from './browser.js';
import { DEMO, HOSPITALS, SHEET, WITHOUT_HOSPITALS, firstResult, open, search } from './pages.js';

/** What is typed, the place in it, and what the first result must say. */
const IN_HOSPITALS = [
  { quoi: 'réanimation', ou: 'Lyon', says: [/réanimation/i, /lyon/i] },
  { quoi: 'hôpital', says: [/hôpital|centre hospitalier|\bCHR?U?\b/i] },
  { quoi: 'urgences', ou: 'Marseille', says: [/urgence/i, /marseille/i] },
  { quoi: 'irm', ou: 'Nantes', says: [/\bIRM\b|résonance/i, /nantes/i] },
];
const IN_DEMO = [
  { quoi: 'ehpad', ou: 'Bourg-en-Bresse', typed: 'ehpad bourg en bresse', says: [/ehpad|personnes? âgée/i, /bourg-en-bresse/i] },
  { quoi: 'kiné', ou: 'Oyonnax', typed: 'kine oyonnax', says: [/kin[ée]|masseur/i, /oyonnax/i] },
  { quoi: 'maison de retraite', says: [/ehpad|personnes? âgée|retraite|ehpa/i] },
];

withBrowser();

suite('the real hospitals', HOSPITALS, IN_HOSPITALS, WITHOUT_HOSPITALS);
suite('the demonstration territory', DEMO, IN_DEMO, false);

function suite(name, base, cases, skip) {
  test(`the first result is right: ${name}`, { skip }, async (t) => {
    for (const { says, ...asked } of cases) {
      for (const [quoi, ou] of spellings(asked)) {
        await t.test(ou ? `« ${quoi} » at « ${ou} »` : `« ${quoi} »`, () => check(base, quoi, ou, says));
      }
    }
  });
}

async function check(base, quoi, ou, says) {
  await withPage({}, async (page) => {
    await open(page, { url: base + search(quoi, ou), status: 200 });
    const first = await firstResult(page);
    for (const words of says) assert.match(first, words);
    // The sheet behind it exists and is about the same thing.
    await page.locator(SHEET).first().click();
    assert.match(await page.locator('main h1').innerText(), /\S/);
    const sheet = await page.locator('main').innerText();
    for (const words of says) assert.match(sheet, words);
  });
}

/** The ways of typing the same question. */
function spellings({ quoi, ou = '', typed = `${quoi} ${ou}`.trim() }) {
  const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '');
  const lines = [typed, plain(typed), plain(typed).toUpperCase(), `  ${plain(typed).replace(/ /g, '   ')} `];
  const boxes = ou ? [[quoi, ou], [plain(quoi), plain(ou).toLowerCase().replace(/-/g, ' ')]] : [];
  const all = [...lines.map((line) => [line, '']), ...boxes];
  return [...new Map(all.map((pair) => [pair.join('|'), pair])).values()];
}
