import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { defaultLexicalSettings } from '../../shared/features/lexical.ts';
import { WEIGHINGS } from '../../shared/features/weigh.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import { openBundle } from '../../shared/models/loaded-model.ts';
import { refusalToPromote } from '../../shared/models/promotion.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { evaluate } from '../../shared/training/evaluate.ts';
import { groupTexts, labelsOfOneText, splitRows } from '../../shared/training/splits.ts';
import { isFolded } from '../../shared/training/text-trainer.ts';
import {
  type Example,
  type TrainedBundle,
  type TrainInput,
  type TrainOptions,
  train,
} from '../../shared/training/train.ts';
import { IdeaEncoder } from '../fakes/idea-encoder.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const deps: TrainInput['deps'] = {
  clock: { ...systemClock, now: () => 0 },
  random: seededRandom(1),
  logger: silentLogger,
};
const TAX = join(import.meta.dirname, '../../../shared/data/text/tax_seed.jsonl.gz');

const WORDS: Record<string, string[]> = {
  invoice: ['invoice', 'amount', 'due', 'payment', 'iban'],
  contract: ['party', 'agreement', 'term', 'clause', 'liability'],
  letter: ['dear', 'sincerely', 'regards', 'greetings', 'yours'],
};

/** Texts of words of their label, with some of the others. */
function makeExamples(count: number, noise: number, seed = 5): Example[] {
  const random = seededRandom(seed);
  const names = Object.keys(WORDS);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const label = names[i % names.length]!;
    const words = Array.from({ length: 12 }, () => pick(WORDS[random.next() < noise ? pick(names) : label]!));
    return { text: `${words.join(' ')} ${i}`, label };
  });
}

const bundleOf = ({ description, artifacts }: ModelBundle) => [description, artifacts] as const;

