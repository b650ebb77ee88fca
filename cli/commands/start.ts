// `sluice start`: everything on this machine, from storage to decisions, with one command.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { App } from '../../shared/compose.ts';
import { readEnvironment } from '../../shared/config.ts';
import { quoteRun, type RunQuote } from '../../shared/insight/quote-run.ts';
import { uncheckedDescriptions } from '../../shared/insight/unchecked-descriptions.ts';
import { takesPacks } from '../../shared/lake/storage-connection.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { readPlan } from '../../shared/pipeline/records.ts';
import { currentTaxonomyVersion } from '../../shared/pipeline/taxonomies.ts';
import { seededRandom } from '../../shared/ports.ts';
import { parseTaxonomy, type Taxonomy } from '../../shared/taxonomy.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';
import { ApiClient } from '../api-client.ts';
import { collect } from '../collect.ts';
import {
  bar,
  bold,
  clearBar,
  dim,
  note,
  print,
  printPieces,
  progressLine,
  screenWidth,
  UsageError,
  warn,
} from '../console.ts';
import { describeCold } from '../describe-cold.ts';
import { describeUnchecked } from '../describe-unchecked.ts';
import { ensureModel } from '../ensure-model.ts';
import {
  type FolderFile,
  type FolderListing,
  importFiles,
  importPrefix,
  listFolder,
  tellSkipped,
} from '../import-folder.ts';
import { type LakeLabels, labelsOf } from '../lake-labels.ts';
import { lakeOption } from '../lake-option.ts';
import { appFolder, appOf } from '../local-app.ts';
import { type LocalCloud, openLocalCloud, simulatorSettings } from '../local-cloud.ts';
import { compareWithTruth, jsonOf, readResults, ShownResults } from '../show-results.ts';
import { noteOn, parseTaxonomyFile, taxonomyOf } from '../taxonomy-file.ts';
import { watchUploads } from '../watch-uploads.ts';
import { describeQuote } from './quote.ts';

export interface StartOptions {
  once: boolean;
  json: boolean;
  data: string;
  port: number;
  taxonomy?: string;
  maxCost?: number;
  llm: boolean;
  quote: boolean;
  /** The folder plays a library of SharePoint, or a mailbox of Exchange, instead of being imported. */
  source?: 'sharepoint' | 'exchange';
  /** No samples, no labels, no model: whoever opens the page begins. */
  empty?: boolean;
}

