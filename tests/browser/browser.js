// Debian's Chromium, one per test file, and what a page did while it was open.

import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

/** How long a page may take on a busy machine with a debug server. */
const PATIENCE_MS = 15_000;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1366, height: 768 };

let browser;

/** Starts the browser before the tests of the calling file and stops it after them. */
export function withBrowser() {
  before(async () => {
    // Each launch gets an empty profile of its own, removed at close.
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, headless: true });
  });
  after(() => browser?.close());
}

/**
 * Gives `use` a fresh page, and closes it. `options` are those of a Playwright context.
 * `page.seen` holds the requests, the transferred bytes and the complaints of the console.
 */
export async function withPage(options, use) {
  const context = await browser.newContext({ viewport: DESK, locale: 'fr-FR', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    page.seen = await watch(context, page);
    return await use(page);
  } finally {
    await context.close();
  }
}

async function watch(context, page) {
  const seen = { requests: [], bytes: new Map(), complaints: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.complaints.push(`script: ${error.message}`));
  page.on('dialog', async (dialog) => {
    seen.complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      seen.complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  await countBytes(context, page, seen.bytes);
  return seen;
}

/** Bytes on the wire, headers and compression included, by address. */
async function countBytes(context, page, bytes) {
  const session = await context.newCDPSession(page);
  const addresses = new Map();
  await session.send('Network.enable');
  session.on('Network.requestWillBeSent', ({ requestId, request }) => addresses.set(requestId, request.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes.set(addresses.get(requestId), encodedDataLength);
  });
}
