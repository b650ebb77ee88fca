// Decisions in bulk, against an API that answers as ours does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { queryOf } from '../../cli/at-lake.ts';
import type { DecideOptions } from '../../cli/commands/decision-request.ts';
import { decideCommand } from '../../cli/commands/review.ts';
import { uploadCommand } from '../../cli/commands/upload.ts';

/** Of a document that somebody decides between the look and the decision. */
const TAKEN = '7'.repeat(64);
const root = mkdtempSync(join(tmpdir(), 'sluice-decide-'));
const asked: { path: string; key: unknown; body: string }[] = [];
let fitting: { documentId: string; decidedBy: string | null; path: string; archivePath?: string }[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    if (request.url?.startsWith('/api/results?')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ results: fitting, next: null }));
      return;
    }
    const body = Buffer.concat(parts).toString('utf8');
    asked.push({ path: `${request.method} ${request.url}`, key: request.headers['x-functions-key'], body });
    const { decisions = [] } = (/^[{]/.test(body) ? JSON.parse(body) : {}) as {
      decisions?: { documentId: string; label: string }[];
    };
    if (decisions.some(({ label }) => label === 'breaks')) return void response.writeHead(500).end();
    const states: Record<string, string> = { gone: 'refused', old: 'unchanged' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        decisions: decisions.map((each) => ({
          ...each,
          state: states[each.label] ?? 'decided',
          message: each.label === 'gone' ? 'label: is not a label' : null,
          ...(each.documentId === TAKEN ? { state: 'refused', code: 'review.decided-by-person' } : {}),
        })),
      }),
    );
  });
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

/** What a command writes to stdout, and how it ends. */
async function printed(work: () => Promise<void>): Promise<{ stdout: string; error: string | undefined }> {
  let stdout = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const error = await work().then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  write.mockRestore();
  return { stdout, error };
}

test('decide --from: every row is sent, those that are refused are told with their line and keep nobody', async () => {
  const file = join(root, 'decisions.csv');
  const id = (digit: string) => digit.repeat(64);
  writeFileSync(
    file,
    `document_id,label\n${id('a')},new\n${id('b')},gone\n${id('c')},old\nnot-an-id,new\n${id('d')},\n${id('e')},new\n`,
  );
  const { stdout, error } = await printed(() =>
    decideCommand(undefined, undefined, { data: 'none', json: true, url, key: 'k', from: file }),
  );
  expect(JSON.parse(stdout)).toMatchObject({
    decided: 2,
    unchanged: 1,
    open: 1, // of a table that is not filled in to its end
    refused: [
      { line: 5, documentId: 'not-an-id' },
      { line: 3, documentId: id('b'), reason: 'label: is not a label' },
    ],
  });
  expect(error).toContain('2 row(s)');
  expect(asked.map(({ path, key }) => [path, key])).toEqual([
    ['POST /api/feedback/batch', 'k'],
    ['GET /api/models/training-offer', 'k'], // is it time for a training?
  ]);
});

const chosen = (as: string, more: object = {}) =>
  ({ data: 'none', json: true, url, as, status: 'labelled', yes: true, ...more }) as DecideOptions;
const sent = () =>
  asked.flatMap(({ path, body }) =>
    path === 'POST /api/feedback/batch' ? [JSON.parse(body) as { decisions: object[]; batchId: string }] : [],
  );

test('decide --as: what people have decided is left alone and told, however late they did; --overrule-people decides it too', async () => {
  asked.length = 0;
  const id = (digit: string) => digit.repeat(64);
  fitting = [
    { documentId: id('1'), decidedBy: 'model', path: 'a' },
    { documentId: id('2'), decidedBy: 'human', path: 'b' },
    { documentId: TAKEN, decidedBy: 'llm', path: 'c' },
    { documentId: id('3'), decidedBy: 'model', path: 'd' },
    { documentId: id('3'), decidedBy: 'human', path: 'd' }, // of a run: every row of it
  ];
  const shown = await printed(() => decideCommand(undefined, undefined, chosen('new', { yes: false })));
  expect(JSON.parse(shown.stdout)).toEqual({
    label: 'new',
    documents: [id('1'), TAKEN],
    byPeople: [id('2'), id('3')],
  });
  expect(asked).toEqual([]);
  const careful = await printed(() => decideCommand(undefined, undefined, chosen('new')));
  expect(careful.error).toBeUndefined();
  expect(JSON.parse(careful.stdout)).toMatchObject({ decided: 1, refused: [], byPeople: [id('2'), id('3'), TAKEN] });
  expect(sent()[0]?.decisions).toEqual(
    [id('1'), TAKEN].map((documentId) => ({ documentId, label: 'new', unlessPerson: true })),
  );
  asked.length = 0;
  await printed(() => decideCommand(undefined, undefined, chosen('new', { overrulePeople: true })));
  expect(sent()[0]?.decisions).toEqual(
    [id('1'), id('2'), TAKEN, id('3')].map((documentId) => ({ documentId, label: 'new' })),
  );
});

test('decide --as: of a document within another the choice shows its own name too', async () => {
  fitting = [{ documentId: '1'.repeat(64), decidedBy: 'llm', path: 'in/mail.eml', archivePath: 'offer.pdf' }];
  const shown = await printed(() => decideCommand(undefined, undefined, chosen('new', { yes: false, json: false })));
  expect(shown.stdout).toContain('in/mail.eml › offer.pdf');
});

test('decide: where the app breaks down in the middle, the way back is told', async () => {
  asked.length = 0;
  fitting = [{ documentId: '1'.repeat(64), decidedBy: 'model', path: 'a' }];
  let told = '';
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  const { error } = await printed(() => decideCommand(undefined, undefined, chosen('breaks')));
  write.mockRestore();
  expect(error).toContain('500');
  expect(told).toContain(`sluice decide --undo ${sent()[0]?.batchId}`);
});

test('decide: a document needs a label, and excludes --from', async () => {
  const options = { data: 'none', json: false };
  await expect(decideCommand('a'.repeat(64), undefined, options)).rejects.toThrow('name a document and its label');
  for (const stray of [{ similarity: 0.7 }, { in: 'text' }])
    await expect(decideCommand(undefined, undefined, chosen('x', { status: undefined, ...stray }))).rejects.toThrow(
      /--(similarity|in) needs/,
    );
  await expect(decideCommand('a'.repeat(64), 'x', { ...options, from: 'f.csv' })).rejects.toThrow('exclude each other');
});

test('upload --url: the file goes up under its name, however it is written', async () => {
  asked.length = 0;
  const file = join(root, 'ä #1 %.txt');
  writeFileSync(file, 'content');
  const { stdout, error } = await printed(() =>
    uploadCommand([file], { data: 'none', json: true, url, prefix: 'in box' }),
  );
  expect([error, JSON.parse(stdout)]).toEqual([undefined, { container: 'landing', uploaded: ['in box/ä #1 %.txt'] }]);
  expect(asked.map(({ path, body }) => [path, body])).toEqual([
    ['PUT /api/uploads/landing/in%20box/%C3%A4%20%231%20%25.txt', 'content'],
  ]);
});

test('a query names what is given and nothing else', () => {
  expect(queryOf({ a: undefined })).toBe('');
  expect(queryOf({ label: 'a & b', days: 3, b: undefined })).toBe('?label=a+%26+b&days=3');
});
