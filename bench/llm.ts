// Benchmark of the LLM stage: token counting, packing, cost per 1,000 documents, and two processes sharing one quota in real time.
// The endpoint is the simulator, which counts what it admits: use of the quota is measured where it is enforced.
// Aims: >= 2 M tokens/s; 100,000 documents packed in < 2 s; >= 97 % of the quota used with < 0.5 % refusals.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { startAzurite } from '../local/emulators/azurite.ts';
import { startDfs } from '../local/emulators/dfs.ts';
import { startOpenAiSimulator } from '../local/emulators/openai.ts';
import { SimulatorCore } from '../local/emulators/openai-core.ts';
import { defaultDeploymentSettings } from '../local/emulators/openai-deployment.ts';
import { openStateTable } from '../shared/azure/state-table.ts';
import { openLakeStore } from '../shared/lake/store.ts';
import { classifyDocuments, type LlmDocument } from '../shared/llm/classify.ts';
import { type DeploymentConfig, defaultLlmSettings, nanoPerMillion } from '../shared/llm/deployments/deployment.ts';
import { costNano } from '../shared/llm/money/price.ts';
import { planPacks } from '../shared/llm/pack.ts';
import { DELIMITER_TOKENS, documentsMessage, frameFor } from '../shared/llm/prompt.ts';
import { loadTokenCounter } from '../shared/llm/tokens.ts';
import { type Random, seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { parseTaxonomy } from '../shared/taxonomy.ts';

const TPM = 300_000;
const RPM = 3000;
const WARM_UP_MS = 12_000;
const MEASURED_MS = 60_000;
const CHILD = 'quota-worker';

const TOPICS: Record<string, string> = {
  Invoices:
    'invoice number supplier customer purchase order quantity unit price subtotal total amount due payment terms bank account credit note',
  Contracts:
    'agreement parties recitals obligations fees term termination notice warranties indemnity liability confidentiality governing law jurisdiction signature',
  Customs:
    'import export declaration tariff classification commodity code customs value origin duty drawback bonded warehouse transit broker consignment',
  Payroll:
    'wage tax payroll social security contributions employer employee payslip benefits in kind bonus share options secondment payroll audit',
  'Corporate income tax':
    'taxable income book-to-tax adjustments assessment prepayments losses carry-forward depreciation interest limitation participation exemption deferred tax',
};
const FILLER =
  'we refer to your letter of last month and enclose the papers that you asked for please let us have your comments before the end of the week'.split(
    ' ',
  );

const taxonomy = parseTaxonomy({
  name: 'bench',
  labels: Object.entries(TOPICS).map(([name, words]) => ({ name, description: `Documents about ${words}.` })),
});

const deploymentOf = (baseUrl: string): DeploymentConfig => ({
  name: 'bench',
  model: 'bench',
  baseUrl,
  apiKey: 'none',
  tpm: TPM,
  rpm: RPM,
  prices: [
    {
      id: 'bench',
      effectiveFrom: '1970-01-01',
      input: nanoPerMillion(0.4),
      cached: nanoPerMillion(0.1),
      cacheWrite: nanoPerMillion(0.4),
      output: nanoPerMillion(1.6),
    },
  ],
});

/** Run the benchmark and print it; `json` prints one JSON document. Arguments choose parts: tokens, packing, cost, quota. */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const parts: Record<string, () => Promise<Record<string, number>>> = { tokens, packing, cost, quota };
  const wanted = options.args.length === 0 ? Object.keys(parts) : options.args;
  const measurements: Record<string, Record<string, number>> = {};
  for (const name of wanted) {
    const part = parts[name];
    if (part === undefined) throw new Error(`unknown part ${name}; there are ${Object.keys(parts).join(', ')}`);
    measurements[name] = await part();
    if (!options.json)
      for (const [what, value] of Object.entries(measurements[name]))
        process.stdout.write(`${name.padEnd(8)} ${what.padEnd(44)} ${value}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ bench: 'llm', measurements })}\n`);
}

async function tokens(): Promise<Record<string, number>> {
  const count = await loadTokenCounter();
  const texts = Array.from({ length: 250 }, (_, i) => textOf(seededRandom(i), 700));
  let total = 0;
  for (const text of texts) total += count(text); // first pass: fills the vocabulary's caches
  const began = performance.now();
  total = 0;
  for (let round = 0; round < 4; round++) for (const text of texts) total += count(text);
  const seconds = (performance.now() - began) / 1000;
  const poison = performance.now();
  count('a'.repeat(200_000));
  return {
    tokensPerSecond: Math.round(total / seconds),
    msFor200000LettersInARow: Math.round(performance.now() - poison),
  };
}

async function packing(): Promise<Record<string, number>> {
  const random = seededRandom(5);
  const sizes = Array.from({ length: 100_000 }, () =>
    Math.min(1500, Math.round(Math.exp(6.2 + 1.1 * (random.next() + random.next() + random.next() - 1.5)))),
  );
  const limits = { maxTokens: 6400, maxDocuments: 8 };
  const began = performance.now();
  const packs = planPacks(
    sizes.map((s) => s + DELIMITER_TOKENS),
    limits,
  );
  const ms = performance.now() - began;
  const sum = sizes.reduce((total, s) => total + s + DELIMITER_TOKENS, 0);
  const least = Math.max(Math.ceil(sum / limits.maxTokens), Math.ceil(sizes.length / limits.maxDocuments));
  return { documents: sizes.length, ms: Math.round(ms), calls: packs.length, callsAtLeast: least };
}

/** USD per 1,000 documents: packs of 8 against one document a call, the same documents, with and without prompt caching. */
async function cost(): Promise<Record<string, number>> {
  const count = await loadTokenCounter();
  const texts = Array.from({ length: 1000 }, (_, i) => textOf(seededRandom(i), 150));
  // A real taxonomy's descriptions are long; the static prompt must reach 1,024 tokens to be cached at all.
  const long = parseTaxonomy({
    name: 'bench-long',
    labels: Object.entries(TOPICS).map(([name, words]) => ({
      name,
      description: `Documents about ${words}. ${`Further cases of ${name}: ${words}. `.repeat(8)}`.slice(0, 1900),
    })),
  });
  const frame = frameFor(long, {}, count);
  const price = deploymentOf('').prices[0];
  if (price === undefined) throw new Error('the bench deployment has no price');
  const usd = (perCall: number, promptCaching: boolean): { usd: number; calls: number } => {
    const core = new SimulatorCore({
      seed: 1,
      clock: systemClock,
      countTokens: count,
      faults: {},
      deployments: {},
      deployment: { ...defaultDeploymentSettings, tpm: 1e12, rpm: 1e9, promptCaching },
    });
    for (let i = 0; i < texts.length; i += perCall)
      core.complete('bench', {
        model: 'bench',
        messages: [
          { role: 'system', content: frame.system },
          { role: 'user', content: documentsMessage(texts.slice(i, i + perCall)) },
        ],
        response_format: frame.responseFormat,
        max_completion_tokens: 4000,
      });
    const nano = core.billing.reduce(
      (sum, b) =>
        sum +
        costNano(price, {
          promptTokens: b.promptTokens,
          cachedTokens: b.cachedTokens,
          cacheWriteTokens: 0,
          completionTokens: b.completionTokens,
          reasoningTokens: 0,
        }),
      0n,
    );
    return { usd: Number(nano) / 1e9, calls: core.billing.length };
  };
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  return {
    staticPromptTokens: frame.overheadTokens,
    usdPer1000Packed: round(usd(8, false).usd),
    usdPer1000OnePerCall: round(usd(1, false).usd),
    usdPer1000PackedCached: round(usd(8, true).usd),
    usdPer1000OnePerCallCached: round(usd(1, true).usd),
    callsPacked: usd(8, false).calls,
    callsOnePerCall: usd(1, false).calls,
  };
}

/** Two processes, one quota, a minute. */
async function quota(): Promise<Record<string, number>> {
  const azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  const dfs = await startDfs(azurite);
  const simulator = await startOpenAiSimulator({
    tpm: TPM,
    rpm: RPM,
    window: 'sliding60',
    latencyMs: 600,
    msPerToken: 4,
    banner: false,
  });
  const workers: ChildProcess[] = [];
  try {
    await openLakeStore(
      { kind: 'connection-string', connectionString: dfs.connectionString },
      'bench',
    ).ensureContainer();
    for (const name of ['one', 'two'])
      workers.push(
        fork(import.meta.filename, [CHILD, name, dfs.connectionString, simulator.baseUrl], {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        }),
      );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const from = Date.now() + WARM_UP_MS;
    await systemClock.sleep(WARM_UP_MS + MEASURED_MS);
    const seen = simulator.core.admissions.filter((a) => a.at >= from && a.at < from + MEASURED_MS);
    const admitted = seen.filter((a) => a.admitted);
    const charged = admitted.reduce((sum, a) => sum + a.charge, 0);
    const billed = simulator
      .ledger()
      .filter((b) => b.at >= from && b.at < from + MEASURED_MS)
      .reduce((sum, b) => sum + b.promptTokens + b.completionTokens, 0);
    return {
      quotaUsedPercent: Math.round((charged / TPM) * 10_000) / 100,
      refusedPercent: Math.round(((seen.length - admitted.length) / Math.max(1, seen.length)) * 10_000) / 100,
      requests: seen.length,
      documents: simulator
        .ledger()
        .filter((b) => b.at >= from && b.at < from + MEASURED_MS)
        .reduce((sum, b) => sum + b.documents, 0),
      billedPercentOfCharged: Math.round((billed / charged) * 10_000) / 100,
    };
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    await simulator.close();
    await dfs.close();
    await azurite.close();
  }
}

/** A worker: three activities at a time, batch after batch, until it is ended. */
async function work(name: string, connectionString: string, baseUrl: string): Promise<void> {
  const connection = { kind: 'connection-string', connectionString } as const;
  const deps = {
    store: openLakeStore(connection, 'bench'),
    state: openStateTable(connection, 'benchstate'),
    clock: systemClock,
    random: seededRandom(name.length * 7919 + name.charCodeAt(0)),
    logger: silentLogger,
    deployments: [deploymentOf(baseUrl)],
    settings: { ...defaultLlmSettings, packDocuments: 6 },
    instanceId: name,
  };
  let next = 0;
  const activity = async (): Promise<never> => {
    for (;;) {
      const batchId = `${name}-${next++}`;
      const random = seededRandom(next * 31 + name.charCodeAt(0));
      const documents: LlmDocument[] = Array.from({ length: 60 }, (_, i) => ({
        id: `${batchId}-${i}`,
        contentSha256: '',
        text: `${batchId} ${i} ${textOf(random, 180)}`,
        topLabels: [],
      }));
      for (;;) {
        const outcome = await classifyDocuments(
          { runId: 'bench', batchId, taxonomy, documents, deadlineMs: Date.now() + 120_000 },
          deps,
        );
        if (outcome.status === 'done') break;
        await systemClock.sleep(Math.max(1, outcome.retryAt - Date.now()));
      }
    }
  };
  process.send?.('ready');
  await Promise.all([activity(), activity(), activity()]);
}

function textOf(random: Random, words: number): string {
  const topics = Object.values(TOPICS);
  const topic = (topics[Math.floor(random.next() * topics.length)] ?? '').split(' ');
  return Array.from({ length: words }, () => {
    const from = random.next() < 0.3 ? topic : FILLER;
    return from[Math.floor(random.next() * from.length)] ?? '';
  }).join(' ');
}

const [, , role, name, connectionString, baseUrl] = process.argv;
if (role === CHILD && name !== undefined && connectionString !== undefined && baseUrl !== undefined) {
  process.once('disconnect', () => process.exit(0)); // the parent has gone
  await work(name, connectionString, baseUrl);
}
