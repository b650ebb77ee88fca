// The second local stage in a run, with a model that was really trained and an encoder whose ideas are known.
import { beforeEach, describe, expect, test } from 'vitest';
import { TerminalError } from '../../shared/errors.ts';
import { batchId } from '../../shared/ids.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { VectorCache } from '../../shared/models/encoder/vector-cache.ts';
import { type LoadedModel, openBundle } from '../../shared/models/loaded-model.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { thresholdOf } from '../../shared/pipeline/cold-threshold.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { type Example, train } from '../../shared/training/train.ts';
import { IdeaEncoder } from '../fakes/idea-encoder.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

// Words in training, and words for the same ideas that no training text holds.
const IDEAS: Record<string, { known: string[]; unheard: string[] }> = {
  VAT: { known: ['turnover', 'supply', 'refund'], unheard: ['umsatzsteuer', 'vorsteuer', 'mehrwert'] },
  Customs: { known: ['tariff', 'import', 'duty'], unheard: ['zoll', 'einfuhr', 'abgabe'] },
};
const FOREIGN = ['recipe', 'butter', 'oven'];
const ideas = [
  ...Object.values(IDEAS).flatMap(({ known, unheard }) => known.map((word, i) => [word, unheard[i] ?? ''])),
  FOREIGN,
];

function examples(count: number): Example[] {
  const random = seededRandom(3);
  const pick = (list: readonly string[]) => list[Math.floor(random.next() * list.length)] ?? '';
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? 'VAT' : 'Customs';
    // Three words in four are of the label, so that neither stage is ever right on all.
    const words = Array.from({ length: 6 }, () => pick((random.next() < 0.8 ? IDEAS[label] : IDEAS.VAT)?.known ?? []));
    return { text: `${words.join(' ')} file${i}`, label };
  });
}

let model: LoadedModel;
let world: FakeWorld;
let encoder: IdeaEncoder;

beforeEach(async () => {
  encoder = new IdeaEncoder(ideas);
  world = await fakeWorld();
  const deps = { clock: { ...systemClock, now: () => 0 }, random: seededRandom(1), logger: silentLogger };
  const trained = await train({ examples: examples(400), encoder, options: { precision: 0.9 }, deps });
  model = await openBundle('v1', trained.description, trained.artifacts);
  encoder.seen.length = 0;
  world.services.models = {
    championVersion: async () => 'v1',
    newestFor: async () => undefined,
    load: async () => model,
  };
  useEncoder(world);
});

function useEncoder({ services, lake }: FakeWorld): void {
  const vectors = new VectorCache(lake, encoder, systemClock);
  services.encoders = { current: async () => encoder.version, open: async () => ({ encoder, vectors }) };
}

const STEP_BY_STEP = ['extractBatch', 'featurizeBatch', 'scoreBatch', 'classifyBatch', 'decideBatch'] as const;
const IN_ONE: readonly ('workBatch' | (typeof STEP_BY_STEP)[number])[] = ['workBatch'];
let activities = IN_ONE;

async function decide(prefix: string, files: Record<string, string>): Promise<Record<string, Row>> {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`${prefix}/${name}`, text);
  const { runId } = await createRun(world.services, { source: { kind: 'prefix', container: 'imports', prefix } });
  const handlers = activityHandlers(async () => world.services);
  const planned = (await handlers.planRun({ runId, attempt: 0 })) as { outcome: { batches: number } };
  for (let i = 0; i < planned.outcome.batches; i++)
    for (const activity of activities) await handlers[activity]({ runId, batchId: batchId(i), attempt: 0 });
  await handlers.commitRun({ runId, attempt: 0 });
  const rows = (world.committed.get('results') ?? []).filter((row) => row.run_id === runId);
  return Object.fromEntries(rows.map((row) => [String(row.source_path).slice(prefix.length + 1), row]));
}

const summaryOf = async (rows: Record<string, Row>) => {
  const runId = String(Object.values(rows)[0]?.run_id);
  return JSON.parse((await world.lake.read(`runs/${runId}/summary.json`)).toString()) as {
    encoder?: Record<string, unknown>;
  };
};

