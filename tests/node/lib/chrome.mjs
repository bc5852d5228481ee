// Debian's Chromium under playwright-core: contexts as people have them, axe, and pictures.
import './compat.mjs';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const ARTIFACTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));
// WCAG 2.2 AA and what axe calls best practice.
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
let addresses = 0;

export function launch() {
  return chromium.launch({
    executablePath: process.env.PORTICO_TEST_CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A person's browser: its own cookies, its own address, its taste in colours and its width. */
export async function person(browser, { scripts = true, scheme = 'light', width = 1280, language = 'en' } = {}) {
  addresses += 1;
  const context = await browser.newContext({
    javaScriptEnabled: scripts,
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: language,
    viewport: { width, height: width < 600 ? 844 : 800 },
    extraHTTPHeaders: { 'X-Forwarded-For': `198.51.100.${addresses}` },
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A 4xx answer for the page itself is the test's doing; everything else on the console is ours.
    const expected = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !expected) page.complaints.push(`console: ${message.text()}`);
  });
  return page;
}

/** Fails with one line per violation that axe finds on the page as it stands. */
export async function accessible(page, what) {
  await page.evaluate(`${axe.source};undefined`);
  const { violations } = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }),
    RULES,
  );
  const lines = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.target.join(' ')).join(', ')}`);
  assert.deepEqual(lines, [], `axe on ${what}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${what} is ${overflow} px wider than the window`);
}

/** Keeps a picture of the whole page in tests/artifacts/. */
export async function picture(page, name) {
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`), fullPage: true });
}
