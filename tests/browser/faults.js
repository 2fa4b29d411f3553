// What html-validate finds in a page.

import { HtmlValidate } from 'html-validate';
import configuration from './htmlvalidate.config.js';

const validator = new HtmlValidate(configuration);

/** One line per fault: where, which rule, what. */
export async function faults(html) {
  const report = await validator.validateString(html);
  const messages = report.results.flatMap((result) => result.messages);
  return messages.map(({ line, column, ruleId, message }) => `${line}:${column} ${ruleId}: ${message}`);
}
