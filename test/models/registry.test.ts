// Versions, the champion and damage, over a lake in memory.
import { describe, expect, test } from 'vitest';
import { ERROR_REMEDIES, RetryableError } from '../../shared/errors.ts';
import { completeSpec } from '../../shared/features/spec.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import { createLinearBundle } from '../../shared/models/linear-bundle.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };

const bundle = (weight = 2, isEvaluated = true): ModelBundle =>
  createLinearBundle({
    labels: ['tax', 'income'],
    taxonomyVersion: 't-1',
    features: completeSpec({ numFeatures: 1000 }),
    idf: null,
    model: {
      width: 1000,
      columns: Int32Array.of(37, 587), // income, tax
      coefficients: Float64Array.of(-weight, weight, weight, -weight),
      intercepts: Float64Array.of(0, 0),
      isBinomial: false,
    },
    calibration: { method: 'none' },
    accept: {
      threshold: 0.9,
      basis: 'default',
      precision: 0.98,
      confidence: 0.95,
      coverage: 0,
      observedPrecision: 0,
      samples: 0,
    },
    metrics: isEvaluated
      ? { source: 'held-out', samples: 2, accuracy: 1, macroF1: 1, logLoss: 0.1, ece: 0, perLabel: [] }
      : null,
  });

/** The same lake; before each of its reads and writes `wait` ends. */
const slowed = (lake: MemoryLake, wait: () => Promise<void>): MemoryLake =>
  new Proxy(lake, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (!['read', 'readIfExists', 'write'].includes(String(name))) return member.bind(target);
      return async (...args: unknown[]) => {
        await wait();
        return await member.apply(target, args);
      };
    },
  });

const open = () => {
  const lake = new MemoryLake();
  return { lake, registry: new ModelRegistry(lake, { clock }) };
};

