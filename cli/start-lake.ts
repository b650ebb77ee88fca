// What a start does with its lake: labels, model and listing while the servers start, then the documents, then whatever arrives.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStatus } from '../shared/api/runs.ts';
import type { App } from '../shared/compose.ts';
import { currentTaxonomyVersion } from '../shared/pipeline/taxonomies.ts';
import { parseTaxonomy } from '../shared/taxonomy.ts';
import { ApiClient } from './api-client.ts';
import { classifyFolder } from './classify-folder.ts';
import { collect } from './collect.ts';
import { bold, clearBar, dim, note, print, screenWidth, UsageError, warn } from './console.ts';
import type { CloudState } from './data-folder.ts';
import { ensureModel } from './ensure-model.ts';
import { type FolderListing, listFolder } from './folder-listing.ts';
import { type LakeLabels, labelsOf } from './lake-labels.ts';
import { lakeOption } from './lake-option.ts';
import { appOf } from './local-app.ts';
import type { LocalCloud } from './local-cloud.ts';
import { readResults, ShownResults } from './show-results.ts';
import type { StartOrder } from './start-options.ts';
import { parseTaxonomyFile } from './taxonomy-file.ts';
import { watchUploads } from './watch-uploads.ts';

/** The lake of a start, from storage being up to the end of the command. */
export class StartedLake {
  readonly #app: App;
  readonly #order: StartOrder;
  #labels: LakeLabels | undefined;
  /** An empty start has found labels. */
  #isBegun = false;
  #listing: Promise<FolderListing> | undefined;

  constructor(state: CloudState, order: StartOrder) {
    this.#app = appOf(state);
    this.#order = order;
  }

  /** Labels and the demo's model; the documents are being listed when it resolves. @throws {UsageError} the lake is in use for something else */
  async prepare(): Promise<void> {
    const { options, samples, documents, hasFolder, own } = this.#order;
    await this.#app.ensureContainers();
    if (options.empty === true) {
      this.#isBegun = (await currentTaxonomyVersion(this.#app.lake)) !== undefined;
      return;
    }
    const demo = parseTaxonomyFile(join(samples, 'taxonomy.json'));
    const labels = await labelsOf(this.#app, { hasFolder, own, demo });
    this.#labels = labels;
    if (!hasFolder && !labels.isDemoLake && options.once)
      throw new UsageError(
        `the lake in ${options.data} is in use, so the demo is left out of it. Name a folder, or start the demo elsewhere: --data <another folder>`,
      );
    if (labels.isDemoLake || parseTaxonomy(demo).version === labels.taxonomy.version)
      await ensureModel(this.#app, labels.taxonomy, samples);
    collect(); // a model leaves more than a listing needs
    this.#listing = listFolder(documents);
    this.#listing.catch(() => {}); // awaited by #takeListing
  }

  /** Until the signal, or with --once until the documents are decided. @param built  resolves when the page is there */
  async serve(cloud: LocalCloud, built: Promise<void>, signal: AbortSignal): Promise<void> {
    const { options, documents } = this.#order;
    announce(cloud);
    if (options.source !== undefined) {
      await built;
      const following = followSource(cloud, documents, options.source, options.data, signal);
      await Promise.race([following, printUploads(this.#app, cloud, options.json, signal)]);
      return;
    }
    const run = this.#labels === undefined ? undefined : await this.#classify(cloud, this.#labels, signal);
    await built;
    if (options.once) {
      if (run !== undefined) note(afterOnce(run, options.data));
      return;
    }
    if (signal.aborted) return;
    this.#sayReady(cloud);
    await printUploads(this.#app, cloud, options.json, signal);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }

  /** The folder; undefined where the lake is served as it is. */
  async #classify(
    cloud: LocalCloud,
    { taxonomy, isDemoLake, replaced }: LakeLabels,
    signal: AbortSignal,
  ): Promise<RunStatus | undefined> {
    const { options, documents, hasFolder } = this.#order;
    if (replaced !== undefined)
      note(`The labels of uploads are ${bold(taxonomy.version)} from now on; they were ${replaced}.`);
    if (hasFolder || isDemoLake)
      return await classifyFolder(this.#app, cloud, {
        ...{ documents, taxonomy, options, signal },
        takeListing: () => this.#takeListing(),
      });
    note(
      `This lake has labels of its own (${bold(taxonomy.version)}): it is served as it is. The demo: npm start -- --data <another folder>`,
    ); // L1, L2 of lake-labels.ts
    return undefined;
  }

  /** Whoever takes it has it alone: of 100,000 files it is 40 MB. */
  async #takeListing(): Promise<FolderListing> {
    const taken = (await this.#listing) ?? (await listFolder(this.#order.documents));
    this.#listing = undefined;
    return taken;
  }

  #sayReady(cloud: LocalCloud): void {
    const { options } = this.#order;
    if (this.#labels === undefined) {
      const next = this.#isBegun
        ? `Open ${cloud.hostUrl}/api/dashboard to go on where you were.`
        : `Open ${cloud.hostUrl}/api/dashboard/labels and say what documents are sorted into.`;
      note(`\n${bold('Ready.')} ${next} Ctrl+C ends.`);
      return;
    }
    note(`\n${bold('Ready.')} Open ${cloud.hostUrl}/api/dashboard and drop files or a folder on it.`);
    note(
      `From a terminal: ${bold(`npx sluice upload <file>${lakeOption(options)}`)}, ${bold(`npx sluice guide${lakeOption(options)}`)} for the next step; what lies in the container ${bold('landing')} is classified. Ctrl+C ends.`,
    );
  }
}

/** What to do with a lake whose host has ended with its run. */
function afterOnce({ review }: RunStatus, data: string): string {
  const lake = lakeOption({ data });
  const waiting = review > 0 ? `npx sluice review${lake} shows what waits, ` : '';
  return `Next: ${waiting}npx sluice guide${lake} says how to go on; the same command without --once opens the page.`;
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
