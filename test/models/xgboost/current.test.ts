// Models of a current xgboost: categorical splits, vector base scores, links, and the library's own Shapley values.
// Fixtures: fixtures/make.py.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BoosterHead, inspectBooster, readBooster } from '../../../shared/models/xgboost/booster.ts';
import { XgboostScorer } from '../../../shared/models/xgboost/xgboost-scorer.ts';
import fc from '../../fakes/property.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.expected.json'))
  .map((file) => file.replace('.expected.json', ''));

interface Expected {
  input: (number | null)[][];
  margin: number[][];
  /** [rows - 1, groups, features + 1]: rows from the second on; the bias stands last */
  contributions: number[][][];
}

const dense = (input: (number | null)[][]) => {
  const width = input[0]!.length;
  return {
    rows: input.length,
    width,
    indptr: Uint32Array.from({ length: input.length + 1 }, (_, row) => row * width),
    indices: Int32Array.from({ length: input.length * width }, (_, e) => e % width),
    values: Float64Array.from(input.flat(), (value) => value ?? Number.NaN),
  };
};

describe.each(names)('%s', (name) => {
  const expected = JSON.parse(readFileSync(join(FOLDER, `${name}.expected.json`), 'utf8')) as Expected;
  const x = dense(expected.input);

  test.each(['json', 'ubj'])('margins of the %s file', (ending) => {
    const margins = new XgboostScorer(readBooster(readFileSync(join(FOLDER, `${name}.${ending}`)))).margins(x);
    expected.margin.flat().forEach((value, i) => {
      expect(Math.abs(margins[i]! - value), `margin ${i}`).toBeLessThanOrEqual(1e-6);
    });
  });

  test('Shapley values', () => {
    const scorer = new XgboostScorer(readBooster(readFileSync(join(FOLDER, `${name}.json`))));
    expected.contributions.forEach((groups, i) => {
      groups.forEach((need, k) => {
        const { values, bias } = scorer.shapValues(x, i + 1, k);
        const have = new Float64Array(x.width + 1);
        scorer.usedFeatures.forEach((feature, slot) => {
          have[feature] = values[slot]!;
        });
        have[x.width] = bias;
        need.forEach((value, j) => {
          expect(Math.abs(have[j]! - value), `row ${i + 1} group ${k} feature ${j}`).toBeLessThanOrEqual(2e-5);
        });
      });
    });
  });
});

describe('damaged models', () => {
  const json = readFileSync(join(FOLDER, 'multi-vector-base.json'), 'utf8');
  const ubj = readFileSync(join(FOLDER, 'multi-vector-base.ubj'));

  test('a cut file, at any byte, is model.corrupt', () => {
    fc.assert(
      fc.property(fc.nat(ubj.length - 1), (end) => {
        expect(() => readBooster(ubj.subarray(0, end))).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
      }),
    );
    expect(() => readBooster(Buffer.from(json.slice(0, 500)))).toThrow(
      expect.objectContaining({ code: 'model.corrupt' }),
    );
  });

  test('any changed byte of a ubj file either still reads or is refused with a code', () => {
    fc.assert(
      fc.property(fc.nat(ubj.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(ubj);
        damaged[at]! ^= flip;
        try {
          new XgboostScorer(readBooster(damaged)).margins(dense([[1, 2, 3, 4, 5]]));
        } catch (error) {
          expect(['model.corrupt', 'model.unsupported', 'model.width-mismatch']).toContain(
            (error as { code?: string }).code,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  const spoil = (change: (document: ReturnType<typeof JSON.parse>) => void) => {
    const document = JSON.parse(json);
    change(document);
    return Buffer.from(JSON.stringify(document));
  };

  test.each([
    [
      'a cycle',
      'model.corrupt',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.model.trees[0].left_children[0] = 0;
      },
    ],
    [
      'a child outside the tree',
      'model.corrupt',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.model.trees[0].right_children[0] = 99999;
      },
    ],
    [
      'a feature that does not exist',
      'model.corrupt',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.model.trees[0].split_indices[0] = 77;
      },
    ],
    [
      'arrays of different lengths',
      'model.corrupt',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.model.trees[0].split_conditions.pop();
      },
    ],
    [
      'a linear booster',
      'model.unsupported',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.name = 'gblinear';
      },
    ],
    [
      'vector leaves',
      'model.unsupported',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.gradient_booster.model.trees[0].tree_param.size_leaf_vector = '3';
      },
    ],
    [
      'a base score that is no number',
      'model.corrupt',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.learner_model_param.base_score = 'high';
      },
    ],
    [
      'more features than memory',
      'model.unsupported',
      (d: ReturnType<typeof JSON.parse>) => {
        d.learner.learner_model_param.num_feature = '2000000000';
      },
    ],
  ])('%s is refused with %s', (_, code, change) => {
    for (const read of [readBooster, inspectBooster])
      expect(() => read(spoil(change))).toThrow(expect.objectContaining({ code }));
  });

  test('an inspection refuses what reading refuses, in the same words, and says the same of the rest', () => {
    const outcome = (read: (bytes: Uint8Array) => BoosterHead, bytes: Uint8Array): unknown => {
      try {
        const { version, objective, width, groups, roundEnds, classNames, treeGroups } = read(bytes);
        return { version, objective, width, groups, roundEnds, classNames, treeGroups };
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(fc.nat(ubj.length - 1), fc.nat(255), (at, flip) => {
        const damaged = Buffer.from(ubj);
        damaged[at]! ^= flip; // 0: as it was
        expect(outcome(inspectBooster, damaged)).toEqual(outcome(readBooster, damaged));
      }),
      { numRuns: 300 },
    );
  });

  test('NaN and Infinity in JSON are read, also beside names that contain them', () => {
    const text = json
      .replace('"feature_names":[]', '"feature_names":["NaN","a: NaN, \\"Infinity\\"","c","d","e"]')
      .replace(/"loss_changes":\[[^,\]]+/, '"loss_changes":[NaN');
    expect(() => JSON.parse(text)).toThrow();
    expect(readBooster(Buffer.from(text)).featureNames[1]).toBe('a: NaN, "Infinity"');
  });
});