describe.each([
  ['in one activity', IN_ONE],
  ['step by step, as lanes that began with an earlier version', STEP_BY_STEP],
])('encoder stage, %s', (_name, theirs) => {
  beforeEach(() => {
    activities = theirs;
  });

  test('the trained stage says what it is: its encoder, one promise over both stages, what is foreign', () => {
    expect(model.stage?.description).toMatchObject({ encoder: 'ideas-00000001', dimensions: 32, rows: 400 });
    expect(model.stage?.description.accept.samples).toBeGreaterThan(100);
    expect(model.stage?.description.novelty?.known).toBeLessThanOrEqual(0.02);
  });

  test('only what the words are unsure of is encoded; unheard words of a known idea are decided without the LLM', async () => {
    const sure = 'tariff import duty tariff import duty';
    const rows = await decide('one', { 'sure.txt': sure, 'unheard.txt': 'zoll einfuhr abgabe zoll einfuhr' });
    expect(rows['sure.txt']).toMatchObject({ status: 'labelled', label: 'Customs', decided_by: 'model' });
    expect(rows['unheard.txt']).toMatchObject({ status: 'labelled', label: 'Customs', decided_by: 'encoder' });
    expect(String(rows['unheard.txt']?.evidence_json)).toContain('like Customs');
    expect(encoder.seen).toEqual(['zoll einfuhr abgabe zoll einfuhr']);
    expect(world.counts.asked).toBe(0);
    expect((await summaryOf(rows)).encoder).toEqual({
      version: 'ideas-00000001',
      encoded: 1,
      cached: 0,
      decided: 1,
      foreign: 0,
    });
  });

  test('a text is encoded once, whatever run meets it', async () => {
    await decide('one', { 'a.txt': 'zoll einfuhr' });
    const rows = await decide('two', { 'b.txt': 'zoll einfuhr' });
    expect(encoder.seen).toEqual(['zoll einfuhr']);
    expect((await summaryOf(rows)).encoder).toMatchObject({ encoded: 0, cached: 1 });
  });

  test('what a person has decided is not encoded; its neighbour is', async () => {
    const first = await decide('one', { 'said.txt': 'zoll abgabe', 'open.txt': 'zoll einfuhr' });
    const said = first['said.txt']!;
    world.committed.set('feedback', [
      {
        document_id: String(said.document_id),
        label: 'VAT',
        content_sha256: String(said.content_sha256),
        created_at: '2026-09-21T00:00:00.000Z',
      },
    ]);
    encoder = new IdeaEncoder(ideas);
    useEncoder(world);
    await world.lake.deleteFolder('encoder-vectors');
    const rows = await decide('two', { 'said.txt': 'zoll abgabe', 'open.txt': 'einfuhr zoll abgabe' });
    expect(rows['said.txt']).toMatchObject({ status: 'labelled', label: 'VAT', decided_by: 'duplicate' });
    expect(encoder.seen).toEqual(['einfuhr zoll abgabe']);
    expect(rows['open.txt']).toMatchObject({ label: 'Customs', decided_by: 'encoder' });
  });

  test('a document unlike everything labelled is not decided here, however sure the model is', async () => {
    const rows = await decide('one', { 'cake.txt': 'recipe butter oven butter' });
    expect(rows['cake.txt']).toMatchObject({ decided_by: 'llm' });
    world.services.llm = undefined;
    const alone = await decide('two', { 'cake.txt': 'recipe butter oven butter recipe' });
    expect(alone['cake.txt']).toMatchObject({ status: 'review', failure_code: 'route.foreign' });
  });

  test('without an encoder a document most of whose words are new is not decided by the one that is not; with one its vector tells', async () => {
    const text = 'tariff recipe sugar salt';
    const meant = 'tariff zoll einfuhr abgabe'; // new words too, but for an idea that was labelled
    for (const each of [text, meant])
      expect(Math.max(...model.score(model.featurize([each])))).toBeGreaterThan(model.accept);
    const rows = await decide('one', { 'cake.txt': text, 'meant.txt': meant });
    expect(rows['meant.txt']).toMatchObject({ decided_by: 'encoder', label: 'Customs' });
    expect(encoder.seen.toSorted()).toEqual([text, meant].toSorted());
    delete world.services.encoders;
    world.services.llm = undefined;
    const alone = await decide('two', { 'cake.txt': `${text} `, 'known.txt': 'tariff import duty sugar' });
    expect(alone['cake.txt']).toMatchObject({ status: 'review', failure_code: 'route.foreign', label: 'Customs' });
    expect(alone['known.txt']).toMatchObject({ status: 'labelled', decided_by: 'model' });
  });

  test('an encoder that fails is told with its code, and the words decide as if there were none', async () => {
    encoder.failure = new TerminalError('encoder.checksum-mismatch', 'changed');
    const rows = await decide('one', { 'sure.txt': 'tariff import duty tariff', 'unheard.txt': 'zoll einfuhr' });
    expect(rows['sure.txt']).toMatchObject({ decided_by: 'model' });
    expect(rows['unheard.txt']?.decided_by).not.toBe('encoder');
    expect((await summaryOf(rows)).encoder).toMatchObject({ failure: 'encoder.checksum-mismatch', encoded: 0 });
  });

  test('without an encoder nothing changes: nothing is encoded and no stage is named', async () => {
    delete world.services.encoders;
    const rows = await decide('one', { 'unheard.txt': 'zoll einfuhr' });
    expect(rows['unheard.txt']?.decided_by).not.toBe('encoder');
    expect((await summaryOf(rows)).encoder).toBeUndefined();
  });
});

