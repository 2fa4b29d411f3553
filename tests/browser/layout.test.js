// Nothing is lost on a narrow screen, nor with large text: no sideways scroll, text that grows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK, PHONE, withBrowser, withPage } from './browser.js';
import { allPages, open } from './pages.js';

const SIZES = {
  'at 320 pixels (WCAG 1.4.10)': { width: 320, height: 640 },
  'on a phone': PHONE,
  // 200 % zoom halves the pixels a page has.
  'at 200 % zoom (WCAG 1.4.4)': { width: DESK.width / 2, height: DESK.height / 2 },
  'on a tablet': { width: 768, height: 1024 },
  'on a desk': DESK,
};
/** The text alone, twice as large. */
const LARGE_TEXT = '200%';

withBrowser();

test('nothing sticks out of the window', async (t) => {
  for (const target of await allPages()) {
    await t.test(target.name, () =>
      withPage({}, async (page) => {
        await open(page, target);
        for (const [size, viewport] of Object.entries(SIZES)) {
          await page.setViewportSize(viewport);
          assert.deepEqual(await sticking(page), [], size);
        }
        await enlarge(page);
        assert.deepEqual(await sticking(page), [], 'large text on a desk');
        await page.setViewportSize(PHONE);
        assert.deepEqual(await sticking(page), [], 'large text on a phone');
      }),
    );
  }
});

async function enlarge(page) {
  const height = (selector) => page.locator(selector).first().evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  const sizes = async () => [await height('h1'), await height('main p, main li, main dd')];
  const before = await sizes();
  await page.evaluate((size) => (document.documentElement.style.fontSize = size), LARGE_TEXT);
  const after = await sizes();
  // Titles may grow less, as long as they grow; running text doubles.
  assert.ok(after[0] >= 1.5 * before[0], `title: ${before[0]} px became ${after[0]} px`);
  assert.ok(after[1] >= 1.99 * before[1], `text: ${before[1]} px became ${after[1]} px`);
}

/** No sideways scroll, and no text that sticks out of the window or is cut by its box. */
function sticking(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    // A box with its own scroll bar, and what only a screen reader meets, may be wider than the window.
    const excused = (node) => {
      for (let box = node; box && box !== document.body; box = box.parentElement) {
        const { overflowX, clip, clipPath, visibility, display } = getComputedStyle(box);
        if (['auto', 'scroll'].includes(overflowX) || visibility === 'hidden' || display === 'none') return true;
        if (clip !== 'auto' || clipPath !== 'none') return true;
      }
      return false;
    };
    const describe = (node) => `${node.tagName.toLowerCase()}.${node.className?.baseVal ?? node.className} « ${(node.textContent ?? '').trim().slice(0, 40)} »`;
    const faults = [];
    if (document.documentElement.scrollWidth > wide) faults.push(`scrolls: ${document.documentElement.scrollWidth} > ${wide}`);
    for (const node of document.querySelectorAll('body *')) {
      if (node.closest('svg') && node.tagName.toLowerCase() !== 'svg') continue;
      // What a map shows goes on beyond its frame (WCAG 1.4.10 leaves maps out); the frame itself does not.
      if (node.closest('.leaflet-container') !== null) {
        const { left, right } = node.closest('.leaflet-container').getBoundingClientRect();
        if (right > wide + 1 || left < -1) faults.push(`map outside (${Math.round(left)}–${Math.round(right)} of ${wide})`);
        continue;
      }
      const { left, right, width } = node.getBoundingClientRect();
      if (width > 1 && (right > wide + 1 || (left < -1 && right > 0)) && !excused(node)) faults.push(`outside (${Math.round(left)}–${Math.round(right)} of ${wide}): ${describe(node)}`);
      if (getComputedStyle(node).overflowX === 'hidden' && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1) faults.push(`cut: ${describe(node)}`);
    }
    return faults.slice(0, 8);
  });
}
