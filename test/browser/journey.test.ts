// From an empty lake to a model, as somebody does it who has a folder of German letters, six names for them and nothing labelled: by the page alone, along
// its first steps; once with words alone, once with a sentence encoder taken in before. Whoever reviews says what the generator knows; nothing else of the
// truth reaches the product.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { ended, ROOT, sluice, startSluice, temporaryFolder, waitFor, waitForState } from '../e2e/sluice.ts';
import { germanLetters, LETTER_DESCRIPTIONS, LETTER_LABELS, type LetterLabel } from '../fakes/german-letters.ts';
import { launch, noBrowser, openPage, type Watched } from './browser.ts';
import { type Call, callerOf } from './call.ts';
import { expectSound } from './sound.ts';

const LETTERS = 150;
const REVIEWED = 30;
const LONG_MS = 560_000;
const ENCODER = join(ROOT, '../shared/data/encoder/minilm-l6-v2-int8');
const folder = temporaryFolder('journey');
afterAll(() => folder.remove());

/** File names say nothing about their labels. */
const truth = new Map<string, LetterLabel>();
const letters = join(folder.path, 'Briefe');

function writeLetters(): void {
  mkdirSync(letters);
  for (const [i, { label, text }] of germanLetters(LETTERS, 11).entries()) {
    const name = `Scan ${String(i + 1).padStart(4, '0')}.txt`;
    writeFileSync(join(letters, name), text);
    truth.set(name, label);
  }
  const rows = LETTER_LABELS.map((label) => `${label};"${LETTER_DESCRIPTIONS[label]}"`);
  writeFileSync(join(folder.path, 'post.csv'), `Name;Beschreibung\n${rows.join('\n')}\n`);
}

interface Host {
  url: string;
  data: string;
  call: Call;
  finished(runId: string): Promise<RunStatus>;
  stop(): Promise<void>;
}

