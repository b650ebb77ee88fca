// Pipelines saved by real Spark 3.4.1 and 3.5.1, scored. Goldens: shared/data/golden/spark-models-scored.json beside the checkout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeLinearModel, LinearScorer, predictRow } from '../../../shared/models/linear-model.ts';
import { ModelRegistry } from '../../../shared/models/registry.ts';
import { systemClock } from '../../../shared/ports.ts';
import { importSparkPipeline } from '../../../shared/training/spark/import-pipeline.ts';
import {
  type PipelineFiles,
  readLakePipeline,
  readLocalPipeline,
} from '../../../shared/training/spark/pipeline-files.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data');
const hasData = existsSync(DATA);

interface Golden {
  labels: string[] | null;
  scored: {
    text: string;
    features: Record<string, number>;
    rawPrediction: number[];
    probability: number[];
    prediction: number;
  }[];
}

const goldens: [string, string, Golden][] = hasData
  ? (() => {
      const { models } = JSON.parse(readFileSync(join(DATA, 'golden/spark-models-scored.json'), 'utf8')) as {
        models: Record<string, Golden>;
      };
      return [
        ['music-genre-lr', 'spark-models/music-genre-lr/model', models['music-genre-lr']!],
        ['sentiment-lr', 'spark-models/sentiment-lr/model/lr_model', models['sentiment-lr']!],
      ];
    })()
  : [];

const expectClose = (have: number, need: number) => {
  expect(Math.abs(have - need)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(need)));
};

describe.skipIf(!hasData)('real Spark pipelines (skipped: ../shared/data is absent)', () => {
  test.each(goldens)('%s: features, raw predictions, probabilities and predictions', async (_, folder, golden) => {
    const bundle = await importSparkPipeline(await readLocalPipeline(join(DATA, folder)));
    const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
    const model = await registry.load(await registry.register(bundle));
    if (golden.labels !== null) expect(model.labels).toEqual([...golden.labels, '__unknown']);
    const scorer = new LinearScorer(decodeLinearModel(bundle.artifacts['model.bin']!));
    const x = model.featurize(golden.scored.map((row) => row.text));
    const raw = scorer.rawPrediction(x);
    const p = model.score(x);
    const k = model.labels.length;
    golden.scored.forEach((row, i) => {
      // a term below minDocFreq stays as an explicit zero; the golden lists what is not zero
      const entries = Array.from(x.indices.subarray(x.indptr[i], x.indptr[i + 1]), (column, at) => {
        return [column, x.values[x.indptr[i]! + at]!] as const;
      }).filter(([, value]) => value !== 0);
      expect(entries.map(([column]) => String(column))).toEqual(Object.keys(row.features));
      for (const [column, value] of entries) expectClose(value, row.features[column]!);
      for (let c = 0; c < k; c++) {
        expectClose(raw[i * k + c]!, row.rawPrediction[c]!);
        expectClose(p[i * k + c]!, row.probability[c]!);
      }
      const own = raw.subarray(i * k, (i + 1) * k);
      expect(predictRow(own, p.subarray(i * k, (i + 1) * k), { isBinomial: false })).toBe(row.prediction);
    });
  });

  test('the same pipeline read from the lake is the same model', async () => {
    const lake = new MemoryLake();
    const local = await readLocalPipeline(join(DATA, 'spark-models/music-genre-lr/model'));
    for (const [path, bytes] of local) await lake.write(`spark/music/${path}`, bytes);
    const [a, b] = [
      await importSparkPipeline(local),
      await importSparkPipeline(await readLakePipeline(lake, 'spark/music')),
    ];
    expect(b.artifacts['model.bin']).toEqual(a.artifacts['model.bin']);
  });

  const spoil = async (change: (files: Map<string, Uint8Array>) => void): Promise<PipelineFiles> => {
    const files = new Map(await readLocalPipeline(join(DATA, 'spark-models/music-genre-lr/model')));
    change(files);
    return files;
  };
  const pathOf = (files: Map<string, Uint8Array>, pattern: RegExp) =>
    [...files.keys()].find((path) => pattern.test(path))!;
  const edit = (files: Map<string, Uint8Array>, pattern: RegExp, from: string, to: string) => {
    const path = pathOf(files, pattern);
    files.set(path, Buffer.from(Buffer.from(files.get(path)!).toString().replace(from, to)));
  };

  test('a HashingTF of Spark 2 is read with the hash of Spark 2', async () => {
    const files = await spoil((f) => edit(f, /HashingTF.*metadata\/part/, '3.4.1', '2.4.8'));
    expect((await importSparkPipeline(files)).description.features?.hash).toBe('spark2');
  });

  test.each([
    [
      'a stage of another kind',
      'model.unsupported',
      (f: Map<string, Uint8Array>) =>
        edit(f, /HashingTF.*metadata\/part/, 'feature.HashingTF"', 'feature.FeatureHasher"'),
    ],
    ['a missing stage', 'model.corrupt', (f: Map<string, Uint8Array>) => f.delete(pathOf(f, /4_IDF.*metadata\/part/))],
    [
      'cut data',
      'model.corrupt',
      (f: Map<string, Uint8Array>) => {
        const path = pathOf(f, /5_Log.*parquet$/);
        f.set(path, f.get(path)!.subarray(0, 5000));
      },
    ],
    ['missing data', 'model.corrupt', (f: Map<string, Uint8Array>) => f.delete(pathOf(f, /5_Log.*parquet$/))],
    [
      'another number of features',
      'model.width-mismatch',
      (f: Map<string, Uint8Array>) => edit(f, /HashingTF.*metadata\/part/, '20000', '10000'),
    ],
    [
      'metadata that is no JSON',
      'model.corrupt',
      (f: Map<string, Uint8Array>) => f.set('metadata/part-00000', Buffer.from('{')),
    ],
  ])('%s is refused with %s', async (_, code, change) => {
    await expect(importSparkPipeline(await spoil(change))).rejects.toMatchObject({ code });
  });
});