describe('registry', () => {
  test('a registered model scores and explains as it did before it was stored', async () => {
    const { registry } = open();
    const model = await registry.load(await registry.register(bundle()));
    const x = model.featurize(['tax tax', 'income', 'neither']);
    const p = [...model.score(x)];
    const sigmoid = (m: number) => 1 / (1 + Math.exp(-m));
    [sigmoid(8), sigmoid(-8), sigmoid(-4), sigmoid(4), 0.5, 0.5].forEach((value, i) => {
      expect(p[i]).toBeCloseTo(value, 12);
    });
    expect(model.explain('tax tax', x, 0, 0, 1, 3)).toEqual([{ term: 'tax', weight: 4, runner_up_weight: -4 }]);
    expect(model).toMatchObject({ version: 'v1', accept: 0.9, taxonomyVersion: 't-1', width: 1000 });
  });

  test('terms that share a bucket share its weight and are marked', async () => {
    const { registry } = open();
    const one = bundle();
    const crowded: ModelBundle = createLinearBundle({
      ...one.description,
      features: completeSpec({ numFeatures: 1 }),
      idf: null,
      model: {
        width: 1,
        columns: Int32Array.of(0),
        coefficients: Float64Array.of(3, 0),
        intercepts: Float64Array.of(0, 0),
        isBinomial: false,
      },
    });
    const model = await registry.load(await registry.register(crowded));
    expect(model.explain('a a b', model.featurize(['a a b']), 0, 0, 1, 5)).toEqual([
      { term: 'a', weight: 6, runner_up_weight: 0, collision: true },
      { term: 'b', weight: 3, runner_up_weight: 0, collision: true },
    ]);
  });

  test('versions count up, also past one that was claimed and never finished', async () => {
    const { lake, registry } = open();
    expect(await registry.register(bundle())).toBe('v1');
    await lake.write('models/v7/claim.json', '{}');
    expect(await registry.register(bundle())).toBe('v8');
    expect((await registry.list()).map((model) => model.version)).toEqual(['v1', 'v8']);
    await expect(registry.load('v7')).rejects.toMatchObject({ code: 'model.not-found' });
  });

  test('ten registrations at once get ten versions', async () => {
    const { registry } = open();
    const versions = await Promise.all(Array.from({ length: 10 }, () => registry.register(bundle())));
    expect(new Set(versions).size).toBe(10);
  });

  describe('what is to be registered once', () => {
    const once = { once: 'training/t1/model.json' };
    /** The one that is listed loads, so its files are those of its manifest. */
    const expectOne = async (lake: MemoryLake, version: string) => {
      const registry = new ModelRegistry(lake, { clock });
      expect((await registry.list()).map((model) => model.version)).toEqual([version]);
      await registry.load(version);
    };

    test('is, by ten at the same moment, though their models differ; all get the same version', async () => {
      const { lake, registry } = open();
      const versions = await Promise.all(
        Array.from({ length: 10 }, (_, index) => registry.register(bundle(index + 1), once)),
      );
      expect(new Set(versions).size).toBe(1);
      await expectOne(lake, versions[0]!);
      expect(await registry.register(bundle(99), once)).toBe(versions[0]);
      expect(lake.paths().filter((path) => path.endsWith('model.bin'))).toEqual([`models/${versions[0]}/model.bin`]);
    });

    test('is, by one who is slow at any call and one who is done meanwhile', async () => {
      for (let slow = 1; ; slow++) {
        const { lake, registry } = open();
        let calls = 0;
        let other: string | undefined;
        const waiting = slowed(lake, async () => {
          if (++calls === slow) other = await registry.register(bundle(3), once);
        });
        const version = await new ModelRegistry(waiting, { clock }).register(bundle(2), once);
        if (other === undefined) break; // it has no such call
        expect(version).toBe(other);
        await expectOne(lake, version);
      }
    });

    test('is, where the process dies at any call and another begins again', async () => {
      for (let deadly = 1; ; deadly++) {
        const { lake, registry } = open();
        let calls = 0;
        lake.beforeCall = () => {
          if (++calls === deadly) throw new Error('killed');
        };
        const first = await registry.register(bundle(2), once).catch((error: Error) => error);
        lake.beforeCall = undefined;
        if (!(first instanceof Error)) break;
        expect(first.message).toBe('killed');
        const version = await registry.register(bundle(3), once);
        expect(await registry.register(bundle(4), once)).toBe(version);
        await expectOne(lake, version);
      }
    });

    test('a record that is damaged is an error with its name', async () => {
      const { lake, registry } = open();
      await lake.write(once.once, '{"version":"../v1"}');
      await expect(registry.register(bundle(), once)).rejects.toMatchObject({ code: 'lake.corrupt-record' });
    });
  });

  test('two rollbacks at the same moment go back one step: the other is told', async () => {
    const { registry } = open();
    for (let i = 0; i < 3; i++) await registry.promote(await registry.register(bundle()), 'next');
    const both = await Promise.allSettled([registry.rollback('one'), registry.rollback('two')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'lake.conflict' } });
    expect(await registry.championVersion()).toBe('v2');
  });

  test('the champion moves by promotion and back by rollback, and every move is kept', async () => {
    const { registry } = open();
    const [a, b] = [await registry.register(bundle()), await registry.register(bundle(3))];
    expect(await registry.championVersion()).toBeUndefined();
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'model.not-found' });
    await registry.promote(a, 'first');
    await registry.promote(b, 'better');
    expect(await registry.championVersion()).toBe(b);
    expect((await registry.list()).map((model) => model.champion)).toEqual([false, true]);
    expect(await registry.rollback()).toBe(a);
    expect(await registry.championVersion()).toBe(a);
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'model.not-found' });
    expect((await registry.history()).map((move) => [move.version, move.reason])).toEqual([
      [a, 'first'],
      [b, 'better'],
      [a, 'rolled back'],
    ]);
  });

  test('the promotion of a training that is repeated moves nothing, also after a rollback', async () => {
    const { registry } = open();
    await registry.promote(await registry.register(bundle()), 'first');
    const version = await registry.register(bundle(3));
    const finish = () => registry.promoteTrained(version, 'training t1', { isAsked: true });
    for (let time = 0; time < 2; time++) expect(await finish()).toBeUndefined();
    expect((await registry.history()).map(({ reason }) => reason)).toEqual(['first', 'training t1']);
    await registry.rollback();
    expect(await finish()).toBeUndefined();
    expect(await registry.championVersion()).toBe('v1');
  });

  test('two promotions at once both end in the history', async () => {
    const { registry } = open();
    const versions = [await registry.register(bundle()), await registry.register(bundle())];
    await Promise.all(versions.map((version) => registry.promote(version, 'race')));
    expect((await registry.history()).length).toBe(2);
  });

  test('a model without evaluation, a missing one and a hostile name are not promoted', async () => {
    const { registry } = open();
    const good = await registry.register(bundle());
    await registry.promote(good, 'good');
    const raw = await registry.register(bundle(2, false));
    await expect(registry.promote(raw, 'x')).rejects.toMatchObject({ code: 'model.not-evaluated' });
    for (const version of ['v99', '../v1', 'v1/../v1', ''])
      await expect(registry.promote(version, 'x')).rejects.toMatchObject({ code: 'model.not-found' });
    expect(await registry.championVersion()).toBe(good);
  });

  test('one broken manifest does not hide the other models: it stands apart, with its code and what is wrong', async () => {
    const { lake, registry } = open();
    for (let i = 0; i < 4; i++) await registry.register(bundle());
    await registry.promote('v1', 'first');
    await lake.write('models/v2/manifest.json', '{"format": 1');
    await lake.write('models/v3/manifest.json', '{"format": 7}');
    const { models, broken } = await registry.inspect();
    expect(models.map(({ version, champion }) => [version, champion])).toEqual([
      ['v1', true],
      ['v4', false],
    ]);
    expect(broken).toEqual([
      {
        version: 'v2',
        path: 'models/v2/manifest.json',
        code: 'model.corrupt',
        message: 'Model v2: its manifest is no JSON',
        remedy: ERROR_REMEDIES['model.corrupt'],
      },
      expect.objectContaining({ version: 'v3', message: 'Model v3: manifest format 7; need 1' }),
    ]);
    expect(await registry.list()).toEqual(models);
    lake.beforeCall = (_, path) => {
      if (path.includes('/v4/')) throw new RetryableError('lake.unavailable', 'away');
    };
    await expect(registry.inspect()).rejects.toMatchObject({ code: 'lake.unavailable' }); // not the model's fault
  });

  test('a damaged pointer hides no model; the next promotion replaces it', async () => {
    const { lake, registry } = open();
    await registry.register(bundle());
    await registry.promote('v1', 'first');
    for (const damage of ['', 'null', '{"version":', '{}', '7']) {
      await lake.write('models/champion.json', damage);
      const { champion, models, broken } = await registry.inspect();
      expect([champion, models.length]).toEqual([null, 1]);
      expect(broken).toMatchObject([
        { version: 'champion', path: 'models/champion.json', code: 'lake.corrupt-record' },
      ]);
    }
    await registry.promote('v1', 'again');
    expect(await registry.inspect()).toMatchObject({ champion: 'v1', broken: [], history: [{ reason: 'again' }] });
  });

  test('no manifest, however damaged, is an error of its own kind', async () => {
    const { lake, registry } = open();
    await registry.register(bundle());
    const whole = JSON.parse((await lake.read('models/v1/manifest.json')).toString()) as Record<string, unknown>;
    const damages = ['', 'null', '[]', '7', ...Object.keys(whole).map((key) => JSON.stringify({ ...whole, [key]: 7 }))];
    for (const damage of damages) {
      await lake.write('models/v1/manifest.json', damage);
      const { models, broken } = await registry.inspect();
      expect(models.length + broken.length, damage).toBe(1);
    }
  });

  test('a bad model never replaces the champion: changed, cut, missing and unreadable files each have their code', async () => {
    const { lake, registry } = open();
    const good = await registry.register(bundle());
    await registry.promote(good, 'good');
    const change = (wrong: object): [string, (folder: string) => Promise<unknown>] => [
      'model.corrupt',
      async (f) => {
        const whole = JSON.parse((await lake.read(`${f}/manifest.json`)).toString()) as object;
        await lake.write(`${f}/manifest.json`, JSON.stringify({ ...whole, ...wrong }));
      },
    ];
    const damage: [string, (folder: string) => Promise<unknown>][] = [
      [
        'model.checksum-mismatch',
        async (f) => lake.write(`${f}/model.bin`, (await lake.read(`${f}/model.bin`)).fill(1, 80, 81)),
      ],
      [
        'model.checksum-mismatch',
        async (f) => lake.write(`${f}/model.bin`, (await lake.read(`${f}/model.bin`)).subarray(0, 40)),
      ],
      ['model.corrupt', (f) => lake.delete(`${f}/model.bin`)],
      ['model.corrupt', (f) => lake.write(`${f}/manifest.json`, '{"format": 1')],
      ['model.unsupported', (f) => lake.write(`${f}/manifest.json`, '{"format": 2}')],
      ['model.corrupt', (f) => lake.write(`${f}/manifest.json`, '{"format": 1}')],
      ...[{ novelty: {} }, { novelty: 7 }, { novelty: { above: '0.5' } }, { novelty: { above: -1 } }].map(change),
      ...[{ acceptByLabel: 7 }, { acceptByLabel: [0.9] }, { acceptByLabel: ['0.9', null] }].map(change),
    ];
    for (const [code, spoil] of damage) {
      const version = await registry.register(bundle());
      await spoil(`models/${version}`);
      await expect(registry.promote(version, 'bad')).rejects.toMatchObject({ code });
    }
    expect(await registry.championVersion()).toBe(good);
    expect((await registry.history()).length).toBe(1);
  });

  test('labels or features that do not fit the scorer are refused', async () => {
    const { registry } = open();
    const { description, artifacts } = bundle();
    for (const wrong of [
      { labels: ['a', 'b', 'c'] },
      { width: 999 },
      { features: completeSpec({ numFeatures: 64 }) },
    ]) {
      const version = await registry.register({ description: { ...description, ...wrong }, artifacts });
      await expect(registry.load(version)).rejects.toMatchObject({ code: 'model.width-mismatch' });
    }
    const model = await registry.load(await registry.register(bundle()));
    const narrow = {
      rows: 0,
      width: 5,
      indptr: new Uint32Array(1),
      indices: new Int32Array(0),
      values: new Float64Array(0),
    };
    expect(() => model.score(narrow)).toThrow(expect.objectContaining({ code: 'model.width-mismatch' }));
  });
});