async function startEmpty(data: string): Promise<Host> {
  const child = startSluice(['start', '--empty', '--no-llm', '--port', '0', '--data', data]);
  child.stdout?.resume();
  const url = (await waitForState(data, child)).hostUrl.replace('localhost', '127.0.0.1');
  const call = callerOf(url);
  return {
    ...{ url, data, call },
    finished: (runId) =>
      waitFor(`the end of ${runId}`, 120_000, async () => {
        const run = await call<RunStatus>('GET', `/api/runs/${runId}`);
        return run.endedAt === null ? undefined : run;
      }),
    async stop() {
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}

/** What is asserted of a view on the way: the second journey passes the same views, and only complaints of the browser are new there. */
type Look = (viewer: Watched) => Promise<void>;
const expectQuiet: Look = async ({ page, complaints }) => expect(complaints, page.url()).toEqual([]);

const nextStep = (page: Page) => page.locator('.guide [aria-current="step"], .next-step').first();
const runIn = (page: Page) => decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');

/** Labels from a file, the letters as a folder: the first two steps. @returns the run */
async function bringLetters({ page }: Watched, host: Host): Promise<RunStatus> {
  await page.goto(`${host.url}/api/dashboard`);
  await nextStep(page).getByText('Sagen, worin eingeordnet wird').click();
  await page.getByLabel('Kategorien aus einer Datei').setInputFiles(join(folder.path, 'post.csv'));
  await page.getByRole('button', { name: 'Speichern …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Speichern', exact: true }).click();
  await nextStep(page).getByRole('button', { name: 'Dokumente bringen' }).click();
  await page.getByLabel('Ordner', { exact: true }).setInputFiles(letters);
  await page.getByRole('button', { name: 'Kosten schätzen und starten' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Starten', exact: true }).click();
  await page.waitForURL(/\/runs\/run-/);
  await expect.poll(() => page.locator('.drop-panel').count(), { timeout: 60_000 }).toBe(0);
  return await host.finished(runIn(page));
}

/** Decide what is shown, by the keys of the labels. @returns how many of each label were met */
async function review({ page }: Watched, host: Host, documents: number): Promise<Map<LetterLabel, number>> {
  const keyOf = new Map(LETTER_LABELS.map((label, i) => [label, String(i + 1)]));
  const met = new Map<LetterLabel, number>();
  await nextStep(page).getByRole('link', { name: 'Die ersten Dokumente entscheiden' }).click();
  const name = page.locator('.review-desk a[href*="/documents/"]').first();
  await name.waitFor();
  // The labels given a minute ago have their keys.
  await expect.poll(() => page.locator('.review-panel .labels kbd').count()).toBe(LETTER_LABELS.length);
  for (let i = 0; i < documents; i++) {
    const shown = ((await name.textContent()) ?? '').trim();
    const label = truth.get(shown);
    if (label === undefined) throw new Error(`no letter of ours: ${shown}`);
    met.set(label, (met.get(label) ?? 0) + 1);
    await page.keyboard.press(keyOf.get(label) ?? '');
    await expect
      .poll(async () => (await name.textContent())?.trim(), { interval: 20, timeout: 60_000 })
      .not.toBe(shown);
  }
  // Away at once: what was decided a moment ago is not lost.
  await page.goto(`${host.url}/api/dashboard`);
  const decided = () => host.call<{ decidedByAll: number }>('GET', '/api/review/progress?since=2000-01-01T00:00:00Z');
  await expect.poll(async () => (await decided()).decidedByAll, { timeout: 60_000 }).toBe(documents);
  return met;
}

/** Train on the decisions, look at the model, promote it. */
async function trainAndPromote(viewer: Watched, look: Look): Promise<void> {
  const { page } = viewer;
  await nextStep(page).getByText('Ein Modell an diesen Entscheidungen trainieren').click();
  await page.getByText(/^Menschen haben 30 Dokumente entschieden/).waitFor();
  await page.getByRole('button', { name: 'Mit Entscheidungen trainieren …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Trainieren', exact: true }).click();
  await nextStep(page).getByText('Ansehen, was es entscheiden würde, und freigeben').click({ timeout: 300_000 });
  await page.getByRole('heading', { level: 1, name: /v1/ }).waitFor();
  await look(viewer);
  await page
    .getByRole('button', { name: /^Freigeben/ })
    .first()
    .click();
  await page.getByLabel(/Begründung/).fill('das erste, aus dreißig Briefen');
  await page.getByRole('dialog').getByRole('button', { name: 'Freigeben' }).click();
}

/** Decide again what waits, from half sure on. */
async function decideAgain(viewer: Watched, host: Host, look: Look): Promise<RunStatus> {
  const { page } = viewer;
  await nextStep(page).getByText('Das Vorhandene neu entscheiden').click();
  await page.getByRole('button', { name: 'Wiederholen …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Das Modell entscheidet nichts allein').waitFor();
  await dialog.getByLabel('Annahmeschwelle').fill('0,5');
  await look(viewer);
  const before = page.url();
  await dialog.getByRole('button', { name: /^Wiederholen/ }).click();
  await expect.poll(() => page.url(), { timeout: 60_000 }).not.toBe(before);
  return await host.finished(runIn(page));
}

/** Of the letters that nobody reviewed: how many have the right label, and of those decided alone. */
async function judge(host: Host): Promise<{ rest: number; right: number; alone: number; rightAlone: number }> {
  const { results } = await host.call<{ results: Row[] }>('GET', '/api/results?limit=500');
  const newest = results.filter((row) => row.decided_by !== 'human');
  const isRight = (row: Row) => row.label === truth.get(String(row.source_path).split('/').at(-1) ?? '');
  const alone = newest.filter((row) => row.status === 'labelled');
  return {
    rest: newest.length,
    right: newest.filter(isRight).length,
    alone: alone.length,
    rightAlone: alone.filter(isRight).length,
  };
}

const left =
  noBrowser ??
  (process.env.SLUICE_TEST_JOURNEY === undefined
    ? 'SLUICE_TEST_JOURNEY is not set; it takes minutes of two cores'
    : undefined);

describe.skipIf(left !== undefined)(`journey${left === undefined ? '' : ` (skipped: ${left})`}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    writeLetters();
    browser = await launch();
  }, LONG_MS);
  afterAll(() => browser?.close());

  const travel = async (data: string, look: Look) => {
    const host = await startEmpty(data);
    try {
      const viewer = await openPage(browser, host.url, { locale: 'de-DE' });
      viewer.page.setDefaultTimeout(120_000);
      const first = await bringLetters(viewer, host);
      expect(first.documents).toBe(LETTERS);
      const met = await review(viewer, host, REVIEWED);
      expect([...met.keys()].toSorted()).toEqual(LETTER_LABELS.toSorted());
      await trainAndPromote(viewer, look);
      const again = await decideAgain(viewer, host, look);
      expect(again.failed).toBe(0);
      await nextStep(viewer.page).getByText('Einiges prüfen, was es allein entschied').waitFor();
      await look(viewer);
      const judged = await judge(host);
      await viewer.context.close();
      return { first, ...judged };
    } finally {
      await host.stop();
    }
  };

  test(
    'an empty lake, own German letters, six labels: thirty reviewed, trained, promoted and decided again, nine of ten of the rest are right',
    async () => {
      const { rest, right, alone, rightAlone } = await travel(join(folder.path, 'words'), expectSound);
      expect(rest).toBe(LETTERS - REVIEWED);
      expect(right / rest).toBeGreaterThan(0.9);
      expect(alone / rest).toBeGreaterThan(0.5);
      expect(rightAlone / alone).toBeGreaterThan(0.95);
    },
    LONG_MS,
  );

  test.skipIf(!existsSync(ENCODER))(
    'the same with an encoder (skipped where ../shared/data/encoder is absent): it decides by the descriptions from the beginning, the model decides those again too, and nine of ten of the rest are right in the end',
    async () => {
      const data = join(folder.path, 'encoder');
      const imported = await sluice(['encoder', 'import', ENCODER, '--data', data]);
      expect(imported.code, imported.stderr).toBe(0);
      const { first, rest, right } = await travel(data, expectQuiet);
      expect(first.encoder).toMatchObject({ encoded: LETTERS, decided: first.labelled });
      expect(first.labelled).toBeGreaterThan(0);
      expect(rest).toBe(LETTERS - REVIEWED);
      expect(right / rest).toBeGreaterThan(0.9);
    },
    LONG_MS,
  );
});
