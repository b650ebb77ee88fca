// Benchmark of search: an index over many documents, made at once, then asked: how fast, how large, how much memory.
// `npm run bench search -- [--json] [--documents 100000] [--words 300] [--asks 5] [--lake FOLDER]`; a lake that is named is made once, with its index, and
// kept, so that two builds can be asked in turns.
// Method: real Delta tables and extracted Parquet files in a folder instead of storage, so that it is our own work that is measured. Words are drawn by
// Zipf's law from 150,000 German-like compounds with a fixed seed; each document has its own length. Cold: a process that has nothing but the folder.
// Warm: the question was never asked before, but the index is open. Times are wall clock; CPU seconds stand beside what takes long.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { searchSchema } from '../shared/api/decisions.ts';
import { countFacets } from '../shared/insight/facets.ts';
import { DeltaTable } from '../shared/lake/delta/table.ts';
import { FileCache } from '../shared/lake/file-cache.ts';
import { lakeTables, type Row } from '../shared/lake/tables.ts';
import { Pace } from '../shared/pace.ts';
import { runPaths, searchPaths, tablePath } from '../shared/paths.ts';
import { extractedColumns } from '../shared/pipeline/extracted.ts';
import { parquetFiles } from '../shared/pipeline/lake-files.ts';
import { seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { matchedFilter, searchDocuments } from '../shared/search/search.ts';
import { SearchIndex } from '../shared/search/search-index.ts';
import { readSegments } from '../shared/search/segment-list.ts';
import { folderStore } from './library/folder-store.ts';

const BATCH = 1000;
const RUN = 'run-1';
const STEMS =
  'steuer zoll rechnung vertrag liefer schein mahnung antrag bescheid konto frist umsatz lohn miete versicherung prüfung anlage werk haus amt recht kasse buch wert satz jahr monat waren ein aus'.split(
    ' ',
  );

interface Asked {
  question: string;
  found: number;
  /** Median and slowest of the asks, each of another question of its kind or after another. */
  ms: number;
  worstMs: number;
  /** Mean of the process's CPU time, which a busy machine leaves alone. */
  cpuMs: number;
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      documents: { type: 'string', default: '100000' },
      words: { type: 'string', default: '300' },
      asks: { type: 'string', default: '5' },
      child: { type: 'string' },
      folder: { type: 'string' },
      lake: { type: 'string' },
    },
  });
  const asks = Number(values.asks);
  if (values.child !== undefined && values.folder !== undefined) {
    process.send?.(values.child === 'build' ? await build(values.folder) : await ask(values.folder, asks));
    return;
  }
  const folder = values.lake ?? mkdtempSync(join(tmpdir(), 'sluice-bench-search-'));
  try {
    const documents = Number(values.documents);
    if (!existsSync(join(folder, 'lake'))) await makeLake(folder, documents, Number(values.words));
    const built = existsSync(join(folder, 'lake', searchPaths.root)) ? {} : await inChild('build', folder, asks);
    const asked = await inChild('ask', folder, asks);
    const answer = { documents, words: Number(values.words), ...built, ...asked };
    process.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${JSON.stringify(answer, null, 2)}\n`);
  } finally {
    if (values.lake === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function inChild(child: string, folder: string, asks: number): Promise<Record<string, unknown>> {
  const entry = new URL(`./run.${import.meta.filename.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    const process = fork(entry, ['search', '--child', child, '--folder', folder, '--asks', String(asks)]);
    let answer: Record<string, unknown> | undefined;
    process.on('message', (message) => {
      answer = message as Record<string, unknown>; // sent above
    });
    process.on('exit', (code) => (answer === undefined ? reject(new Error(`ended with ${code}`)) : resolve(answer)));
  });
}

function openLake(folder: string) {
  const lake = folderStore(join(folder, 'lake'));
  const cache = new FileCache(join(folder, `cache-${process.pid}`));
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger, cache };
  const tables = new Map(
    lakeTables.map((schema) => [schema.name, DeltaTable.open(lake, tablePath(schema.name), schema, deps)]),
  );
  const services = { lake, parquet: parquetFiles(lake), clock: systemClock, logger: silentLogger };
  const search = new SearchIndex(services, [...tables.values()], new Pace(systemClock));
  return { services, tables, search, newest: () => Promise.reject(new Error('asked without a text')) };
}

async function makeLake(folder: string, documents: number, meanWords: number): Promise<void> {
  const { services, tables } = openLake(folder);
  const random = seededRandom(7);
  const word = () => compound(Math.floor(Math.exp(random.next() * Math.log(150_000))));
  for (let batch = 0; batch * BATCH < documents; batch++) {
    const batchId = `b${String(batch).padStart(5, '0')}`;
    const texts = Array.from({ length: Math.min(BATCH, documents - batch * BATCH) }, () => {
      const length = Math.ceil(meanWords * (0.2 + 1.6 * random.next()));
      return Array.from({ length }, word).join(' ');
    });
    const rows = texts.map((text, i) => resultOf(batch * BATCH + i, batchId, text));
    await services.parquet.write(
      runPaths.extracted(RUN, batchId),
      extractedColumns,
      rows.map((row, i) => ({ ...row, status: 'ok', text: texts[i] ?? '' })),
    );
    await tables.get('results')?.append(rows, { appId: batchId, appVersion: 0 });
  }
}

