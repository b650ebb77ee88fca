import { describe, expect, test } from 'vitest';
import { type HeldOut, THRESHOLD_GRID } from '../../shared/models/held-out.ts';
import { provenThreshold } from '../../shared/models/proven-threshold.ts';
import { type Random, seededRandom } from '../../shared/ports.ts';

/** Predictions of a model that is too sure of itself, each with copies that are right or wrong together. */
function draw(
  witnesses: number,
  random: Random,
  copies: (random: Random) => number = () => 1,
  chance = (confidence: number) => confidence ** 1.5,
): HeldOut & { groups: number[] } {
  const rows: { confidence: number; isRight: number; group: number }[] = [];
  for (let group = 0; group < witnesses; group++) {
    const confidence = 1 - random.next() ** 2 * 0.6;
    const isRight = random.next() < chance(confidence) ? 1 : 0;
    for (let copy = copies(random); copy > 0; copy--) rows.push({ confidence, isRight, group });
  }
  return {
    confidence: Float64Array.from(rows, (row) => row.confidence),
    predicted: new Int32Array(rows.length),
    isRight: Uint8Array.from(rows, (row) => row.isRight),
    groups: rows.map((row) => row.group),
  };
}

/** Each row as its group with some probability, else drawn by itself. */
function loosen(held: HeldOut, random: Random, together: number): HeldOut {
  const isRight = held.isRight.map((right, row) =>
    random.next() < together ? right : random.next() < held.confidence[row]! ** 1.5 ? 1 : 0,
  );
  return { ...held, isRight };
}

/** True precision at a threshold under {@link draw}. */
function truePrecision(threshold: number): number {
  let [accepted, right] = [0, 0];
  for (let i = 0; i < 5000; i++) {
    const confidence = 1 - ((i + 0.5) / 5000) ** 2 * 0.6;
    if (confidence < threshold) continue;
    accepted++;
    right += confidence ** 1.5;
  }
  return right / accepted;
}
const precisionAt = new Map(THRESHOLD_GRID.map((threshold) => [threshold, truePrecision(threshold)]));

function breaches(splits: number, held: () => HeldOut): { given: number; broken: number } {
  let [given, broken] = [0, 0];
  for (let split = 0; split < splits; split++) {
    const { threshold } = provenThreshold(held(), 0.9, 0.05);
    if (threshold === null) continue;
    given++;
    if (precisionAt.get(threshold)! < 0.9) broken++;
  }
  return { given, broken };
}

describe('a proven threshold', () => {
  test.for([60, 150, 600, 2000])('of %i rows keeps its promise in at least 285 of 300 draws', (rows) => {
    const random = seededRandom(rows);
    const { given, broken } = breaches(300, () => draw(rows, random));
    expect(broken).toBeLessThanOrEqual(15);
    if (rows >= 600) expect(given).toBeGreaterThan(250); // a promise is worth something only when it is usually made
  });

  test('keeps it where every row has up to nine near copies; counted singly they would break it', () => {
    const random = seededRandom(3);
    const copies = (r: Random) => 1 + Math.floor(r.next() * 9);
    const held = () => draw(80, random, copies);
    expect(breaches(300, held).broken).toBeLessThanOrEqual(15);
    const singly = breaches(300, () => {
      const { groups: _groups, ...rows } = held();
      return rows;
    });
    expect(singly.broken).toBeGreaterThan(30);
  });

  test('keeps it where near copies go together half of the time, and counts them for more than one row then', () => {
    const random = seededRandom(5);
    const copies = (r: Random) => (r.next() < 0.2 ? 10 : 1); // uneven groups
    const held = () => loosen(draw(800, random, copies), random, 0.5);
    const { given, broken } = breaches(300, held);
    expect(broken).toBeLessThanOrEqual(15);
    expect(given).toBeGreaterThan(250);
  });

  test('a mislabelled row among the surest keeps no threshold from being found where rows are many', () => {
    const held = draw(2000, seededRandom(1), undefined, () => 0.99);
    const surest = held.confidence.indexOf(Math.max(...held.confidence));
    held.isRight[surest] = 0;
    expect(provenThreshold(held, 0.95, 0.05)).toMatchObject({ witnesses: 2000, missing: 0 });
    expect(provenThreshold(held, 0.95, 0.05).threshold).not.toBeNull();
  });

  test('says how many rows are missing: those of the shortest proof, or as many as what was seen would need', () => {
    const all = (n: number, right: number): HeldOut => ({
      confidence: new Float64Array(n).fill(0.9),
      predicted: new Int32Array(n),
      isRight: Uint8Array.from({ length: n }, (_, i) => (i < right ? 1 : 0)),
    });
    expect(provenThreshold(all(30, 30), 0.95, 0.05)).toEqual({ threshold: null, witnesses: 30, missing: 29 });
    const close = provenThreshold(all(100, 97), 0.95, 0.05);
    expect(close.threshold).toBeNull();
    // that many more, as often right, prove it
    const enough = 100 + close.missing;
    expect(provenThreshold(all(enough, Math.round(enough * 0.97)), 0.95, 0.05).threshold).not.toBeNull();
    expect(close.missing).toBeLessThan(500);
    expect(provenThreshold(all(500, 450), 0.95, 0.05)).toMatchObject({ threshold: null, missing: 0 });
  });
});
