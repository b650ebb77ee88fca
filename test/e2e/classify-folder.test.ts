import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { firstStart, preparedFolder, sharedCloud } from './cloud.ts';
import { command, conserves, parseDocument, sluice, temporaryFolder } from './sluice.ts';

const data = await sharedCloud();
const folder = temporaryFolder('documents');
afterAll(() => folder.remove());

const start = (...args: string[]) => command(['start', ...args, '--once', '--json', '--data', data.path]);

test('start: an empty folder is a completed run without documents', async () => {
  const { run } = await firstStart();
  expect(parseDocument(run)).toMatchObject({
    documents: 0,
    labelled: 0,
    review: 0,
    failed: 0,
    costUsd: 0,
    results: [],
  });
}, 120_000);

test('start: every document of a mixed folder ends in exactly one row, bad ones with their code; a second start joins the run', async () => {
  const mixed = join(folder.path, 'mixed');
  mkdirSync(join(mixed, 'Müller & Söhne #1', 'deep'), { recursive: true });
  writeFileSync(
    join(mixed, 'vat.txt'),
    'The VAT return for the third quarter claims input tax on intra-community supplies.',
  );
  writeFileSync(
    join(mixed, 'copy of vat.txt'),
    'The VAT return for the third quarter claims input tax on intra-community supplies.',
  );
  writeFileSync(
    join(mixed, 'Müller & Söhne #1', 'deep', '100 % ?+=.md'),
    '# Invoice 4711\n\nTotal amount due EUR 1,190.00, payable in 30 days.',
  );
  writeFileSync(join(mixed, 'empty.txt'), '');
  writeFileSync(join(mixed, 'broken.pdf'), '%PDF-1.7\nthis is not a pdf');
  writeFileSync(join(mixed, 'noise.bin'), Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 256)));
  const first = await start(mixed);
  expect(first.code, first.stderr).toBe(0);
  const document = parseDocument(first);
  expect(conserves(document)).toBe(true);
  expect(document.documents).toBe(6);
  const codes = Object.fromEntries(
    document.results
      .filter((r) => r.status === 'failed')
      .map((r) => [String(r.source_path).split('/').at(-1), r.failure_code]),
  );
  expect(codes['empty.txt']).toBe('extract.empty');
  expect(codes['broken.pdf']).toBe('extract.corrupt');
  expect(codes['noise.bin']).toBe('extract.unsupported');
  const byName = new Map(document.results.map((r) => [String(r.source_path).split('/').at(-1), r]));
  const pair = [byName.get('vat.txt'), byName.get('copy of vat.txt')];
  expect(pair[0]?.label).toBe(pair[1]?.label);
  if (pair[0]?.status === 'labelled') expect(pair.map((r) => r?.decided_by)).toContain('duplicate');
  expect(byName.get('100 % ?+=.md')?.status).not.toBe('failed');

  const again = parseDocument(await start(mixed));
  expect(again).toEqual(document);

  const query = await command([
    'query',
    `select status, count(*) as n from results where run_id = '${document.runId}' group by 1 order by 1`,
    '--json',
    '--data',
    data.path,
  ]);
  expect(query.code, query.stderr).toBe(0);
  const counts = JSON.parse(query.stdout) as { status: string; n: number }[];
  expect(counts.reduce((sum, row) => sum + row.n, 0)).toBe(6);
}, 180_000);

test('start: wrong usage ends with code 2 and says what to do, a failing command with 1', async () => {
  const missing = await command(['start', join(folder.path, 'nowhere'), '--once', '--json', '--data', data.path]);
  expect(missing.code).toBe(2);
  expect(JSON.parse(missing.stdout).error).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('does not exist'),
  });
  const told = await command(['start', join(folder.path, 'nowhere'), '--once', '--data', data.path]);
  expect([told.code, told.stdout, told.stderr]).toEqual([2, '', expect.stringContaining('does not exist')]);
  const unknown = await sluice(['start', '--frobnicate']);
  expect(unknown.code).toBe(2);
  const broken = await command(['query', 'select broken from nowhere', '--data', data.path]);
  expect(broken.code).toBe(1);
}, 120_000);

test('every command explains itself', async () => {
  const all = await sluice(['--help']);
  const commands = [...all.stdout.matchAll(/^ {2}([a-z-]+) .*/gm)]
    .map((m) => m[1] ?? '')
    .filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(15);
  for (const name of commands) {
    const help = await command([name, '--help']);
    expect(help.code, name).toBe(0);
    expect(help.stdout).toContain('Usage: sluice');
  }
}, 60_000);

test('no log holds a word of a document', async () => {
  const marked = join(folder.path, 'marked');
  mkdirSync(marked);
  const marker = 'Quokkafeather';
  writeFileSync(join(marked, 'plain.txt'), `Invoice of ${marker} Ltd, amount due in thirty days`);
  writeFileSync(join(marked, 'broken.docx'), Buffer.from(`PK\u0003\u0004 ${marker}`));
  writeFileSync(join(marked, 'page.html'), `<p>${marker} customs duty</p><script>${marker}</script>`);
  const run = await start(marked);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).not.toContain(marker);
  const logs = readdirSync(data.path).filter((name) => name.endsWith('.log'));
  expect(logs).toEqual(expect.arrayContaining(['host.log', 'simulator.log', 'storage.log']));
  for (const log of logs) expect(readFileSync(join(data.path, log), 'utf8'), log).not.toContain(marker);
  expect(readFileSync(join(data.path, 'host.log'), 'utf8')).toContain('run.completed');
}, 120_000);

test('three starts at once, two of them in one data folder, do not disturb each other', async () => {
  const small = join(folder.path, 'small');
  mkdirSync(small);
  writeFileSync(join(small, 'a.txt'), 'Customs duty on imported goods');
  const [one, other] = [temporaryFolder('one'), await preparedFolder('other')];
  const args = ['start', small, '--once', '--json', '--data'];
  const runs = await Promise.all([
    sluice([...args, one.path]),
    sluice([...args, one.path]),
    sluice([...args, other.path]),
  ]);
  expect(runs.map((run) => run.code)).toEqual([0, 0, 0]);
  for (const run of runs) expect(parseDocument(run).documents).toBe(1);
  for (const used of [one, other]) used.remove();
}, 180_000);
