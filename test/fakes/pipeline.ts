// A pipeline over fakes of its ports: memory for the lake, a reader and a model whose answers follow from the text.
import { inspectConfig } from '../../shared/config.ts';
import type { ExtractedDocument } from '../../shared/documents/extracted-document.ts';
import { sha256Hex } from '../../shared/ids.ts';
import type { Column, Row } from '../../shared/lake/tables.ts';
import type { LoadedModel } from '../../shared/models/registry.ts';
import { Pace } from '../../shared/pace.ts';
import type { ClassifyRequest, PipelineServices, StagedPart } from '../../shared/pipeline/services.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { silentLogger } from '../../shared/ports.ts';
import { MemoryLake } from './memory-lake.ts';

export interface FakeWorld {
  services: PipelineServices;
  lake: MemoryLake;
  imports: MemoryLake;
  /** Rows that a commit has made visible, by table. */
  committed: Map<string, Row[]>;
  counts: { reads: number; asked: number; commits: number };
  /** Called before each outside effect; throw in it to die there. */
  onEffect: ((what: string) => void) | undefined;
}

const LABELS = ['VAT', 'Customs'];

/**
 * Texts: `fail:<code>` cannot be read; `sure` is accepted by the model; anything else is asked, with the confidence that stands in it (0.6);
 * the LLM is unsure of `hard`.
 * Names ending in .zip hold one document per line.
 */
export async function fakeWorld(settings: Record<string, string> = {}): Promise<FakeWorld> {
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true', ...settings });
  if (config === undefined) throw new Error('bad settings');
  const lake = new MemoryLake('lake');
  const imports = new MemoryLake('imports');
  const committed = new Map<string, Row[]>();
  const staged = new Map<string, Row[]>();
  const applied = new Set<string>();
  const counts = { reads: 0, asked: 0, commits: 0 };
  const world: FakeWorld = { lake, imports, committed, counts, onEffect: undefined, services: undefined as never };
  const effect = (what: string) => world.onEffect?.(what);
  lake.beforeCall = (method, path) => effect(`lake.${method} ${path}`);
  let now = 1_790_000_000_000;
  const append = (table: string, key: string, rows: readonly Row[]) => {
    effect(`append ${table}`);
    if (applied.has(`${table} ${key}`)) return;
    applied.add(`${table} ${key}`);
    counts.commits++;
    committed.set(table, [...(committed.get(table) ?? []), ...rows]);
  };
  world.services = {
    pace: new Pace({ now: () => 0, sleep: async () => {} }),
    config,
    clock: { now: () => now++, sleep: async () => {} },
    logger: silentLogger,
    lake,
    sources: { imports, landing: new MemoryLake('landing') },
    reader: {
      async extract({ name, bytes }) {
        counts.reads++;
        effect('read');
        const text = Buffer.from(bytes).toString('utf8');
        if (!name.endsWith('.zip')) return [read('', text)];
        return text.split('\n').map((line, i) => read(`member-${i}.txt`, line));
      },
    },
    models: { championVersion: async () => 'v1', newestFor: async () => undefined, load: async () => model },
    llm: {
      deployments: [{ name: 'fake', tokensPerMinute: 60_000 }],
      async classify({ documents }: ClassifyRequest) {
        effect('classify');
        counts.asked += documents.length;
        return {
          status: 'done',
          calls: 1,
          answers: documents.map(({ id, text }) => ({
            id,
            outcome: text.includes('hard') ? ('review' as const) : ('label' as const),
            label: text.includes('hard') ? null : 'Customs',
            confidence: text.includes('hard') ? null : 0.8,
            quote: null,
            quoteVerified: null,
            code: text.includes('hard') ? ('llm.unsure' as const) : null,
            message: null,
            deployment: 'fake',
            promptVersion: 'p1',
            tokensIn: 10,
            tokensOut: 1,
            costUsd: 0.001,
            cached: false,
          })),
        };
      },
      // A question costs a tenth of a cent.
      quote: async ({ documents }) => ({
        documents,
        asked: documents,
        calls: 1,
        tokensIn: 0,
        tokensOut: 0,
        usd: documents * 0.001,
        usdLow: 0,
        usdHigh: 1,
        lane: 'live' as const,
        minutes: 0,
      }),
      ledger: async () => [],
    },
    parquet: {
      async write(path: string, _columns: readonly Column[], rows: Iterable<Row>) {
        await lake.write(path, JSON.stringify([...rows]));
      },
      async read(path: string) {
        return JSON.parse((await lake.read(path)).toString('utf8')) as Row[];
      },
    },
    tables: {
      async stageResults(rows: readonly Row[]): Promise<StagedPart> {
        const path = `staged/${staged.size}`;
        effect('stage');
        staged.set(path, [...rows]);
        await lake.write(path, JSON.stringify(rows));
        return { path, add: path };
      },
      async commitResults(runId, parts) {
        append(
          'results',
          runId,
          parts.flatMap((part) => staged.get(part.path) ?? []),
        );
      },
      async readResults(runId, batchId) {
        return (committed.get('results') ?? []).filter((row) => row.run_id === runId && row.batch_id === batchId);
      },
      readFeedback: async () => committed.get('feedback') ?? [],
      async append(table, { runId, attempt }, rows) {
        append(table, `${runId}#${attempt}`, rows);
      },
    },
    pipelineVersion: 'test',
  };
  await publishTaxonomy(lake, { name: 't', labels: LABELS.map((name) => ({ name, description: name })) });
  return world;
}

function read(archivePath: string, text: string): ExtractedDocument {
  const failure = /^fail:(.*)$/.exec(text)?.[1];
  return {
    archivePath,
    status: failure === undefined ? 'ok' : 'failed',
    code: (failure ?? null) as ExtractedDocument['code'],
    message: null,
    mediaType: 'text/plain',
    sizeBytes: text.length,
    contentSha256: sha256Hex(text),
    pages: null,
    chars: text.length,
    language: 'en',
    text: failure === undefined ? text : '',
    warnings: [],
    ms: 1,
  };
}

const model: LoadedModel = {
  version: 'v1',
  labels: LABELS,
  taxonomyVersion: null,
  width: 4,
  accept: 0.9,
  acceptByLabel: null,
  featurize: (texts) => ({
    rows: texts.length,
    width: 4,
    indptr: Uint32Array.from({ length: texts.length + 1 }, (_, i) => i),
    indices: new Int32Array(texts.length),
    values: Float64Array.from(texts, (text) => (text.includes('sure') ? 1 : Number(/0\.\d+/.exec(text)?.[0] ?? 0.6))),
  }),
  score: (x) => Float64Array.from([...x.values].flatMap((v) => (v === 1 ? [0.95, 0.05] : [v, 1 - v]))),
  explain: () => [],
};
