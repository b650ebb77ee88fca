// Benchmark of the shared quota: two whole local hosts (functions, durable runs, pipeline) on one storage account and one endpoint, a minute in real time.
// The endpoint is the simulator, which counts what it admits: use of the quota is measured where it is enforced.
// Aims: >= 97 % of the charged quota used with < 0.5 % refusals, both hosts busy from the first second of the minute to the last.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ApiClient } from '../cli/api-client.ts';
import { type Child, startChild } from '../cli/child.ts';
import { type OpenAiSimulator, startOpenAiSimulator } from '../local/emulators/openai.ts';
import type { RunStatus } from '../shared/api/runs.ts';
import { openLakeStore } from '../shared/lake/store.ts';
import { publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import { type Random, seededRandom, systemClock } from '../shared/ports.ts';

const TPM = 300_000;
const RPM = 3000;
/** After the first request: processes begin with few calls in flight and have all after 30 s. */
const WARM_UP_MS = 35_000;
const MEASURED_MS = 60_000;
/** More than the quota lets through until the end of the measurement. */
const DOCUMENTS_PER_HOST = 2400;
const WORDS_PER_DOCUMENT = 180;

const TOPICS: Record<string, string> = {
  Invoices:
    'invoice number supplier customer purchase order quantity unit price subtotal total amount due payment terms bank account',
  Contracts:
    'agreement parties recitals obligations fees term termination notice warranties indemnity liability governing law',
  Customs:
    'import export declaration tariff classification commodity code customs value origin duty drawback bonded warehouse',
  Payroll:
    'wage tax payroll social security contributions employer employee payslip benefits in kind bonus share options',
};
const FILLER =
  'we refer to your letter of last month and enclose the papers that you asked for please let us have your comments before the end of the week'.split(
    ' ',
  );

interface StorageReady {
  ready: true;
  lake: string;
  webJobsStorage: string;
}
interface HostReady {
  ready: true;
  port: number;
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-llm-hosts-'));
  const children: Child<{ ready: true }>[] = [];
  const simulator = await startOpenAiSimulator({
    tpm: TPM,
    rpm: RPM,
    window: 'sliding60',
    latencyMs: 600,
    msPerToken: 4,
    banner: false,
  });
  try {
    const storage = await startChild<StorageReady>('local/emulators/main', ['--folder', join(folder, 'storage')], {
      logFile: join(folder, 'storage.log'),
    });
    children.push(storage);
    await prepare(storage.ready.lake);
    const clients: ApiClient[] = [];
    for (const name of HOSTS) {
      const host = await startHost(folder, name, storage.ready, simulator.baseUrl);
      children.push(host);
      clients.push(new ApiClient(`http://127.0.0.1:${host.ready.port}`));
    }
    const report = await measure(clients, simulator);
    if (options.json) process.stdout.write(`${JSON.stringify({ bench: 'llm-hosts', ...report })}\n`);
    else for (const [what, value] of Object.entries(report)) process.stdout.write(`${what.padEnd(44)} ${value}\n`);
  } finally {
    for (const child of children.reverse()) await child.stop();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const HOSTS = ['one', 'two'];

/** Taxonomy and one data set per host. */
async function prepare(connectionString: string): Promise<void> {
  const connection = { kind: 'connection-string', connectionString } as const;
  const lake = openLakeStore(connection, 'lake');
  const imports = openLakeStore(connection, 'imports');
  for (const store of [lake, imports, openLakeStore(connection, 'landing')]) await store.ensureContainer();
  const labels = Object.entries(TOPICS).map(([name, words]) => ({ name, description: `Documents about ${words}.` }));
  await publishTaxonomy(lake, { name: 'bench', labels });
  for (const [index, name] of HOSTS.entries()) {
    const random = seededRandom(index + 1);
    const rows = Array.from({ length: DOCUMENTS_PER_HOST }, (_, i) =>
      JSON.stringify({ text: `${name} ${i} ${textOf(random)}` }),
    );
    await imports.write(`${name}.jsonl`, rows.join('\n'));
  }
}

function startHost(folder: string, name: string, storage: StorageReady, baseUrl: string): Promise<Child<HostReady>> {
  const project = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..');
  const flags = ['--app-dir', project, '--port', '0', '--hub', join(folder, `${name}.sqlite`)];
  return startChild<HostReady>('local/host/main', flags, {
    logFile: join(folder, `${name}.log`),
    env: {
      INSTANCE_ID: name,
      LAKE: storage.lake,
      AzureWebJobsStorage: storage.webJobsStorage,
      UPLOAD_TRIGGER_SOURCE: 'LogsAndContainerScan',
      OPENAI_BASE_URL: baseUrl,
      OPENAI_MODEL: 'bench',
      OPENAI_API_KEY: 'none',
      LLM_INPUT_USD_PER_MTOK: '0.4',
      LLM_OUTPUT_USD_PER_MTOK: '1.6',
      LLM_TPM: String(TPM),
      LLM_RPM: String(RPM),
      BATCH_MAX_DOCUMENTS: '60',
      NEAR_DUPLICATES: 'off',
    },
  });
}

async function measure(clients: readonly ApiClient[], simulator: OpenAiSimulator): Promise<Record<string, number>> {
  const runs = await Promise.all(
    clients.map((client, i) =>
      client.startRun({ source: { kind: 'dataset', container: 'imports', path: `${HOSTS[i]}.jsonl` } }),
    ),
  );
  const statuses = () => Promise.all(clients.map((client, i) => client.run(runs[i]?.runId ?? '')));
  while (simulator.core.admissions.length === 0) await systemClock.sleep(200);
  await systemClock.sleep(WARM_UP_MS);
  const before = await statuses();
  const from = Date.now();
  await systemClock.sleep(MEASURED_MS);
  const to = from + MEASURED_MS;
  const after = await statuses();
  for (const [i, status] of [...before, ...after].entries())
    if (status.endedAt !== null) throw new Error(`host ${HOSTS[i % 2]} was not busy to the end: ${status.state}`);
  const asked = HOSTS.map((_, i) => (after[i] as RunStatus).asked - (before[i] as RunStatus).asked);
  if (asked.some((count) => count === 0)) throw new Error(`one host asked nothing: ${asked.join(' and ')} documents`);
  const seen = simulator.core.admissions.filter((a) => a.at >= from && a.at < to);
  const admitted = seen.filter((a) => a.admitted);
  const bills = simulator.ledger().filter((b) => b.at >= from && b.at < to);
  const charged = admitted.reduce((sum, a) => sum + a.charge, 0);
  const billed = bills.reduce((sum, b) => sum + b.promptTokens + b.completionTokens, 0);
  const percent = (share: number) => Math.round(share * 10_000) / 100;
  return {
    quotaUsedPercent: percent(charged / (TPM * (MEASURED_MS / 60_000))),
    refusedPercent: percent((seen.length - admitted.length) / Math.max(1, seen.length)),
    requests: seen.length,
    documents: bills.reduce((sum, b) => sum + b.documents, 0),
    documentsOfHostOne: asked[0] ?? 0,
    documentsOfHostTwo: asked[1] ?? 0,
    billedPercentOfCharged: percent(billed / charged),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    processors: cpus().length,
  };
}

function textOf(random: Random): string {
  const topics = Object.values(TOPICS);
  const topic = (topics[Math.floor(random.next() * topics.length)] ?? '').split(' ');
  return Array.from({ length: WORDS_PER_DOCUMENT }, () => {
    const from = random.next() < 0.3 ? topic : FILLER;
    return from[Math.floor(random.next() * from.length)] ?? '';
  }).join(' ');
}
