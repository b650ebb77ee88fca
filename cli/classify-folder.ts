// A folder of this machine from its files to its decisions: sent to the container of imports, run, followed and shown.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { RunStatus } from '../shared/api/runs.ts';
import type { App } from '../shared/compose.ts';
import { quoteRun, type RunQuote } from '../shared/insight/quote-run.ts';
import { uncheckedDescriptions } from '../shared/insight/unchecked-descriptions.ts';
import { takesPacks } from '../shared/lake/storage-connection.ts';
import { openLakeStore } from '../shared/lake/store.ts';
import type { Row } from '../shared/lake/tables.ts';
import { readPlan } from '../shared/pipeline/records.ts';
import { seededRandom } from '../shared/ports.ts';
import type { Taxonomy } from '../shared/taxonomy.ts';
import { withTemporaryFolder } from '../shared/temporary-folder.ts';
import { ApiClient } from './api-client.ts';
import { appFolder } from './app-folder.ts';
import { describeQuote } from './commands/quote.ts';
import { bar, clearBar, note, print, printPieces, progressLine, screenWidth, warn } from './console.ts';
import { describeCold } from './describe-cold.ts';
import { describeUnchecked } from './describe-unchecked.ts';
import { type FolderFile, type FolderListing, tellSkipped } from './folder-listing.ts';
import { importFiles, importPrefix } from './import-folder.ts';
import { lakeOption } from './lake-option.ts';
import { appOf } from './local-app.ts';
import { type LocalCloud, simulatorSettings } from './local-cloud.ts';
import { tablesOf } from './run-results.ts';
import { compareWithTruth, jsonOf, readResults, ShownResults } from './show-results.ts';
import type { StartOptions } from './start-options.ts';

export interface FolderWork {
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

/** @throws Error a run that did not complete */
export async function classifyFolder(app: App, cloud: LocalCloud, work: FolderWork): Promise<RunStatus> {
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
    await withTemporaryFolder((folder) =>
      printPieces(jsonOf(run, readResults(tablesOf(api, work.signal), run), join(folder, 'rows'))),
    );
  } else {
    const truth = join(appFolder(), 'samples', 'truth.csv');
    const isSamples = resolve(documents) === join(appFolder(), 'samples', 'documents') && existsSync(truth);
    const shown = new ShownResults(prefix);
    const compared: Row[] = [];
    for await (const rows of readResults(tablesOf(api, work.signal), run)) {
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
