// What axe-core finds in a page.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The levels A and AA, best practices, and the rules that axe-core leaves off until they are asked for. */
const ON_REQUEST = [
  'target-size', // WCAG 2.2 AA
  'css-orientation-lock',
  'focus-order-semantics',
  'label-content-name-mismatch',
  'p-as-heading',
  'table-fake-caption',
  'td-has-header',
];
const OPTIONS = { rules: Object.fromEntries(ON_REQUEST.map((rule) => [rule, { enabled: true }])) };
/** One line per violation in the page as it stands; once per page the checker moves in. */
export async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations: found } = await page.evaluate((options) => axe.run(document, options), OPTIONS);
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')} ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ''}`),
  );
}
