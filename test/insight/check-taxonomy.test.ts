import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TerminalError } from '../../shared/errors.ts';
import { checkTaxonomy, remarksOn } from '../../shared/insight/check-taxonomy.ts';
import { VectorCache } from '../../shared/models/encoder/vector-cache.ts';
import type { PipelineServices } from '../../shared/pipeline/services.ts';
import { silentLogger, systemClock } from '../../shared/ports.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { IdeaEncoder } from '../fakes/idea-encoder.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const label = (name: string, description: string) => ({ name, description });
const bills = label('Invoices', 'Bills of suppliers, amounts due, bank details, payment terms.');
const contracts = label('Contracts', 'Agreements, obligations of the parties, governing law, signatures.');
const vendors = label('Faktura', 'Faktura vom Lieferant, Zahlung fällig auf Konto.');
const letters = label('Complaints', 'Letters of unhappy customers, refunds, damage.');
const taxonomy = (...labels: ReturnType<typeof label>[]) => ({ name: 't', labels });

test('check: a description that says no more than its name is told; what does not belong counts for nothing', () => {
  const thin = label('Travel', 'Travel. Not invoices, contracts, tickets or anything that accounting files elsewhere.');
  expect(remarksOn([bills, contracts, thin])).toEqual([{ kind: 'thin', label: 'Travel', words: 0 }]);
  expect(remarksOn([bills, label('契約', '会社の間の合意と義務、準拠法、署名。')])).toEqual([]);
});

test('check: two labels with the same words are told, the worst first, and each pair once', () => {
  const twin = label('Bills', 'Bills of suppliers, amounts due, bank details, payment terms.');
  const near = label('Reminders', 'Bills of suppliers, amounts due, payment terms, late.');
  const remarks = remarksOn([bills, contracts, near, twin]);
  expect(remarks).toMatchObject([
    { kind: 'same', labels: ['Invoices', 'Bills'], by: 'words' },
    { kind: 'alike', labels: ['Reminders', 'Bills'] },
    { kind: 'alike', labels: ['Invoices', 'Reminders'] },
  ]);
});

test('check: two hundred labels of the same words give a bounded list', () => {
  const many = Array.from({ length: 200 }, (_, i) => label(`L${i}`, 'the very same words everywhere about nothing'));
  expect(remarksOn(many)).toHaveLength(50);
});

function withEncoder(encoder: IdeaEncoder): Pick<PipelineServices, 'encoders' | 'logger'> {
  const vectors = new VectorCache(new MemoryLake(), encoder, systemClock);
  return {
    logger: silentLogger,
    encoders: { current: async () => encoder.version, open: async () => ({ encoder, vectors }) },
  };
}
const ideas = [
  ['bills', 'invoices', 'faktura'],
  ['suppliers', 'lieferant'],
  ['payment', 'zahlung', 'amounts'],
  ['bank', 'konto'],
  ['agreements', 'contracts'],
  ['obligations'],
  ['law'],
  ['complaints', 'unhappy', 'damage'],
];

test('check: an encoder hears that two labels mean the same though they share no word', async () => {
  const check = await checkTaxonomy(withEncoder(new IdeaEncoder(ideas)), taxonomy(bills, contracts, letters, vendors));
  expect(check).toMatchObject({ encoder: 'ideas-00000001', encoderFailure: null, labels: 4 });
  expect(check.remarks).toMatchObject([{ kind: 'same', labels: ['Invoices', 'Faktura'], by: 'encoder' }]);
  expect((await checkTaxonomy({ logger: silentLogger }, taxonomy(bills, contracts, letters, vendors))).remarks).toEqual(
    [],
  );
});

test('check: an encoder that fails is told by its code and words are compared; three labels need none', async () => {
  const encoder = new IdeaEncoder(ideas);
  expect(await checkTaxonomy(withEncoder(encoder), taxonomy(bills, contracts, bills2))).toMatchObject({
    encoder: null,
  });
  expect(encoder.seen).toEqual([]);
  encoder.failure = new TerminalError('encoder.bad-output', 'gave NaN');
  const check = await checkTaxonomy(withEncoder(encoder), taxonomy(bills, contracts, letters, bills2));
  expect(check).toMatchObject({ encoder: null, encoderFailure: 'encoder.bad-output' });
  expect(check.remarks).toMatchObject([{ kind: 'same', labels: ['Invoices', 'Bills'], by: 'words' }]);
});
const bills2 = label('Bills', bills.description);

test('check: labels that an encoder cannot tell apart at all are told as such', async () => {
  const deaf = new IdeaEncoder([]);
  const { remarks } = await checkTaxonomy(withEncoder(deaf), taxonomy(bills, contracts, letters, vendors));
  expect(remarks.map(({ kind }) => kind)).toEqual(Array(6).fill('same'));
});

test('check: the labels of the demo have no remark', () => {
  const file = join(import.meta.dirname, '../../samples/taxonomy.json');
  expect(existsSync(file)).toBe(true);
  expect(remarksOn(parseTaxonomy(JSON.parse(readFileSync(file, 'utf8'))).labels)).toEqual([]);
});
