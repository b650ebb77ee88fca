// The page, driven in a real browser against the compiled host with the demo. Every step ends with the view being sound: nothing in the
// console, nothing asked elsewhere, no severe finding of axe, nothing sticking out at the side.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { DriveStatus, SourceStatus } from '../../shared/api/source-status.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { ROOT, temporaryFolder, waitFor } from '../e2e/sluice.ts';
import { launch, noBrowser, openPage, type Scheme, type Watched } from './browser.ts';
import { type Demo, runForPeople, startDemo, TRAINING_FILE } from './demo.ts';
import { expectSound } from './sound.ts';
import { englishLeft } from './words-shown.ts';

const LONG_MS = 120_000;
const folder = temporaryFolder('page');
/** Evaluated in the page: the tab of the open view lies within the row of tabs, to a pixel. */
const OPEN_TAB_IS_IN_SIGHT = `(() => {
  const row = document.querySelector('header nav').getBoundingClientRect();
  const tab = document.querySelector('header nav [aria-current]').getBoundingClientRect();
  return tab.left >= row.left - 1 && tab.right <= row.right + 1;
})()`;

// Vitest shows the reason of a skipped suite in its name.
describe.skipIf(noBrowser !== undefined)(`page${noBrowser === undefined ? '' : ` (skipped: ${noBrowser})`}`, () => {
  let demo: Demo;
  let browser: Browser;
  let viewer: Watched;
  let startedRunId = '';

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(join(folder.path, 'cloud')), launch()]);
    viewer = await openPage(browser, demo.url);
    viewer.page.setDefaultTimeout(60_000);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    folder.remove();
  });

  const open = (path: string) => viewer.page.goto(`${demo.url}/api/dashboard${path}`);

  test(
    'runs: the demo run stands in the list with its outcome, and its address opens it',
    async () => {
      const { page } = viewer;
      await open('');
      await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
      await page.locator(`a[href$="/runs/${demo.run.runId}"]`).first().click();
      await page.getByText(`${demo.run.documents} in = `).first().waitFor();
      await expect.poll(() => page.locator('main').textContent()).toContain(`${demo.run.labelled} labelled`);
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'a dropped folder is imported, quoted, started and followed to its end',
    async () => {
      const { page } = viewer;
      await open('/runs');
      await page.getByRole('button', { name: 'Add documents' }).click();
      await page.getByLabel('Folder', { exact: true }).setInputFiles(join(ROOT, 'samples/documents/letters'));
      await page.getByRole('button', { name: 'Quote and start' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Quote again' }).waitFor();
      await dialog.getByRole('button', { name: 'Start', exact: true }).click();
      await page.waitForURL(/\/runs\/run-/);
      startedRunId = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
      const ended = await demo.finished(startedRunId);
      expect(ended.documents).toBe(ended.labelled + ended.review + ended.failed);
      expect(ended.quote?.usdHigh).toBeGreaterThanOrEqual(0);
      await page.getByText(`${ended.documents} in = `).first().waitFor();
      expect(await page.getByRole('button', { name: 'Close the panel of added documents' }).count()).toBe(0); // it would lie over the run
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'a file dropped alone is uploaded, decided, and shown with its label',
    async () => {
      const { page } = viewer;
      await open('/runs');
      await page.getByRole('button', { name: 'Add documents' }).click();
      const name = 'oss-threshold.txt';
      await page.getByLabel('Files', { exact: true }).setInputFiles(join(ROOT, 'samples/documents/notes', name));
      const row = page.locator('.drop-files li', { hasText: name });
      await row.getByText('VAT and indirect tax').first().waitFor();
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'documents: searched by name, opened with its text, the reasons and the story of its decisions',
    async () => {
      const { page } = viewer;
      await open('/documents');
      await page.getByRole('searchbox', { name: /in paths|In Pfaden/ }).fill('durban');
      await page
        .getByRole('link', { name: /Container held at Durban/ })
        .first()
        .click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('mark').first().waitFor();
      await page
        .getByText(/^Why .* and not /)
        .first()
        .waitFor();
      await page.getByRole('heading', { name: 'History' }).waitFor();
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'documents: found by the words of their texts, which are marked where they stand, and opened',
    async () => {
      const { page } = viewer;
      await open('/documents');
      await page.getByRole('searchbox', { name: 'Search in texts' }).fill('"reverse charge"');
      const hit = page.locator('.text-hit').filter({ has: page.locator('mark', { hasText: /reverse|charge/i }) });
      await hit.first().waitFor();
      await page.getByText(/documents? with these words/).waitFor();
      await expectSound(viewer);
      const name = (await hit.first().getByRole('link').textContent()) ?? '';
      await hit.first().getByRole('link').click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    },
    LONG_MS,
  );

  test(
    'document: its page is drawn with the marks of the decision, turned, looked at closer and left for the next by keyboard',
    async () => {
      const { page } = viewer;
      await open('/documents');
      await page.getByRole('searchbox', { name: /in paths|In Pfaden/ }).fill('benchmarking');
      await page
        .getByRole('link', { name: /Benchmarking study/ })
        .first()
        .click();
      const canvas = page.locator('.page-sheet canvas');
      await canvas.waitFor();
      await page.locator('.page-marks .label').first().waitFor();
      const shape = () =>
        canvas.evaluate((element: { width: number; height: number }) => element.height / element.width);
      await expect.poll(shape).toBeGreaterThan(1);
      await page.keyboard.press('r');
      await expect.poll(shape).toBeLessThan(1);
      const narrow = (await canvas.boundingBox())?.width ?? 0;
      await page.keyboard.press('+');
      await expect.poll(async () => (await canvas.boundingBox())?.width).toBeGreaterThan(narrow * 1.4);
      await page.keyboard.press('0');
      await page.keyboard.press('.');
      await page.getByRole('img', { name: /^Page 2 of 30/ }).waitFor();
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'a document that is markup, in name and content, is shown as text',
    async () => {
      const { page } = viewer;
      const name = '<img src=x onerror=alert(1)>.txt';
      const markup = '<img src=x onerror="window.owned=1">';
      const text = `VAT return for the quarter, output tax due. ${markup} Input tax and VAT registration number.`;
      const put = await fetch(`${demo.url}/api/uploads/imports/hostile/${encodeURIComponent(name)}`, {
        method: 'PUT',
        body: text,
      });
      const { documentId } = (await put.json()) as { documentId: string };
      const source = { kind: 'prefix', container: 'imports', prefix: 'hostile' };
      const { runId } = await demo.call<RunStatus>('POST', '/api/runs', { source });
      await demo.finished(runId);
      await open(`/documents/${documentId}`);
      await page.getByText(markup).first().waitFor();
      await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('<img src=x');
      expect(await page.evaluate('window.owned')).toBeUndefined();
      expect(await page.locator('main img[src="x"]').count()).toBe(0);
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'review: three documents by keyboard, one of them taken back before it is sent',
    async () => {
      const { page } = viewer;
      await runForPeople(demo, ['memos']);
      await open('/review');
      const link = page.locator('.review-desk a[href*="/documents/"]').first();
      await link.waitFor();
      const shown = async () => (await link.getAttribute('href'))?.split('/').at(-1);
      const ids: (string | undefined)[] = [];
      for (const key of ['Enter', 'Enter', 'u', '1', 'Enter']) {
        const before = await shown();
        if (key !== 'u') ids.push(before);
        await page.keyboard.press(key);
        await expect.poll(shown).not.toBe(before);
      }
      // The second was taken back and decided otherwise: three documents, one decision each.
      const decided = [...new Set(ids)];
      expect(decided).toHaveLength(3);
      await open('/documents'); // leaving the view sends what is held
      for (const id of decided) {
        const human = await waitFor(`the decision on ${id}`, 30_000, async () => {
          const { latest, feedback } = await demo.call<{ latest: Row; feedback: Row[] }>('GET', `/api/results/${id}`);
          return latest.decided_by === 'human' ? feedback : undefined;
        });
        expect(human).toHaveLength(1);
      }
      expect(viewer.complaints).toEqual([]);
    },
    LONG_MS,
  );

  test(
    'decide many: seen as pictures, chosen and decided by keyboard without those of people, and taken back as one',
    async () => {
      const { page } = viewer;
      await open('/documents?search=memos&select=1');
      const tiles = page.locator('.many-tile');
      const ofPeople = tiles.filter({ hasText: 'decided by a person' });
      const counted = (some: typeof tiles, wanted: number) =>
        expect.poll(() => some.count(), { timeout: 60_000 }).toBe(wanted);
      await page
        .getByRole('button', { name: /^Choose all/ })
        .and(page.locator(':enabled'))
        .waitFor();
      await page.locator('.many-tile canvas.shown').first().waitFor();
      const all = await tiles.count();
      const byPeople = await ofPeople.count();
      expect(byPeople).toBeGreaterThan(0);
      await page.keyboard.press('Control+a');
      await page.keyboard.press('8');
      await page.getByText(`${all - byPeople} documents get Contracts`).waitFor();
      await expectSound(viewer);
      await page.keyboard.press('Enter');
      await page.getByText(`${all - byPeople} documents got Contracts.`).waitFor();
      await counted(ofPeople, all);
      await page.keyboard.press('u');
      await page.getByText(`${all - byPeople} decisions were taken back.`).waitFor();
      await counted(ofPeople, byPeople);
      await page
        .getByRole('link', { name: /^Open / })
        .first()
        .click();
      await page.getByRole('link', { name: 'Documents like this one' }).click();
      await tiles.filter({ hasText: '100% alike' }).first().waitFor();
      await page.goBack();
      await page.goBack();
      await counted(tiles, all);
    },
    LONG_MS,
  );

  test('models: a training from the page ends in a new version, which is promoted with a reason', async () => {
    const { page } = viewer;
    await open('/models');
    await page
      .getByRole('button', { name: /Train a model/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Labelled file').setInputFiles(TRAINING_FILE);
    await dialog.getByRole('button', { name: 'Train', exact: true }).click();
    await page.locator('a[href$="/models/v2"]').first().waitFor({ timeout: 110_000 });
    await expectSound(viewer);
    await open('/models/v2');
    await page.getByRole('heading', { name: 'Confusion matrix' }).waitFor();
    await page
      .getByRole('button', { name: /^Promote/ })
      .first()
      .click();
    await page.getByLabel(/Reason/).fill('as good, and trained through the page');
    await page.getByRole('dialog').getByRole('button', { name: 'Promote' }).click();
    await page.getByText('champion', { exact: true }).first().waitFor();
    expect((await demo.call<{ champion: string }>('GET', '/api/models')).champion).toBe('v2');
    await expectSound(viewer);
  }, 180_000);

  test(
    'compare: two runs over the same documents, chosen on the page of one',
    async () => {
      const { page } = viewer;
      const rerun = await demo.call<RunStatus>('POST', `/api/runs/${startedRunId}/rerun`, {
        only: 'all',
        from: 'score',
      });
      await demo.finished(rerun.runId);
      await open(`/runs/${rerun.runId}`);
      await page.getByLabel('Earlier or other run').selectOption(startedRunId);
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByRole('heading', { name: 'Two runs compared' }).waitFor();
      await page.getByText('In both runs', { exact: true }).waitFor();
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'costs and trust: what was paid, and how often people kept what was proposed',
    async () => {
      const { page } = viewer;
      await open('/costs');
      await page.getByRole('heading', { name: 'Costs and trust' }).waitFor();
      await page.getByText('Agreement with reviewers').first().waitFor();
      await expectSound(viewer);
    },
    LONG_MS,
  );

  test(
    'sources: how each is, what it needs of a person, and what was not read and why',
    async () => {
      const { page } = viewer;
      const reasons = [{ state: 'skipped' as const, code: 'sync.notebook', items: 1 }];
      const notifications = { state: 'on' as const, renewAt: '2026-06-02T08:00:00Z', toldAt: null, code: null };
      const drive: DriveStatus = {
        ...{ name: 'Documents', url: 'https://contoso.sharepoint.example/sites/tax', rounds: 7, removed: 0, older: 0 },
        ...{ endedAt: '2026-06-01T08:00:00Z', landed: 12, skipped: 1, failed: 0, unconfirmedRemovals: 30 },
        ...{ reasons, writeBack: null, notifications },
      };
      const source: SourceStatus = {
        ...{ name: 'tax', kind: 'sharepoint', from: 'lake', address: 'https://contoso.sharepoint.example/sites/tax' },
        ...{ state: 'failing', deletion: 'keep', since: null, everyMinutes: 5, nextAt: '2026-06-01T09:00:00Z' },
        error: { code: 'sync.forbidden', message: 'GET /drives: 403', remedy: 'Grant it.' },
        ...{ drives: [drive], landed: 12, skipped: 1, failed: 0, reasons },
      };
      const item = { path: 'Notes', url: '', state: 'skipped', code: 'sync.notebook', sizeBytes: 0 };
      // The demo has no tenant: what the API would say of one.
      await page.route(/\/api\/sources\?/, (route) => route.fulfill({ json: { sources: [source], broken: [] } }));
      await page.route(/\/api\/sources\/tax\/items\?/, (route) =>
        route.fulfill({ json: { items: [{ ...item, remedy: 'Export it as PDF.' }] } }),
      );
      await open('/sources');
      await page.getByRole('heading', { name: 'tax' }).waitFor();
      await page.getByText('30 originals of Documents vanished at once').waitFor();
      await page.getByText('1 skipped, 0 failed').click();
      await page.getByText('Export it as PDF.').waitFor();
      await expectSound(viewer);
      await page.unroute(/\/api\/sources\?/);
      await page.unroute(/\/api\/sources\/tax\/items\?/);
    },
    LONG_MS,
  );

  test.each<[number, Scheme, string]>([
    [360, 'light', 'en-US'],
    [360, 'dark', 'de-DE'],
    [1600, 'dark', 'en-US'],
  ])(
    'every view is sound at %i px, %s, and shows nothing but the language of the browser, %s',
    async (width, scheme, locale) => {
      const other = await openPage(browser, demo.url, { width, scheme, locale });
      const { results } = await demo.call<{ results: Row[] }>('GET', '/api/results?limit=1');
      const paths = [
        '/runs',
        `/runs/${demo.run.runId}`,
        '/documents',
        `/documents/${results[0]?.document_id}`,
        '/review',
        '/models',
        '/models/v1',
        '/sources',
        '/labels',
        '/costs',
      ];
      const isGerman = locale.startsWith('de');
      for (const path of paths) {
        await other.page.goto(`${demo.url}/api/dashboard${path}`);
        await other.page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => other.page.locator('.loading').count(), { timeout: 60_000 }).toBe(0);
        await expectSound(other);
        await expect.poll(() => other.page.evaluate(OPEN_TAB_IS_IN_SIGHT)).toBe(true);
        expect(await other.page.evaluate('document.documentElement.lang')).toBe(isGerman ? 'de' : 'en');
        if (isGerman) expect(await englishLeft(other.page)).toEqual([]);
      }
      await other.context.close();
    },
    180_000,
  );

  test(
    'language: the switch keeps what was typed and opened, asks nothing again, and is remembered',
    async () => {
      const other = await openPage(browser, demo.url, { locale: 'de-AT' });
      const { page } = other;
      await page.goto(`${demo.url}/api/dashboard/documents`);
      await page.getByRole('heading', { name: 'Dokumente', level: 1 }).waitFor();
      await page.getByText('Filter', { exact: true }).click();
      await page.getByLabel('Code', { exact: true }).waitFor();
      await page.getByRole('searchbox', { name: /in paths|In Pfaden/ }).fill('memo');
      await page
        .getByText('Alle entfernen')
        .or(page.getByLabel(/^Filter Suche memo/))
        .first()
        .waitFor();
      await expect.poll(() => page.locator('.loading').count(), { timeout: 60_000 }).toBe(0);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('heading', { name: 'Documents', level: 1 }).waitFor();
      expect(asked.filter((path) => path === '/api/results')).toEqual([]);
      expect(await page.getByRole('searchbox', { name: /in paths|In Pfaden/ }).inputValue()).toBe('memo');
      expect(await page.getByLabel('Code', { exact: true }).isVisible()).toBe(true);
      await page.reload();
      await page.getByRole('heading', { name: 'Documents', level: 1 }).waitFor();
      await page.getByRole('button', { name: 'Deutsch' }).click();
      await page.getByRole('heading', { name: 'Dokumente', level: 1 }).waitFor();
      await page.goto(`${demo.url}/api/dashboard/runs`);
      await page.getByRole('heading', { name: 'Läufe', level: 1 }).waitFor();
      await expect.poll(() => page.title()).toBe('Läufe · Sluice');
      await expectSound(other);
      await other.context.close();
    },
    LONG_MS,
  );

  test(
    'the policy stops a script that gets into the page',
    async () => {
      const other = await openPage(browser, demo.url);
      await other.page.goto(`${demo.url}/api/dashboard/runs`);
      await other.page.evaluate(
        `const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s);`,
      );
      expect(await other.page.evaluate('window.owned')).toBeUndefined();
      expect(other.complaints.some((line) => line.includes('Content Security Policy'))).toBe(true);
      await other.context.close();
    },
    LONG_MS,
  );

  test(
    'labels: one is added, told where it reads alike, and stored as a version that is in use',
    async () => {
      const { page } = viewer;
      await open('/labels');
      await page.getByRole('button', { name: 'Add a label' }).click();
      await page.getByLabel('Name', { exact: true }).last().fill('Bills');
      await page.getByRole('button', { name: 'Check' }).click();
      await page
        .getByText(/^The description says little beyond the name/)
        .first()
        .waitFor();
      const invoices = await page.getByLabel('What belongs here, and what does not').first().inputValue();
      await page.getByLabel('What belongs here, and what does not').last().fill(invoices);
      await page.getByRole('button', { name: 'Check' }).click();
      await page
        .getByText(/^Nothing tells it from/)
        .first()
        .waitFor();
      await expectSound(viewer);
      await page
        .getByLabel('What belongs here, and what does not')
        .last()
        .fill('Parking tickets and other fines of the car fleet');
      await page.getByRole('button', { name: 'Store…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('New: Bills').waitFor();
      await dialog.getByRole('button', { name: 'Store', exact: true }).click();
      await page.getByText('is in use.').waitFor();
      await expect.poll(() => page.getByRole('table').locator('tbody tr').count()).toBe(2);
      await expectSound(viewer);
    },
    LONG_MS,
  );
});
