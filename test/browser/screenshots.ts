// `npm run screenshots`: pictures of every view, light and dark, of the demo with a past, into docs/images/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { TrainingStatus } from '../../shared/pipeline/train-model.ts';
import { ROOT, temporaryFolder, waitFor } from '../e2e/sluice.ts';
import { launch, noBrowser, openPage, type Scheme } from './browser.ts';
import { type Demo, decideSome, runForPeople, startDemo, trainingBytes } from './demo.ts';

const IMAGES = join(ROOT, 'docs/images');
const SIZE = { width: 1280, height: 860 };
const REVIEWED = 10;
const TRAINING_TIMEOUT_MS = 240_000;

interface Picture {
  name: string;
  path: string;
  /** Selector of what is there when the view has its data. */
  shows: string;
}

if (noBrowser !== undefined) {
  console.error(`No pictures: ${noBrowser}`);
  process.exit(1);
}
const folder = temporaryFolder('screenshots');
const say = (text: string) => console.error(text);
say('Starting the demo…');
const demo = await startDemo(join(folder.path, 'cloud'));
try {
  await take(demo, await makePast(demo));
} finally {
  await demo.stop();
  folder.remove();
}

/** More runs, decisions of people, a second model: what the views are for. */
async function makePast(demo: Demo): Promise<{ rerun: string; document: string }> {
  const { url, call } = demo;
  say('Training a second model…');
  const put = await fetch(`${url}/api/uploads/imports/training/labelled.jsonl`, {
    method: 'PUT',
    body: trainingBytes(),
  });
  if (!put.ok) throw new Error(`upload: ${put.status}`);
  const request = { sources: ['training/labelled.jsonl'], maxIter: 30, regParam: 0.003 };
  const { trainingId } = await call<{ trainingId: string }>('POST', '/api/models/train', request);
  const { result } = await waitFor('the training', TRAINING_TIMEOUT_MS, async () => {
    const status = await call<TrainingStatus>('GET', `/api/models/train/${trainingId}`);
    if (status.state === 'failed') throw new Error(`the training failed: ${status.error?.code}`);
    return status.state === 'completed' ? status : undefined;
  });
  say('Repeating the run with it, and with a lower bar…');
  const repeat = { from: 'score', modelVersion: result?.version, acceptThreshold: 0.4 };
  const rerun = await call<RunStatus>('POST', `/api/runs/${demo.run.runId}/rerun`, repeat);
  await demo.finished(rerun.runId);
  say('Leaving documents to people, deciding some…');
  await runForPeople(demo, ['memos', 'letters', 'reports']);
  await decideSome(demo, REVIEWED);
  const found = await call<{ results: { document_id: string }[] }>(
    'GET',
    `/api/results?run=${demo.run.runId}&decidedBy=llm&sort=path&limit=1`,
  );
  const [answered] = found.results;
  if (answered === undefined) throw new Error('the LLM decided no document of the demo');
  return { rerun: rerun.runId, document: answered.document_id };
}

async function take(demo: Demo, { rerun, document }: { rerun: string; document: string }): Promise<void> {
  const run = demo.run.runId;
  const pictures: Picture[] = [
    { name: 'runs', path: '/runs', shows: '.guide' },
    { name: 'run', path: `/runs/${run}`, shows: '.plot svg' },
    { name: 'compare', path: `/runs/${run}/compare/${rerun}`, shows: '.tiles' },
    { name: 'documents', path: `/documents?run=${run}`, shows: 'main a[href*="/documents/"]' },
    { name: 'document', path: `/documents/${document}`, shows: '.timeline' },
    { name: 'review', path: '/review', shows: '.review-desk' },
    { name: 'models', path: '/models', shows: 'main a[href*="/models/"]' },
    { name: 'model', path: '/models/v1', shows: '.plot svg' },
    { name: 'costs', path: '/costs', shows: '.plot svg' },
  ];
  mkdirSync(IMAGES, { recursive: true });
  const browser = await launch();
  // One window for both: the documents in review are leased to the window that shows them.
  const { page, complaints } = await openPage(browser, demo.url, SIZE);
  page.setDefaultTimeout(60_000);
  for (const scheme of ['light', 'dark'] satisfies Scheme[]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const { name, path, shows } of pictures) {
      await page.goto(`${demo.url}/api/dashboard${path}`);
      await page.locator(shows).first().waitFor();
      await page.waitForLoadState('networkidle'); // tiles come after the list
      await waitFor(`${name} to be loaded`, 60_000, async () =>
        (await page.locator('.loading').count()) === 0 ? true : undefined,
      );
      await page.screenshot({ path: join(IMAGES, `${name}-${scheme}.png`) });
      say(`docs/images/${name}-${scheme}.png`);
    }
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  await browser.close();
}
