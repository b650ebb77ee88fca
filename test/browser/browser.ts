// Chromium as Debian packages it, driven over the compiled page; what the page must never do is watched all the time.
// Invariants: B1 a request to anything but the host fails the test. B2 a breach of the page's policy, an error in its console or an uncaught
// exception fails the test.
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why browser tests are skipped; undefined where they run. */
export const noBrowser = existsSync(CHROMIUM)
  ? undefined
  : `no browser at ${CHROMIUM} (Debian: apt-get install chromium)`;

export type Scheme = 'light' | 'dark';

/** As a root user, as CI is, Chromium has no sandbox; the page is ours. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

export interface Watched {
  page: Page;
  context: BrowserContext;
  /** What went wrong so far (B1, B2). */
  complaints: string[];
}

/** A page of a viewer of its own in a fixed zone. @param origin  of the host; nothing else may be asked */
export async function openPage(
  browser: Browser,
  origin: string,
  { width = 1280, height = 860, scheme = 'light' as Scheme, locale = 'en-US' } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale,
    timezoneId: 'Europe/Zurich',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // Chromium writes a line for every answer of 400 and above; those the page asks on purpose (a document not decided yet, a page that cannot be drawn) are no error of it.
    if (
      message.type() === 'error' &&
      !/Failed to load resource: the server responded with a status of (404|409|422)/.test(message.text())
    )
      complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:')) complaints.push(`request to ${url}`);
  });
  return { page, context, complaints };
}

const SEVERE = new Set(['serious', 'critical']);

/** axe's serious and critical findings, as `rule: element`. Evaluated from outside, as the page's policy allows no foreign script. */
export async function severeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }; // put there just before
    return (await run.run()).violations;
  });
  return violations
    .filter(({ impact }) => SEVERE.has(impact ?? ''))
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { target: string[] }[];
}

/** True when nothing sticks out at the side. */
export const fitsWidth = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');
