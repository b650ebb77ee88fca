import { expect, test } from 'vitest';
import type { Row } from '../../shared/lake/tables.ts';
import { teachingOrder } from '../../shared/review/teaching-order.ts';
import { germanLetters, LETTER_LABELS } from '../fakes/german-letters.ts';
import fc from '../fakes/property.ts';

const row = (id: string, label: string | null, best: number, next: number, text = id, model: string | null = 'v1') => ({
  document_id: id,
  label,
  model_version: model,
  content_sha256: text,
  top_labels_json: JSON.stringify([{ probability: best }, { probability: next }]),
  text,
});
const order = (rows: ReturnType<typeof row>[]) =>
  teachingOrder(rows, (one) => String(one.text)).map(({ document_id: id }) => id);

test('teaching order: the least certain of each likely label in turn', () => {
  const rows = [
    row('a1', 'VAT', 0.5, 0.4),
    row('a2', 'VAT', 0.41, 0.4),
    row('a3', 'VAT', 0.9, 0.05),
    row('b1', 'Customs', 0.8, 0.1),
    row('none', null, 0, 0),
  ];
  expect(order(rows)).toEqual(['none', 'a2', 'b1', 'a1', 'a3']);
});

test('teaching order: of texts that nearly repeat each other one comes before all others, and copies are not lost', () => {
  const letter = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
  const rows = [
    row('first', 'VAT', 0.4, 0.4, letter),
    row('near', 'VAT', 0.41, 0.4, `${letter} postscript`),
    row('other', 'VAT', 0.8, 0.1, 'something else entirely'),
    row('equal', 'Customs', 0.4, 0.4, letter),
  ];
  expect(order(rows)).toEqual(['first', 'other', 'equal', 'near']);
});

test('teaching order: every document comes once', () => {
  const any = fc.array(
    fc.tuple(
      fc.constantFrom('VAT', 'Customs', null),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom('a b', 'c d', ''),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(any, (given) => {
      const rows = given.map(([label, p, text], i) => row(String(i), label, p, p / 2, text));
      expect(order(rows).toSorted()).toEqual(rows.map(({ document_id: id }) => id).toSorted());
    }),
  );
});

test('teaching order: where no model has scored, every kind of letter is met early, rare ones too, and what is decided is not asked again', () => {
  const letters = germanLetters(200, 3);
  const rows = letters.map(({ text }, i) => row(String(i), null, 0, 0, text, null));
  const kinds = order(rows)
    .slice(0, 30)
    .map((id) => letters[Number(id)]?.label);
  const fewest = Math.min(...LETTER_LABELS.map((label) => kinds.filter((kind) => kind === label).length));
  expect(fewest).toBeGreaterThanOrEqual(3);

  const [first = ''] = order(rows);
  const rest = rows.filter(({ document_id: id }) => id !== first);
  const textOf = (one: Row) => String(one.text);
  const goesOn = teachingOrder(rest, textOf, [letters[Number(first)]?.text ?? '']);
  expect(goesOn.map(({ document_id: id }) => id)).toEqual(order(rows).slice(1));
  const asked = teachingOrder(rows, textOf, [letters[Number(first)]?.text ?? '']);
  expect(asked.at(-1)?.document_id).toBe(first);
});
