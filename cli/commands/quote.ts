// `sluice quote`: documents, tokens, calls, minutes and money of a run, from a sample, before anything is paid.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { App } from '../../shared/compose.ts';
import { quotableFiles } from '../../shared/insight/quotable-files.ts';
import { type QuotableFile, quoteRun, type RunQuote } from '../../shared/insight/quote-run.ts';
import { currentTaxonomyVersion, loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { seededRandom } from '../../shared/ports.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { ApiClient } from '../api-client.ts';
import { appFolder } from '../app-folder.ts';
import type { LakeOptions } from '../at-lake.ts';
import { answer, bar, clearBar, money, note, UsageError, warn } from '../console.ts';
import { listFolder, tellSkipped } from '../folder-listing.ts';
import { withApp } from '../local-app.ts';
import { isLlmConfigured, simulatorSettings } from '../local-cloud.ts';
import { parseTaxonomyFile } from '../taxonomy-file.ts';
import { placeOf, refuseOwnPath } from './runs.ts';

export interface QuoteOptions extends LakeOptions {
  container?: 'landing' | 'imports';
  taxonomy?: string;
  sample: number;
  mode?: 'live' | 'batch' | 'auto';
  deadline?: number;
}

export async function quoteCommand(given: string, options: QuoteOptions): Promise<void> {
  const place = placeGiven(given, options);
  if (options.url !== undefined && place !== undefined)
    return showQuote(await quoteRemote(options.url, place, options), options);
  const isSimulated = !isLlmConfigured(appFolder());
  await withApp(
    options.data,
    async (app) => {
      const files = place === undefined ? await localFiles(given) : await lakeFiles(app, place.container, place.path);
      bar(`reading a sample of ${Math.min(options.sample, files.length)} of ${files.length} files …`);
      const taxonomy = await taxonomyOf(app, options.taxonomy);
      const quote = await quoteRun(app.services, seededRandom(files.length), files, taxonomy, options.sample, {
        ...(options.mode === undefined ? {} : { mode: options.mode }),
        ...(options.deadline === undefined ? {} : { deadlineHours: options.deadline }),
      });
      clearBar();
      showQuote(quote, options);
      if (isSimulated) note(warn('Prices and quota are the SIMULATOR’s: no LLM is configured.'));
    },
    isSimulated ? simulatorSettings('http://127.0.0.1:9/v1', {}) : {},
  );
}

/** A quote as people read it. */
export function describeQuote(quote: Pick<RunQuote, 'asked' | 'calls' | 'usd' | 'usdLow' | 'usdHigh'>): string {
  return `${quote.asked} documents asked in ${quote.calls} calls, ${money(quote.usd)} (95 %: ${money(quote.usdLow)} to ${money(quote.usdHigh)})`;
}

/** A folder of the lake: of the container named or of the app, or as `sluice runs` shows it where nothing here is called so. */
function placeGiven(given: string, { container, url }: QuoteOptions): ReturnType<typeof placeOf> | undefined {
  if (container !== undefined || url !== undefined) return placeOf(given, container);
  if (existsSync(given)) return undefined;
  const place = placeOf(given, undefined);
  return place.path === given ? undefined : place;
}

/** What the app says of a folder of its lake, under its settings and labels. */
async function quoteRemote(
  url: string,
  { container, path }: ReturnType<typeof placeOf>,
  { key, taxonomy, sample, mode, deadline }: QuoteOptions,
): Promise<RunQuote> {
  if (taxonomy !== undefined)
    throw new UsageError('--url quotes with the labels of the app; `sluice taxonomy set` changes them');
  refuseOwnPath(path, container);
  bar('the app reads a sample …');
  const source = { kind: 'prefix', container, prefix: path };
  const request = { source, sampleSize: Math.min(sample, MOST_SAMPLED), mode, deadlineHours: deadline };
  const quote = await new ApiClient(url, key).ask<RunQuote>('POST', '/api/quotes', request);
  clearBar();
  return quote;
}

/** Files that an app reads for a quote at most (shared/api/insights.ts). */
const MOST_SAMPLED = 500;

const showQuote = (quote: RunQuote, options: Pick<QuoteOptions, 'json'>): void =>
  answer(options, quote, () => describeWhole(quote));

function describeWhole(quote: RunQuote): string {
  return [
    `files        ${quote.files} (sample of ${quote.sampledFiles} read)`,
    `documents    ${quote.documents}`,
    `LLM          ${quote.llm === null ? 'none: what the model is unsure of goes to review, nothing is paid' : describeQuote(quote)}`,
    ...(quote.vectors === null || quote.vectors === undefined // an app of before says nothing of them
      ? []
      : [
          `encoder      vectors of ${quote.vectors.documents} documents, ${quote.vectors.tokens} tokens, ${money(quote.vectors.usd)}; what they decide the LLM is not asked about`,
        ]),
    `tokens       ${quote.tokensIn} in, ${quote.tokensOut} out`,
    quote.lane === 'batch'
      ? 'lane         Batch API: jobs end within a day; what they leave undone is asked live, at the full price'
      : `quota time   ${quote.minutes < 1 ? 'under a minute' : `${Math.ceil(quote.minutes)} min`}`,
    '',
  ].join('\n');
}

async function localFiles(folder: string): Promise<QuotableFile[]> {
  if (!existsSync(folder))
    throw new UsageError(`${folder} does not exist; for a folder of the lake name its --container`);
  return tellSkipped(await listFolder(folder)).files.map(({ path, file }) => ({
    name: basename(path),
    read: () => readFile(file),
  }));
}

async function lakeFiles(app: App, container: string, prefix: string): Promise<QuotableFile[]> {
  if (container !== 'landing' && container !== 'imports') throw new UsageError('--container is landing or imports');
  return quotableFiles(app.services, { kind: 'prefix', container, prefix });
}

/** The taxonomy named, else the one in use, else the demo's; a quote stores none. */
async function taxonomyOf(app: App, file: string | undefined) {
  if (file !== undefined) return parseTaxonomy(parseTaxonomyFile(file));
  if ((await currentTaxonomyVersion(app.lake)) !== undefined) return loadTaxonomy(app.lake);
  return parseTaxonomy(parseTaxonomyFile(join(appFolder(), 'samples', 'taxonomy.json')));
}