/** The n-th word: a stem, or two or three in a row. */
function compound(n: number): string {
  const stem = (i: number) => STEMS[i % STEMS.length] ?? '';
  if (n < STEMS.length) return stem(n);
  const rest = Math.floor(n / STEMS.length);
  return `${stem(n)}${stem(rest)}${rest < STEMS.length ? '' : `${stem(Math.floor(rest / STEMS.length))}${rest}`}`;
}

function resultOf(n: number, batchId: string, text: string): Row {
  const terms = text.split(' ', 10).map((term) => ({ term, weight: 1.5, runner_up_weight: 0.5 }));
  return {
    run_id: RUN,
    batch_id: batchId,
    document_id: n.toString(16).padStart(64, '0'),
    source_path: `in/${n}.txt`,
    archive_path: '',
    source_etag: `e${n}`,
    content_sha256: n.toString(16).padStart(64, 'c'),
    media_type: 'text/plain',
    size_bytes: text.length,
    chars: text.length,
    language: 'de',
    status: n % 10 === 0 ? 'review' : 'labelled',
    label: `Label ${n % 12}`,
    confidence: 0.9,
    decided_by: 'model',
    top_labels_json: '[{"label":"Label 1","probability":0.9}]',
    evidence_json: JSON.stringify(terms),
    llm_quote: text.slice(100, 200),
    taxonomy_version: 't1',
    model_version: 'v1',
    processed_at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    run_date: '2026-01-01',
    warnings_json: '[]',
  };
}

const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;

async function build(folder: string): Promise<Record<string, unknown>> {
  const { search, services } = openLake(folder);
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await search.refresh();
  const { user, system } = process.cpuUsage(cpu);
  const { segments } = await readSegments(services.lake);
  const thousands = segments.reduce((sum, { entries }) => sum + entries, 0) / 2 / 1000;
  search.close();
  return {
    buildSeconds: Math.round((performance.now() - wall) / 100) / 10,
    buildCpuSecondsPer1000: Math.round((user + system) / 1e4 / thousands) / 100,
    indexMb: megabytes(segments.reduce((sum, { bytes }) => sum + bytes, 0)),
    segments: segments.length,
    buildPeakMb: megabytes(process.resourceUsage().maxRSS * 1024),
  };
}

const QUESTIONS: Record<string, readonly string[]> = {
  'a word': ['"zoll"', '"rechnung"', '"vertrag"', '"konto"', '"frist"'],
  'a rare word': [
    'steuersteuerzoll31',
    'zollsteuerzoll31',
    'vertragzollsteuer61',
    'mahnungfristzoll40',
    'kontoamtzoll44',
  ],
  'a beginning': ['steuer', 'umsatz', 'versicherung', 'bescheid', 'antrag'],
  'two letters': ['st*', 've*', 'ka*', 'mo*', 'wa*'],
  'three words': ['lohn miete haus', 'anlage werk amt', 'recht kasse buch', 'wert satz jahr', 'monat waren ein'],
  'a phrase': ['"steuer zoll"', '"zoll rechnung"', '"vertrag steuer"', '"konto zoll"', '"rechnung steuer"'],
  'a long phrase': [
    '"steuer zoll steuer zoll"',
    '"zoll zoll steuer"',
    '"vertrag vertrag zoll"',
    '"steuer steuer steuer"',
    '"rechnung zoll zoll"',
  ],
  'without a word': ['steuer -zoll', 'umsatz -"lohn"', 'antrag -"steuer zoll"', 'frist -rechnung', 'konto -miete'],
};

async function ask(folder: string, asks: number): Promise<Record<string, unknown>> {
  const lake = openLake(folder);
  const find = (text: string, more = {}) => searchDocuments(lake, searchSchema.parse({ text, ...more }));
  const began = performance.now();
  await find('"liefer"');
  const coldMs = Math.round(performance.now() - began);
  const asked: Asked[] = [];
  const measure = async (question: string, texts: readonly string[], work: (text: string) => Promise<number>) => {
    const took: number[] = [];
    let found = 0;
    const cpu = process.cpuUsage();
    for (const text of texts.slice(0, asks)) {
      const from = performance.now();
      found = Math.max(found, await work(text));
      took.push(performance.now() - from);
    }
    took.sort((a, b) => a - b);
    const [middle = 0, worst = 0] = [took[took.length >> 1], took.at(-1)];
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = Math.round((user + system) / 1000 / took.length);
    asked.push({ question, found, ms: Math.round(middle), worstMs: Math.round(worst), cpuMs });
  };
  for (const [question, texts] of Object.entries(QUESTIONS))
    await measure(question, texts, async (text) => (await find(text)).total);
  const words = QUESTIONS['a word'] ?? [];
  await measure(
    'a word, of one label, to review',
    words,
    async (text) => (await find(text, { label: 'Label 4', status: 'review' })).total,
  );
  await measure('counts of what fits', words, async (text) => {
    const { view, filter } = await matchedFilter(lake, { text });
    return (await countFacets(view.query, filter)).total;
  });
  lake.search.close();
  return { coldMs, asked, askPeakMb: megabytes(process.resourceUsage().maxRSS * 1024) };
}