describe('training', () => {
  test('a trained bundle is registered, promoted, loaded, and decides with reasons', async () => {
    const bundle = await train({ examples: makeExamples(300, 0.2), taxonomyVersion: 'demo-1', deps });
    const registry = new ModelRegistry(new MemoryLake(), { clock: deps.clock });
    const version = await registry.register(bundle);
    await registry.promote(version, 'test');
    const model = await registry.load(version);
    const text = 'Invoice: the AMOUNT due by payment to iban';
    const x = model.featurize([text]);
    const p = model.score(x);
    expect(model.labels[p.indexOf(Math.max(...p))]).toBe('invoice');
    const label = model.labels.indexOf('invoice');
    const reasons = model.explain(text, x, 0, label, model.labels.indexOf('letter'), 3);
    expect(reasons[0]!.weight).toBeGreaterThan(reasons[0]!.runner_up_weight);
    expect(WORDS.invoice).toContain(reasons[0]!.term);
    expect(evaluate(model, makeExamples(60, 0.2, 99)).accuracy).toBeGreaterThan(0.9);
  });

  test('equal rows, options and seed give the same files, another seed only other splits', async () => {
    const once = await train({ examples: makeExamples(120, 0.3), deps });
    const again = await train({ examples: makeExamples(120, 0.3), deps });
    const fixed = async (seed: number) =>
      (await train({ examples: makeExamples(120, 0.3), options: { seed, regParam: 0.01 }, deps })).artifacts[
        'model.bin'
      ]!;
    for (const [name, bytes] of Object.entries(once.artifacts))
      expect(Buffer.compare(again.artifacts[name]!, bytes)).toBe(0);
    expect(again.description).toEqual(once.description);
    expect(Buffer.compare(await fixed(9), await fixed(1))).toBe(0); // what the data choose may differ with the split
  });

  const triedOf = ({ training }: TrainedBundle['description']) =>
    [...String(training.regularizationTried).matchAll(/(\w+), C ([\d.]+): ([\d.]+)/g)].map(([, weighing, c, loss]) => ({
      weighing,
      strength: Number(c),
      loss: Number(loss),
    }));
  const leastOf = (tried: ReturnType<typeof triedOf>) =>
    tried.reduce((least, each) => (each.loss < least.loss ? each : least));

  test('version 1 of the profile weighs evenly; its regularization is the one with the least held-out loss', async () => {
    const options = { lexical: { version: 1 as const, pairs: true, parts: { min: 2, max: 5, distinctWords: 48 } } };
    const { description } = await train({ examples: makeExamples(150, 0.7), options, deps });
    const tried = triedOf(description);
    expect(tried.map(({ weighing, strength }) => [weighing, strength])).toEqual([
      ['even', 0.3],
      ['even', 1],
      ['even', 3],
    ]);
    expect(description.training.regParam).toBeCloseTo(1 / (leastOf(tried).strength * 150), 12);
    expect(description.training.iterationsTried).toBeGreaterThan(0);
  });

  test('the regularization and how terms weigh are those with the least held-out loss, and what was tried is told', async () => {
    const { description } = await train({ examples: makeExamples(150, 0.7), deps });
    const tried = triedOf(description);
    const best = leastOf(tried);
    expect(tried.slice(0, 3).map(({ weighing, strength }) => [weighing, strength])).toEqual([
      ...WEIGHINGS.map((weighing) => [weighing, 1]),
      [best.weighing, 3],
    ]);
    expect(description.training).toMatchObject({ termWeights: best.weighing });
    expect(description.training.regParam).toBeCloseTo(1 / (best.strength * 150), 12);
    if (best.strength < 3) expect(tried.at(-1)).toMatchObject({ weighing: best.weighing, strength: 0.3 });
  });

  test('lexical has the squared hinge unless logistic is asked for, or a penalty that only logistic knows', async () => {
    const trainingOf = async (options: Partial<TrainOptions>) =>
      (await train({ examples: makeExamples(60, 0.2), options, deps })).description.training;
    expect(await trainingOf({})).toMatchObject({ algorithm: 'linear-svm', loss: 'squared-hinge', maxIter: 100 });
    expect(await trainingOf({ loss: 'logistic' })).toMatchObject({ algorithm: 'logistic-regression', maxIter: 40 });
    expect(await trainingOf({ elasticNet: 0.5, regParam: 0.01 })).toMatchObject({ loss: 'logistic' });
    for (const wrong of [
      { loss: 'hinge' as 'logistic' },
      { loss: 'squared-hinge' as const, elasticNet: 0.5 },
      { loss: 'squared-hinge' as const, profile: 'spark' as const },
    ])
      await expect(trainingOf(wrong)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('the profile spark trains as before, and both profiles say what they are', async () => {
    const spark = await train({ examples: makeExamples(60, 0.2), options: { profile: 'spark' }, deps });
    expect(spark.description.training).toMatchObject({
      profile: 'spark',
      regParam: 0.01,
      scaling: true,
      minDocFreq: 0,
    });
    expect(spark.description.features).not.toHaveProperty('lexical');
    await expect(
      train({ examples: makeExamples(6, 0), options: { profile: 'words' as 'spark' }, deps }),
    ).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('reasons are whole words and pairs without punctuation; stop words are none', async () => {
    const examples = makeExamples(120, 0.2).map((e) => ({ ...e, text: `The ${e.text.replaceAll(' ', ', ')}.` }));
    const model = await openBundle('v1', ...bundleOf(await train({ examples, deps })));
    const text = 'The invoice, the amount; (payment)';
    const x = model.featurize([text]);
    const reasons = model.explain(text, x, 0, model.labels.indexOf('invoice'), model.labels.indexOf('letter'), 20);
    expect(reasons.map(({ term }) => term)).toEqual(expect.arrayContaining(['invoice', 'amount', 'payment']));
    for (const { term } of reasons) expect(term).toMatch(/^(?!the$)[a-z]+( [a-z]+)?$/);
  });

  test('copies of a text never judge each other: random labels on repeated texts stay unpredictable', async () => {
    const random = seededRandom(3);
    const base = makeExamples(60, 1);
    const examples = base.flatMap((example) => {
      const label = random.next() < 0.5 ? 'a' : 'b';
      return [1, 2, 3, 4].map(() => ({ text: example.text, label }));
    });
    const { evaluation } = await train({ examples, deps });
    expect(evaluation.accuracy).toBeLessThan(0.7); // with copies on both sides it would be 1
  });

  test('labels that have copies of one text only are named, and the refusal to promote says why nothing was right', async () => {
    const copies = (text: string, label: string) => [1, 2, 3].map((n) => ({ text: `${text} number ${n}`, label }));
    const letter = 'thank you very much for your kind letter of last week, it was a pleasure to hear from all of you';
    const invoice = 'please pay the amount for consulting rendered in the month of march within thirty days of receipt';
    const contract =
      'this agreement between the parties named governs the lease of the premises at the address given below';
    const examples = [...copies(letter, 'Letter'), ...copies(invoice, 'Invoice'), ...copies(contract, 'Contract')];
    const bundle = await train({ examples, deps });
    expect(bundle.evaluation.accuracy).toBe(0);
    expect(bundle.description.training.oneTextLabels).toBe('Contract, Invoice, Letter');
    const refusal = refusalToPromote({ ...bundle.description, version: 'v1' });
    expect(refusal?.message).toContain('all rows of Contract, Invoice, Letter are copies of one text');

    const { description } = await train({ examples: makeExamples(60, 0.2), deps });
    expect(description.training).not.toHaveProperty('oneTextLabels');
    expect(labelsOfOneText([0, 0, 1, 2, 2], [0, 0, 1, 1, 2], ['a', 'b', 'c', 'd'])).toEqual(['a', 'c']);
  });

  test('texts that are all the same, and rows that all weigh nothing, are refused in words', async () => {
    const same = (text: string) => ['a', 'b', 'a', 'b', 'a'].map((label) => ({ text, label }));
    for (const calibration of ['folds', 'holdout'] as const)
      await expect(train({ examples: same('the same text'), options: { calibration }, deps })).rejects.toMatchObject({
        code: 'train.too-few-samples',
        message: expect.stringContaining('all 5 texts are the same'),
      });
    const weightless = makeExamples(12, 0.2).map((example) => ({ ...example, weight: 0 }));
    await expect(train({ examples: weightless, deps })).rejects.toMatchObject({ code: 'train.no-rows' });
    // One row weighs something: where it judges, nothing is left to train on.
    const nearly = weightless.map((example, row) => ({ ...example, weight: row === 3 ? 1 : 0 }));
    await expect(train({ examples: nearly, options: { loss: 'logistic' }, deps })).rejects.toMatchObject({
      code: 'train.no-rows',
      message: expect.stringContaining('among the rows of each fit'),
    });
  });

  test('a strict guarantee is proven on rows the model has not seen, and few rows are refused with the number needed', async () => {
    const options = { guarantee: true, precision: 0.9, confidence: 0.9 };
    const { description } = await train({ examples: makeExamples(900, 0.3), options, deps });
    expect(description.accept.basis).toBe('guarantee');
    expect(description.accept.observedPrecision).toBeGreaterThanOrEqual(0.9);
    expect(description.acceptByLabel).toHaveLength(3);
    await expect(
      train({ examples: makeExamples(90, 0.3), options: { ...options, precision: 0.98 }, deps }),
    ).rejects.toMatchObject({ code: 'train.too-few-samples', ids: { needed: 114 } });
  });

  test('with an encoder thousands of rows prove the promise together, each judged by models that have not seen it', async () => {
    const encoder = new IdeaEncoder(Object.values(WORDS));
    const options = { numFeatures: 4096, maxIter: 3, folds: 2, lexical: { ...defaultLexicalSettings, parts: null } };
    const examples = makeExamples(5000, 0.4).map(({ text, label }) => ({
      text: text.split(' ').slice(-5).join(' '),
      label,
    }));
    const { description } = await train({ examples, encoder, options, deps });
    expect(description.metrics).toMatchObject({ source: 'out-of-fold', samples: 5000 });
    expect(description.stage?.accept).toMatchObject({ basis: 'guarantee', samples: 5000 });
    const [short, long] = [new Float64Array(1_000_000), new Float64Array(10_000_000)];
    expect(isFolded({ rows: 5000, values: short }, 77, false)).toBe(false);
    expect(isFolded({ rows: 12_000, values: short }, 77, true)).toBe(true);
    expect(isFolded({ rows: 12_000, values: long }, 20, true)).toBe(false);
    expect(isFolded({ rows: 12_001, values: short }, 77, true)).toBe(false);
  });

  test('a handful of rows still trains; the model decides nothing alone and says how many rows are missing', async () => {
    const { description } = await train({ examples: makeExamples(6, 0), deps });
    expect(description.accept).toMatchObject({ threshold: 1.01, basis: 'default', missing: 56 });
  });

  test('weights count: a class of weight 0 is never predicted', async () => {
    const examples = makeExamples(90, 0.5).map((e) => (e.label === 'letter' ? { ...e, weight: 0 } : e));
    const { evaluation } = await train({ examples, deps });
    const column = evaluation.labels.indexOf('letter');
    expect(evaluation.confusion.every((row) => row[column] === 0)).toBe(true);
  });

  test('rows without text or label are counted, not trained on', async () => {
    const bundle = await train({
      examples: [...makeExamples(30, 0), { text: '  ', label: 'x' }, { text: 'a', label: '' }],
      deps,
    });
    expect(bundle.skipped).toBe(2);
    expect(bundle.description.labels).toHaveLength(3);
  });

  test.for([
    ['train.no-rows', [], {}],
    ['train.no-rows', [{ text: '', label: 'a' }], {}],
    [
      'train.one-class',
      [
        { text: 'a', label: 'a' },
        { text: 'b', label: 'a' },
      ],
      {},
    ],
    ['train.bad-value', [{ text: 'a', label: 'a', weight: Number.NaN }], {}],
    ['request.invalid', [{ text: 'a', label: 'a' }], { regParam: -1 }],
    ['request.invalid', [{ text: 'a', label: 'a' }], { maxIter: Number.NaN }],
    ['request.invalid', [{ text: 'a', label: 'a' }], { numFeatures: 0 }],
  ] as const)('bad input is refused with %s', async ([code, examples, options]) => {
    await expect(train({ examples, options, deps })).rejects.toMatchObject({ code });
  });

  test.skipIf(!existsSync(TAX))(
    'the original tax set is learnt (skipped where the data folder is absent)',
    async () => {
      const rows = gunzipSync(readFileSync(TAX))
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { evaluation, description } = await train({ examples: rows, deps });
      expect(evaluation.samples).toBe(500);
      expect(evaluation.accuracy).toBeGreaterThan(0.8);
      expect(description.metrics?.source).toBe('out-of-fold');
    },
  );
});

describe('splits', () => {
  test('parts differ by at most a group, labels are spread, and equal texts stay together', () => {
    const texts = Array.from({ length: 100 }, (_, i) => `text ${Math.floor(i / 2)}`);
    const labels = texts.map((_, i) => (i < 80 ? 0 : 1));
    const part = splitRows(labels, groupTexts(texts), 5, seededRandom(1));
    for (let row = 0; row < 100; row += 2) expect(part[row]).toBe(part[row + 1]);
    for (let wanted = 0; wanted < 5; wanted++) {
      const rows = [...part.keys()].filter((row) => part[row] === wanted);
      expect(rows).toHaveLength(20);
      expect(rows.filter((row) => labels[row] === 1)).toHaveLength(4);
    }
  });

  test('near copies with the same label share a group, long texts by their runs of words and short ones by their words', () => {
    const long = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
    const texts = [
      long,
      `${long} added`,
      long.replaceAll('word', 'other'),
      'how do I cancel my card today',
      'How do I cancel my card today, please?',
      'the exchange rate was wrong again',
    ];
    const groups = groupTexts(texts, [0, 0, 0, 1, 1, 1]);
    expect(groups[1]).toBe(groups[0]);
    expect(groups[4]).toBe(groups[3]);
    expect(new Set([groups[0], groups[2], groups[3], groups[5]]).size).toBe(4);
    const apart = groupTexts(texts, [0, 1, 0, 0, 1, 1]);
    expect(apart[1]).not.toBe(apart[0]);
  });

  test('texts of one wording do not chain into a group that no split could divide', () => {
    const texts = Array.from({ length: 200 }, (_, i) => `please send me the invoice number ${i} again today`);
    const groups = groupTexts(texts);
    const sizes = [...Map.groupBy(groups, (group) => group).values()].map((rows) => rows.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });
});
