import { expect, test } from 'vitest';
import { elementsOf, isQuoteOf, labelIndex, labelProbabilities, readResults } from '../../shared/llm/answer.ts';
import fc from '../fakes/property.ts';

const labels = labelIndex(
  ['A', 'B', 'C'],
  [{ name: 'Invoices', aliases: ['bill'] }, { name: 'Contracts' }, { name: 'Douane générale' }],
);
const texts = ['Invoice 7, total due 100 EUR', 'This Agreement binds the parties', 'third'];
const element = (id: unknown, label: unknown, confidence: unknown = 90, quote: unknown = null) => ({
  id,
  quote,
  label,
  confidence,
});
const content = (...results: unknown[]) => JSON.stringify({ results });

test('results are matched by id, in whatever order they come', () => {
  const { found } = readResults(content(element(3, 'C'), element(1, 'A'), element(2, 'B')), texts, labels);
  expect([1, 2, 3].map((id) => found.get(id)?.label)).toEqual([0, 1, 2]);
});

test('ids may come as text; unknown ids are dropped and counted', () => {
  const read = readResults(
    content(element('2', 'B'), element(9, 'A'), element(-1, 'A'), element(1.5, 'A')),
    texts,
    labels,
  );
  expect([...read.found.keys()]).toEqual([2]);
  expect(read.unknownIds).toBe(3);
});

test('an answer that counts from 0 is read so when it is whole; when it may be either way nothing of it counts', () => {
  const labelsOf = (...ids: number[]) => {
    const { found } = readResults(content(...ids.map((id) => element(id, 'ABC'[id] ?? 'C'))), texts, labels);
    return [1, 2, 3].map((id) => found.get(id)?.label);
  };
  expect(labelsOf(0, 1, 2)).toEqual([0, 1, 2]);
  expect(labelsOf(0, 1)).toEqual([undefined, undefined, undefined]);
  expect(labelsOf(0, 3)).toEqual([undefined, undefined, 2]); // counted from 1, and one result too many
});

test('two different labels for one id are no answer; the same twice is one', () => {
  const read = readResults(
    content(element(1, 'A'), element(1, 'B'), element(2, 'B'), element(2, 'B', 10)),
    texts,
    labels,
  );
  expect(read.found.has(1)).toBe(false);
  expect(read.found.get(2)?.confidence).toBe(0.9);
  expect(read.conflicts).toBe(1);
});

test('labels are found by code, name or alias in any case and Unicode form; others are missing', () => {
  const read = readResults(
    content(element(1, ' BILL '), element(2, 'douane générale'), element(3, 'Other')),
    texts,
    labels,
  );
  expect(read.found.get(1)?.label).toBe(0);
  expect(read.found.get(2)?.label).toBe(2);
  expect(read.found.has(3)).toBe(false);
  expect(readResults(content(element(1, 'UNSURE')), texts, labels).found.get(1)?.label).toBeNull();
});

test('confidence is held to 0..1; without one there is no answer', () => {
  const read = readResults(content(element(1, 'A', 250), element(2, 'B', -5), element(3, 'C', 'x')), texts, labels);
  expect(read.found.get(1)?.confidence).toBe(1);
  expect(read.found.get(2)?.confidence).toBe(0);
  expect(read.found.has(3)).toBe(false);
});

test('a quote that is not in the document is dropped and said to be', () => {
  const read = readResults(
    content(element(1, 'A', 90, 'TOTAL   due 100'), element(2, 'B', 90, 'binds the vendors')),
    texts,
    labels,
  );
  expect(read.found.get(1)).toMatchObject({ quote: 'TOTAL   due 100', quoteVerified: true });
  expect(read.found.get(2)).toMatchObject({ quote: null, quoteVerified: false });
  expect(isQuoteOf('“the arm’s length—price”', 'see "the arm\'s length-price" there')).toBe(true);
  expect(isQuoteOf('', 'x')).toBe(false);
});

test('cut JSON gives its complete elements, however it is cut', () => {
  const whole = content(element(1, 'A', 90, 'a "quoted" {brace} \\ slash'), element(2, 'B'), element(3, 'C'));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
      const { elements, isWhole } = elementsOf(whole.slice(0, length));
      expect(isWhole).toBe(false);
      expect(elements).toEqual(JSON.parse(whole).results.slice(0, elements.length));
    }),
  );
  expect(elementsOf(whole.slice(0, -2)).elements.length).toBe(3);
  expect(elementsOf(whole.slice(0, -4)).elements.length).toBe(2);
});

test('any text at all is read without an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void readResults(text, texts, labels)),
  );
  fc.assert(
    fc.property(
      fc.jsonValue(),
      (value) => void readResults(JSON.stringify({ results: [value, value] }), texts, labels),
    ),
  );
});

test('JSON inside prose and code fences is found', () => {
  expect(readResults(`Sure!\n\`\`\`json\n${content(element(1, 'A'))}\n\`\`\``, texts, labels).found.size).toBe(1);
});

test('label probabilities come from the tokens that spell the label', () => {
  const text = '{"results":[{"id":1,"quote":null,"label":"A","confidence":90}]}';
  const at = text.indexOf('"A"') + 1;
  const tokens = [
    { token: text.slice(0, at), logprob: -0.5 },
    { token: 'A', logprob: Math.log(0.8) },
    { token: text.slice(at + 1), logprob: -0.3 },
  ];
  expect(labelProbabilities(text, tokens)[0]).toBeCloseTo(0.8);
  expect(readResults(text, texts, labels, labelProbabilities(text, tokens)).found.get(1)?.confidence).toBeCloseTo(0.8);
  expect(labelProbabilities(text, tokens.slice(1))).toEqual([]);
  expect(labelProbabilities(text, 'nonsense')).toEqual([]);
});
