import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Row } from '../../shared/lake/tables.ts';
import { runPaths, trainingOfferPath } from '../../shared/paths.ts';
import { seededRandom } from '../../shared/ports.ts';
import { markAbove, markBelow, trainingOffer } from '../../shared/review/training-offer.ts';
import { id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let store: TestTables;
let texts: Row[];
let reads: number;
let models: { training: Record<string, number> }[];
beforeEach(() => {
  store = openTestTables();
  texts = [];
  reads = 0;
  models = [];
});
afterEach(() => store.close());

const documentId = (at: number): string => id(0).slice(0, 56) + at.toString(16).padStart(8, '0');
const WORDS: Record<string, string[]> = {
  VAT: ['turnover', 'supply', 'refund', 'input', 'invoice', 'rate'],
  Customs: ['tariff', 'import', 'duty', 'origin', 'entry', 'goods'],
};

/** Documents, people's decisions on them, and what had been proposed. */
async function decide(from: number, count: number, proposed: (label: string, at: number) => string | null) {
  const random = seededRandom(from + 1);
  const pick = (list: readonly string[]) => list[Math.floor(random.next() * list.length)] ?? '';
  const rows = Array.from({ length: count }, (_, i) => {
    const at = from + i;
    const label = at % 2 === 0 ? 'VAT' : 'Customs';
    const words = Array.from({ length: 12 }, () =>
      pick(WORDS[random.next() < 0.6 ? label : label === 'VAT' ? 'Customs' : 'VAT'] ?? []),
    );
    texts.push({ document_id: documentId(at), text: `${words.join(' ')} n${at}` });
    return { at, label };
  });
  await store.lake.write(runPaths.extracted('r1', 'b00000'), 'there');
  await store.add(
    'results',
    rows.map(({ at }) => resultRow({ document_id: documentId(at), content_sha256: `c${at}` })),
  );
  await store.add(
    'feedback',
    rows.map(({ at, label }) => ({
      ...{ feedback_id: `f${at}`, document_id: documentId(at), run_id: 'r1', label, previous_label: null },
      ...{ reviewer: 'ann', note: null, content_sha256: `c${at}`, scored_label: proposed(label, at) },
      ...{ created_at: '2026-11-23T09:00:00.000Z', run_date: '2026-11-23' },
    })),
  );
}

const offer = () =>
  trainingOffer({
    lake: store.lake,
    query: store.query,
    registry: { list: async () => models as never },
    services: {
      parquet: {
        write: async () => {},
        read: async () => {
          reads++;
          return texts;
        },
      },
    },
  });

test('marks are 20, 50, 100, 200, 500 …', () => {
  expect([19, 20, 49, 50, 99, 100, 1999].map(markBelow)).toEqual([0, 20, 20, 50, 50, 100, 1000]);
  expect([0, 19, 20, 50, 100, 1999].map(markAbove)).toEqual([20, 20, 50, 100, 200, 2000]);
});

test('below twenty decisions none is due; from then on the gain is told, against what was proposed for the same documents', async () => {
  await decide(0, 19, () => 'VAT');
  expect(await offer()).toEqual({ decided: 19, learnt: 0, isDue: false, mark: 0, nextAt: 20, gain: null });
  await decide(19, 21, () => 'VAT');
  const made = await offer();
  expect(made).toMatchObject({ decided: 40, isDue: true, mark: 20, nextAt: 50 });
  const { gain } = made;
  expect(gain).toMatchObject({ documents: 40, before: { documents: 40, right: 0.5 }, aim: 0.95, alone: 0 });
  expect(gain!.before!.model).toBe(gain!.right);
  expect(gain!.right).toBeGreaterThan(0.55);
  expect([gain!.low < gain!.right, gain!.high > gain!.right]).toEqual([true, true]);
  expect(gain!.missing).toBeGreaterThanOrEqual(19); // 59 at least, near copies counted once
});

test('an estimate is made once for a mark and kept; a damaged one is made anew', async () => {
  await decide(0, 24, () => null);
  const { gain } = await offer();
  expect(gain).toMatchObject({ before: null });
  expect(reads).toBe(1);
  await decide(24, 10, () => null);
  expect((await offer()).gain).toEqual(gain);
  expect(reads).toBe(1);
  await store.lake.write(trainingOfferPath, '');
  await offer();
  expect(reads).toBe(2);
});

test('what a model has learnt already is not offered again until the next mark; decisions without texts are not judged', async () => {
  await decide(0, 30, () => null);
  models = [{ training: { rowsHuman: 25 } }, { training: {} }];
  expect(await offer()).toMatchObject({ learnt: 25, isDue: false, gain: null });
  await decide(30, 25, () => null);
  texts = texts.slice(0, 10);
  expect(await offer()).toMatchObject({ isDue: true, mark: 50, gain: null });
});