/** Run the whole product locally. Resolves when it is to end; the exit code is the caller's. */
export async function start(folder: string | undefined, options: StartOptions): Promise<void> {
  const samples = join(appFolder(), 'samples');
  const documents = folder ?? join(samples, 'documents');
  if (!existsSync(documents))
    throw new UsageError(`${documents} does not exist. Name a folder or a file with documents.`);
  if (options.source !== undefined && (options.once || folder === undefined))
    throw new UsageError('--source takes a folder of yours and stays up: npm start -- ./folder --source sharepoint');
  if (options.empty === true && (folder !== undefined || options.once || options.taxonomy !== undefined))
    throw new UsageError('--empty starts with nothing and stays up: it takes no folder, no --taxonomy and no --once');
  const given = {
    hasFolder: folder !== undefined,
    own: options.taxonomy === undefined ? undefined : readTaxonomy(options.taxonomy),
    demo: readTaxonomy(join(samples, 'taxonomy.json')),
  };

  if (options.json && isBannerPrinted(readEnvironment()))
    note(
      dim(
        'npm has printed its banner on stdout before the document; `npm -s start -- …` leaves the document alone there',
      ),
    );

  let listing: Promise<FolderListing> | undefined;
  let app: App | undefined;
  let labels: LakeLabels | undefined;
  let isBegun = false;
  const stopping = new AbortController();
  const onSignal = () => stopping.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const cloud = await openLocalCloud({
    dataFolder: resolve(options.data),
    appFolder: appFolder(),
    withHost: true,
    source: options.source === undefined ? undefined : { kind: options.source, folder: resolve(documents) },
    port: options.port,
    isLlmOff: !options.llm,
    onProgress: (what) => bar(`starting ${what} …`),
    async onStorage(state) {
      app = appOf(state);
      await app.ensureContainers();
      if (options.empty === true) {
        isBegun = (await currentTaxonomyVersion(app.lake)) !== undefined;
        return;
      }
      labels = await labelsOf(app, given);
      if (folder === undefined && !labels.isDemoLake && options.once)
        throw new UsageError(
          `the lake in ${options.data} is in use, so the demo is left out of it. Name a folder, or start the demo elsewhere: --data <another folder>`,
        );
      if (labels.isDemoLake || parseTaxonomy(given.demo).version === labels.taxonomy.version)
        await ensureModel(app, labels.taxonomy, samples);
      collect(); // a training leaves more than a listing needs
      listing = listFolder(documents);
      listing.catch(() => {}); // awaited below
    },
  });
  try {
    if (app === undefined) throw new Error('storage was not prepared');
    announce(cloud);
    const broken = cloud.broken.then((what) => {
      throw new Error(`${what}. Run the same command again: the run goes on where it stopped.`);
    });
    if (options.source !== undefined) {
      const stopped = aborted(stopping.signal);
      await Promise.race([
        broken,
        followSource(cloud, documents, options.source, options.data, stopping.signal),
        printUploads(app, cloud, options.json, stopping.signal),
        stopped,
      ]);
      return;
    }
    if (labels === undefined) {
      const next = isBegun
        ? `Open ${cloud.hostUrl}/api/dashboard to go on where you were.`
        : `Open ${cloud.hostUrl}/api/dashboard/labels and say what documents are sorted into.`;
      note(`\n${bold('Ready.')} ${next} Ctrl+C ends.`);
      await Promise.race([printUploads(app, cloud, options.json, stopping.signal), broken, aborted(stopping.signal)]);
      return;
    }
    const { taxonomy, isDemoLake, replaced } = labels;
    if (replaced !== undefined)
      note(`The labels of uploads are ${bold(taxonomy.version)} from now on; they were ${replaced}.`);
    const isServing = folder === undefined && !isDemoLake; // L1, L2
    if (isServing)
      note(
        `This lake has labels of its own (${bold(taxonomy.version)}): it is served as it is. The demo: npm start -- --data <another folder>`,
      );
    /** Whoever takes it has it alone: of 100,000 files it is 40 MB. */
    const takeListing = async () => {
      const taken = (await listing) ?? (await listFolder(documents));
      listing = undefined;
      return taken;
    };
    const work = isServing
      ? Promise.resolve(undefined)
      : classifyFolder(app, cloud, { documents, takeListing, taxonomy, options, signal: stopping.signal });
    const run = await Promise.race([work, broken, aborted(stopping.signal)]);
    if (run === 'aborted') return;
    if (options.once) {
      if (run !== undefined) note(afterOnce(run, options.data));
      return;
    }
    note(`\n${bold('Ready.')} Open ${cloud.hostUrl}/api/dashboard and drop files or a folder on it.`);
    note(
      `From a terminal: ${bold(`npx sluice upload <file>${lakeOption(options)}`)}, ${bold(`npx sluice guide${lakeOption(options)}`)} for the next step; what lies in the container ${bold('landing')} is classified. Ctrl+C ends.`,
    );
    await Promise.race([printUploads(app, cloud, options.json, stopping.signal), broken, aborted(stopping.signal)]);
  } finally {
    clearBar();
    await app?.close();
    if (stopping.signal.aborted) note('stopping …');
    await cloud.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** What to do with a lake whose host has ended with its run. */
function afterOnce({ review }: RunStatus, data: string): string {
  const lake = lakeOption({ data });
  const waiting = review > 0 ? `npx sluice review${lake} shows what waits, ` : '';
  return `Next: ${waiting}npx sluice guide${lake} says how to go on; the same command without --once opens the page.`;
}

interface FolderWork {
  documents: string;
  takeListing: () => Promise<FolderListing>;
  taxonomy: Taxonomy;
  options: StartOptions;
  signal: AbortSignal;
}

/** The files into the container of imports. */
async function sendFolder(
  app: App,
  cloud: LocalCloud,
  { documents, takeListing, taxonomy, options }: FolderWork,
): Promise<{ prefix: string; quote: RunQuote | undefined }> {
  const listing = tellSkipped(await takeListing());
  const prefix = importPrefix(documents, listing.files);
  await importFiles(
    app.imports,
    app.lake,
    prefix,
    listing.files,
    (done) => bar(`uploading ${done}/${listing.files.length} files`),
    takesPacks(cloud.lake)
      ? openLakeStore({ kind: 'connection-string', connectionString: cloud.lake }, app.imports.container)
      : undefined,
  );
  const quote = options.quote && !cloud.isLlmOff ? await quoteFolder(cloud, listing.files, taxonomy) : undefined;
  return { prefix, quote };
}

async function classifyFolder(app: App, cloud: LocalCloud, work: FolderWork): Promise<RunStatus> {
  const { documents, taxonomy, options } = work;
  const { prefix, quote } = await sendFolder(app, cloud, work);
  const api = new ApiClient(cloud.hostUrl ?? '');
  const started = await api.startRun({
    source: { kind: 'prefix', container: 'imports', prefix },
    taxonomyVersion: taxonomy.version,
    ...(cloud.isLlmOff ? { llm: false } : {}),
    ...(options.maxCost === undefined ? {} : { maxCostUsd: options.maxCost }),
    ...(quote === undefined ? {} : { quote: { usd: quote.usd, usdLow: quote.usdLow, usdHigh: quote.usdHigh } }),
  });
  const run = await api.follow(started.runId, (status) => bar(progressLine(status)), work.signal);
  clearBar();
  if (run.state !== 'completed')
    throw new Error(`run ${run.runId} ${run.state}: ${run.error?.message ?? 'see the host log'}`);
  if (options.json) {
    await withTemporaryFolder((folder) => printPieces(jsonOf(run, readResults(app, run), join(folder, 'rows'))));
  } else {
    const truth = join(appFolder(), 'samples', 'truth.csv');
    const isSamples = resolve(documents) === join(appFolder(), 'samples', 'documents') && existsSync(truth);
    const shown = new ShownResults(prefix);
    const compared: Row[] = [];
    for await (const rows of readResults(app, run)) {
      shown.add(rows);
      if (isSamples) compared.push(...rows);
    }
    print(shown.table(run, screenWidth()));
    if (isSamples) print(compareWithTruth(truth, compared, prefix));
    await tellColdStart(app, run, options);
    print(`run ${run.runId} · model ${run.modelVersion ?? 'none'} · taxonomy ${run.taxonomyVersion}`);
  }
  return run;
}

/** A run without a model: what decided instead, or what is missing, and the next step. */
async function tellColdStart(app: App, run: RunStatus, options: Pick<StartOptions, 'data'>): Promise<void> {
  if (run.modelVersion !== null) return;
  const { encoder, cold } = await readPlan(app.lake, run.runId);
  const lake = lakeOption(options);
  const next =
    run.review > 0
      ? `review some documents in the page or with \`npx sluice review${lake}\`, then \`npx sluice train decisions${lake}\``
      : `\`npx sluice train decisions${lake}\` makes a model of what was decided`;
  print(
    encoder == null
      ? `No model knows these labels yet, and no encoder is imported that could decide by their descriptions (docs/models.md, Encoders). Next: ${next}.`
      : `No model knows these labels yet: encoder ${encoder} read their descriptions; ${describeCold(cold)}. Next: ${next}.`,
  );
  for (const line of describeUnchecked(await uncheckedDescriptions(app), options, screenWidth())) note(warn(line));
}

/** The quote of a folder, with the settings that the host works with. */
async function quoteFolder(cloud: LocalCloud, files: readonly FolderFile[], taxonomy: Taxonomy): Promise<RunQuote> {
  bar('quoting …');
  const app = appOf(cloud, cloud.simulatorUrl === null ? {} : simulatorSettings(cloud.simulatorUrl, {}));
  try {
    const quotable = files.map(({ path, file }) => ({ name: basename(path), read: () => readFile(file) }));
    const quote = await quoteRun(app.services, seededRandom(files.length), quotable, taxonomy, 300);
    note(`quote: ${describeQuote(quote)}`);
    return quote;
  } finally {
    await app.close();
  }
}

function announce(cloud: LocalCloud): void {
  clearBar();
  if (!cloud.isOwner) note(dim(`joined the Sluice that runs in this data folder (process ${cloud.pid})`));
  if (cloud.isLlmOff) note(warn('No LLM is asked by this host: uncertain documents, uploads included, go to review.'));
  if (cloud.simulatorUrl !== null)
    note(
      warn(
        'LLM answers come from the SIMULATOR, not from a model. Set OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT for a real one.',
      ),
    );
}

/** Rounds of what the folder plays, one after the other. */
async function followSource(
  cloud: LocalCloud,
  folder: string,
  kind: 'sharepoint' | 'exchange',
  data: string,
  signal: AbortSignal,
): Promise<void> {
  const role = kind === 'sharepoint' ? 'a library of SharePoint' : 'the inbox of a mailbox (its .eml files)';
  note(
    `\n${bold(folder)} plays ${role}. Put, change, rename or delete files in it and watch ${cloud.hostUrl}/api/dashboard`,
  );
  note(`What became of them: ${bold(`npx sluice sources list${lakeOption({ data })}`)}. Ctrl+C ends.`);
  const api = new ApiClient(cloud.hostUrl ?? '');
  while (!signal.aborted) {
    try {
      await api.syncSource(kind, { full: false, confirmRemovals: false });
    } catch (error) {
      note(dim(`the next round is late: ${(error as Error).message}`)); // a busy host; one that has ended is told by `broken`
    }
    await sleep(3000, undefined, { signal }).catch(() => {}); // aborted: the loop ends
  }
}

/** Questions in a row that a host of somebody else may leave without an answer: about a minute. */
const MAX_SILENT = 30;

/** Print the decisions on uploads as their runs end. */
async function printUploads(app: App, cloud: LocalCloud, isJson: boolean, signal: AbortSignal): Promise<void> {
  const api = new ApiClient(cloud.hostUrl ?? '');
  const onEnded = async (run: RunStatus) => {
    note(`\nrun ${run.runId}: ${run.state}${run.error ? ` (${run.error.message})` : ''}`);
    if (run.documents === 0 || run.state !== 'completed') return;
    const shown = new ShownResults('');
    for await (const rows of readResults(app, run)) shown.add(rows);
    const table = shown.table(run, screenWidth());
    if (isJson)
      note(table); // the one document on stdout is that of the folder
    else print(table);
  };
  const maxSilent = cloud.isOwner ? Number.POSITIVE_INFINITY : MAX_SILENT; // of an own host `broken` tells
  await watchUploads({ runs: (limit) => api.runs(limit), onEnded, maxSilent }, signal);
}

/** Has npm, which runs this as a script, put its banner on stdout? */
const isBannerPrinted = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env.npm_lifecycle_event === 'start' && env.npm_config_loglevel !== 'silent' && env.npm_config_json !== 'true';

const aborted = (signal: AbortSignal): Promise<'aborted'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });

/** A taxonomy file, checked before anything is started. */
function readTaxonomy(file: string): unknown {
  if (!existsSync(file))
    throw new UsageError(
      `${file} does not exist. --taxonomy takes JSON {name, labels: [{name, description}]}, or CSV with name and description.`,
    );
  const document = parseTaxonomyFile(file);
  noteOn(taxonomyOf(file, document));
  return document;
}
