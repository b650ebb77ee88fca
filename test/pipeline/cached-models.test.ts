// Models of a run: which one a taxonomy gets where no champion speaks its labels.
import { expect, test } from 'vitest';
import { completeSpec } from '../../shared/features/spec.ts';
import type { AcceptRule } from '../../shared/models/accept-rule.ts';
import { unmeasuredAccept } from '../../shared/models/foreign-bundle.ts';
import { createLinearBundle } from '../../shared/models/linear-bundle.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { CachedModels } from '../../shared/pipeline/cached-models.ts';
import { systemClock } from '../../shared/ports.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const label = (name: string) => ({ name, description: `about ${name}` });
const taxonomy = parseTaxonomy({ name: 'mine', labels: [label('a'), label('b')] });
const wider = parseTaxonomy({ name: 'wider', labels: [label('a'), label('b'), label('c')] });

const bundleOf = (taxonomyVersion: string, basis: AcceptRule['basis'], accuracy = 0.9) =>
  createLinearBundle({
    labels: ['a', 'b'],
    taxonomyVersion,
    features: completeSpec({ numFeatures: 4 }),
    idf: null,
    model: {
      width: 4,
      columns: Int32Array.of(0),
      coefficients: Float64Array.of(1),
      intercepts: Float64Array.of(0),
      isBinomial: true,
    },
    calibration: { method: 'none' },
    accept: { ...unmeasuredAccept, basis },
    metrics: {
      ...{ source: 'held-out', samples: 100, accuracy, macroF1: accuracy, logLoss: 1, ece: 0 },
      perLabel: ['a', 'b'].map((name) => ({ label: name, precision: 1, recall: 1, f1: 1, support: 50 })),
    },
  });

test('models: a taxonomy gets its newest model that might have been promoted by itself, and none that only a person may promote', async () => {
  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  const models = new CachedModels(registry);
  expect(await models.newestFor(taxonomy)).toBeUndefined();
  const good = await registry.register(bundleOf(taxonomy.version, 'guarantee'));
  await registry.register(bundleOf(taxonomy.version, 'default')); // missed its aim
  await registry.register(bundleOf(taxonomy.version, 'guarantee', 0.5)); // no better than a guess
  await registry.register(bundleOf(wider.version, 'guarantee')); // lacks a label
  expect(await models.newestFor(taxonomy)).toBe(good);
  expect(await models.newestFor(wider)).toBeUndefined();
});