describe('cold start', () => {
  beforeEach(async () => {
    activities = IN_ONE;
    world = await fakeWorld();
    world.services.models = {
      championVersion: async () => undefined,
      newestFor: async () => undefined,
      load: async () => model,
    };
    await publishTaxonomy(world.lake, {
      name: 'cold',
      labels: [
        { name: 'VAT', description: 'Turnover, supply and refund. Does not cover duty, import or tariff.' },
        { name: 'Customs', description: 'Tariff, import, duty.' },
      ],
    });
    useEncoder(world);
  });

  test('with no model and no LLM the label descriptions decide, and the reasons are their phrases', async () => {
    world.services.llm = undefined;
    const rows = await decide('one', { 'a.txt': 'zoll einfuhr abgabe', 'b.txt': 'vorsteuer umsatzsteuer' });
    expect(rows['a.txt']).toMatchObject({ status: 'labelled', label: 'Customs', decided_by: 'encoder' });
    expect(rows['b.txt']).toMatchObject({ status: 'labelled', label: 'VAT', decided_by: 'encoder' });
    expect(String(rows['a.txt']?.evidence_json)).toMatch(/Tariff|import|duty/);
  });

  test('an encoder that fails at the descriptions, or whose record is damaged, is told, and the run goes on', async () => {
    await decide('one', { 'a.txt': 'zoll einfuhr abgabe' }); // its vector is known from here on
    const { version } = await publishTaxonomy(world.lake, {
      name: 'colder',
      labels: [
        { name: 'VAT', description: 'Turnover and refund.' },
        { name: 'Customs', description: 'Tariff and duty.' },
      ],
    });
    expect(version).toBeDefined();
    encoder.failure = new TerminalError('encoder.crashed', 'died twice');
    const rows = await decide('two', { 'b.txt': 'zoll einfuhr abgabe' });
    expect(rows['b.txt']).toMatchObject({ decided_by: 'llm' });
    expect((await summaryOf(rows)).encoder).toMatchObject({ failure: 'encoder.crashed' });
    world.services.encoders!.current = async () => {
      throw new TerminalError('lake.corrupt-record', 'encoders/current.json is no JSON', { ids: { path: 'x' } });
    };
    const alone = await decide('three', { 'c.txt': 'zoll' });
    expect(alone['c.txt']).toMatchObject({ decided_by: 'llm' });
  });

  test('what no description speaks of waits for people, with the likeliest label beside it', async () => {
    world.services.llm = undefined;
    const rows = await decide('one', { 'cake.txt': 'recipe butter oven' });
    expect(rows['cake.txt']).toMatchObject({ status: 'review', failure_code: 'route.llm-disabled' });
  });

  test('where an LLM may be asked it is asked: nobody has checked the descriptions yet', async () => {
    const rows = await decide('one', { 'a.txt': 'zoll einfuhr abgabe' });
    expect(rows['a.txt']).toMatchObject({ decided_by: 'llm' });
    expect(String(rows['a.txt']?.top_labels_json)).toContain('Customs');
  });
});

