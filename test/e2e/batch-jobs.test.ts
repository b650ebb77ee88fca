// A run by the Batch API, as a user starts it: command line, compiled host, real storage, the simulator's files and jobs.
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { afterAll, expect, test } from 'vitest';
import { type OpenAiSimulator, startOpenAiSimulator } from '../../local/emulators/openai.ts';
import { type OwnCloud, startOwnCloud } from './cloud.ts';
import { command } from './sluice.ts';

let cloud: OwnCloud | undefined;
let simulator: OpenAiSimulator | undefined;
afterAll(async () => {
  await cloud?.remove();
  await simulator?.close();
});

test('a run with --mode batch asks by jobs, and its ledger equals the bill at the price of jobs', async () => {
  simulator = await startOpenAiSimulator({ port: 0, tpm: 3_000_000, rpm: 60_000, banner: false, batch: { jobMs: 0 } });
  const pool = [
    {
      name: 'sim',
      baseUrl: simulator.baseUrl,
      auth: 'none',
      tpm: 3_000_000,
      rpm: 60_000,
      prices: [{ input: 0.4, cached: 0.1, output: 1.6 }],
      batch: { model: 'sim-batch', priceShare: 0.5, enqueuedTokens: 1_000_000 },
    },
  ];
  cloud = await startOwnCloud('batch-jobs', {
    LLM_DEPLOYMENTS: JSON.stringify(pool),
    ACCEPT_THRESHOLD: '1', // so that the LLM is asked about all of them
    BATCH_MAX_DOCUMENTS: '20',
  });
  const { path, state } = cloud;
  const imports = DataLakeServiceClient.fromConnectionString(state.lake).getFileSystemClient('imports');
  for (let i = 0; i < 50; i++)
    await imports
      .getFileClient(`in/${i}.txt`)
      .upload(Buffer.from(`Customs declaration, tariff heading and duty on consignment ${i * 7919}.`));
  const args = ['run', 'in', '--container', 'imports', '--mode', 'batch', '--max-cost', '1', '--json', '--data', path];
  const run = await command(args);
  expect(run.code, run.stderr).toBe(0);
  const query = async (sql: string) => {
    const { stdout, stderr, code } = await command(['query', sql, '--json', '--data', path]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>[];
  };
  expect(await query('select count(*) n, count(distinct document_id) d from results')).toEqual([{ n: 50, d: 50 }]);
  const calls = await query(
    "select count(*) as n, count(*) filter (where service_tier <> 'batch') as live, sum(cost_nano_usd)::bigint as cost from llm_calls",
  );
  const bill = simulator.ledger();
  const cost = bill.reduce(
    (sum, b) => sum + (b.promptTokens - b.cachedTokens) * 200 + b.cachedTokens * 50 + b.completionTokens * 800,
    0,
  );
  expect(bill.length).toBeGreaterThan(0);
  expect(calls).toEqual([{ n: bill.length, live: 0, cost }]);
}, 180_000);
