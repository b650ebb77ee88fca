// `sluice start`: everything on this machine, from storage to decisions, with one command.
// Invariants: B1 what works on the lake (start-lake.ts) is loaded once storage is on its way: its modules take as long as storage takes to begin.
// B2 a page that cannot be built ends the start, and no process of it outlives the command. B3 Ctrl+C while the servers begin is no failure: it reaches them
// as well, and one that was about to begin ends before it is ready; no run is started any more.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../../shared/config.ts';
import { appFolder } from '../app-folder.ts';
import { buildPage, type PageBuild } from '../build-page.ts';
import { bar, clearBar, dim, note, UsageError } from '../console.ts';
import { type LocalCloud, openLocalCloud } from '../local-cloud.ts';
import type { StartedLake } from '../start-lake.ts';
import type { StartOptions, StartOrder } from '../start-options.ts';

const lakeModule = () => import('../start-lake.ts');

/** Run the whole product locally. Resolves when it is to end; the exit code is the caller's. */
export async function start(folder: string | undefined, options: StartOptions): Promise<void> {
  const order = await checkOrder(folder, options);
  if (options.json && isBannerPrinted(readEnvironment()))
    note(
      dim(
        'npm has printed its banner on stdout before the document; `npm -s start -- …` leaves the document alone there',
      ),
    );
  const stopping = new AbortController();
  const onSignal = () => stopping.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const page = options.buildPage === true ? buildPage(appFolder()) : undefined;
  try {
    await startAll(order, page, stopping.signal);
  } finally {
    await page?.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function startAll(order: StartOrder, page: PageBuild | undefined, signal: AbortSignal): Promise<void> {
  const { options } = order;
  let lake: StartedLake | undefined;
  const opening = openLocalCloud({
    dataFolder: resolve(options.data),
    appFolder: appFolder(),
    withHost: true,
    source: options.source === undefined ? undefined : { kind: options.source, folder: resolve(order.documents) },
    port: options.port,
    isLlmOff: !options.llm,
    onProgress: (what) => bar(`starting ${what} …`),
    async onStorage(state) {
      const { StartedLake } = await lakeModule();
      lake = new StartedLake(state, order);
      await lake.prepare();
    },
  });
  lakeModule().catch(() => {}); // B1; what is wrong with it is told by onStorage
  const cloud = await opening.catch((error: unknown) => {
    if (signal.aborted) return undefined; // B3
    throw error;
  });
  try {
    if (cloud === undefined || signal.aborted) return;
    if (lake === undefined) throw new Error('storage was not prepared');
    const built = page?.done ?? Promise.resolve();
    await Promise.race([lake.serve(cloud, built, signal), aborted(signal), failureOf(built), brokenOf(cloud)]);
  } finally {
    clearBar();
    await lake?.close();
    if (signal.aborted) note('stopping …');
    await cloud?.stop();
  }
}

/** @throws {UsageError} what is asked for cannot be started */
async function checkOrder(folder: string | undefined, options: StartOptions): Promise<StartOrder> {
  const samples = join(appFolder(), 'samples');
  const documents = folder ?? join(samples, 'documents');
  if (!existsSync(documents))
    throw new UsageError(`${documents} does not exist. Name a folder or a file with documents.`);
  if (options.source !== undefined && (options.once || folder === undefined))
    throw new UsageError('--source takes a folder of yours and stays up: npm start -- ./folder --source sharepoint');
  if (options.empty === true && (folder !== undefined || options.once || options.taxonomy !== undefined))
    throw new UsageError('--empty starts with nothing and stays up: it takes no folder, no --taxonomy and no --once');
  const own = options.taxonomy === undefined ? undefined : await readTaxonomy(options.taxonomy);
  return { options, samples, documents, hasFolder: folder !== undefined, own };
}

/** A taxonomy file, checked before anything is started. */
async function readTaxonomy(file: string): Promise<unknown> {
  if (!existsSync(file))
    throw new UsageError(
      `${file} does not exist. --taxonomy takes JSON {name, labels: [{name, description}]}, or CSV with name and description.`,
    );
  const { noteOn, parseTaxonomyFile, taxonomyOf } = await import('../taxonomy-file.ts');
  const document = parseTaxonomyFile(file);
  noteOn(taxonomyOf(file, document));
  return document;
}

/** Has npm, which runs this as a script, put its banner on stdout? */
const isBannerPrinted = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env.npm_lifecycle_event === 'start' && env.npm_config_loglevel !== 'silent' && env.npm_config_json !== 'true';

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Never resolves. */
const failureOf = (work: Promise<void>): Promise<never> =>
  new Promise((_, reject) => {
    work.catch(reject);
  });

const brokenOf = async (cloud: LocalCloud): Promise<never> => {
  throw new Error(`${await cloud.broken}. Run the same command again: the run goes on where it stopped.`);
};