describe('cold start, with what people said of its decisions', () => {
  const by = 'descriptions/cold/ideas-00000001';
  /** `right` of `count` decisions agree; confidences from `low` on, evenly up to `high`. */
  const said = (count: number, right: number, low: number, high: number): Row[] =>
    Array.from({ length: count }, (_, i) => ({
      document_id: `d${i}-${count}-${low}`,
      label: i < count - right ? 'Customs' : 'VAT',
      scored_label: 'VAT',
      scored_confidence: low + ((high - low) * i) / count,
      scored_by: by,
      created_at: '2026-09-21T00:00:00.000Z',
    }));

  test('below twenty decisions nothing moves, and their number is told', () => {
    expect(thresholdOf(said(19, 19, 0.5, 1), by, 8)).toEqual({
      accept: 0.4,
      basis: 'unchecked',
      checked: 19,
      right: 19,
    });
    expect(thresholdOf([], by, 2)).toEqual({ accept: 0.65, basis: 'unchecked', checked: 0, right: 0 });
  });

  test('right ones move the threshold down to what was checked, wrong ones up, and enough of them prove the promise', () => {
    const loose = thresholdOf(said(30, 30, 0.2, 0.6), by, 8);
    expect(loose).toMatchObject({ basis: 'empirical', checked: 30, right: 30 });
    expect([loose.accept < 0.4, loose.accept >= 0.19]).toEqual([true, true]);
    const strict = thresholdOf(said(70, 50, 0.4, 1), by, 8); // the surest fifty are right: too few to prove it
    expect(strict).toMatchObject({ basis: 'empirical', right: 50 });
    expect(strict.accept).toBeGreaterThan(0.5);
    expect(thresholdOf(said(400, 400, 0.5, 1), by, 8)).toMatchObject({ basis: 'guarantee' });
  });

  test('wrong ones among unsure documents say nothing of sure ones; among sure ones nothing is decided alone', () => {
    expect(thresholdOf(said(40, 10, 0.1, 0.39), by, 8)).toMatchObject({ accept: 0.4, basis: 'unchecked', checked: 40 });
    expect(thresholdOf(said(40, 0, 0.5, 0.9), by, 8)).toMatchObject({ accept: 1.01, basis: 'missed', right: 0 });
  });

  test('the last word on a document counts, and only what the same descriptions and encoder had proposed', () => {
    const rows = said(20, 20, 0.5, 1);
    const revoked = { ...rows[0], label: 'Customs', created_at: '2026-09-22T00:00:00.000Z' };
    expect(thresholdOf([revoked, ...rows], by, 8)).toMatchObject({ checked: 20, right: 19 });
    expect(thresholdOf(rows, 'descriptions/other/ideas-00000001', 8)).toMatchObject({ checked: 0 });
    expect(thresholdOf([{ ...rows[0], label: null }], by, 8)).toMatchObject({ checked: 0 }); // erased
  });

  test('a run takes the threshold when it is planned: a proven one decides beside an LLM, a missed one leaves all to people', async () => {
    activities = IN_ONE;
    world = await fakeWorld();
    world.services.models = {
      championVersion: async () => undefined,
      newestFor: async () => undefined,
      load: async () => model,
    };
    const { version } = await publishTaxonomy(world.lake, {
      name: 'cold',
      labels: [
        { name: 'VAT', description: 'Turnover, supply and refund.' },
        { name: 'Customs', description: 'Tariff, import, duty.' },
      ],
    });
    useEncoder(world);
    const checked = (rows: Row[]) =>
      rows.map((row) => ({ ...row, scored_by: `descriptions/${version}/ideas-00000001` }));
    world.committed.set('feedback', checked(said(400, 400, 0.5, 1)));
    const proven = await decide('one', { 'a.txt': 'zoll einfuhr abgabe' });
    expect(proven['a.txt']).toMatchObject({ status: 'labelled', label: 'Customs', decided_by: 'encoder' });
    expect(world.counts.asked).toBe(0);
    world.services.llm = undefined;
    world.committed.set('feedback', checked(said(40, 0, 0.5, 1)));
    const missed = await decide('two', { 'b.txt': 'zoll einfuhr abgabe zoll' });
    expect(missed['b.txt']).toMatchObject({ status: 'review', label: 'Customs' });
  });
});
