import { describe, expect, test } from 'vitest';
import { roomiest } from '../../shared/documents/ahead.ts';

const job = (isLight: boolean, size = 100) => ({ isLight, source: { bytes: new Uint8Array(size) } });
const reader = (name: string, ...jobs: ReturnType<typeof job>[]) => ({ name, jobs });
const jobs = (count: number, isLight: boolean) => Array.from({ length: count }, () => job(isLight));

/** Documents that readers take, by turns of the one with the most room. */
function taken(readers: number, isLight: boolean, waiting: number): number[] {
  const all = Array.from({ length: readers }, (_, n) => reader(String(n), job(isLight)));
  for (let left = waiting; left > 0; left--) {
    const next = roomiest(all, job(isLight), left);
    if (next === undefined) break;
    next.jobs.push(job(isLight));
  }
  return all.map(({ jobs: held }) => held.length);
}

describe('ahead', () => {
  test('while many wait every reader holds four documents, towards the end two, so that no slow one holds up others', () => {
    expect(taken(2, false, 100)).toEqual([4, 4]);
    expect(taken(2, false, 10)).toEqual([2, 2]);
    expect(taken(3, false, 2)).toEqual([2, 2, 1]);
  });

  test('plain texts, which cannot hang, are held sixteen at a time, and not behind others', () => {
    expect(taken(1, true, 100)).toEqual([16]);
    expect(roomiest([reader('a', ...jobs(5, true))], job(false), 100)).toBeUndefined();
    expect(roomiest([reader('a', job(false), ...jobs(3, true))], job(true), 100)).toBeUndefined();
  });

  test('the reader with the fewest documents is chosen', () => {
    const readers = [reader('a', ...jobs(3, false)), reader('b', ...jobs(1, false)), reader('c', ...jobs(2, false))];
    expect(roomiest(readers, job(false), 100)?.name).toBe('b');
  });

  test('a large document waits for an idle reader: its bytes are not kept twice', () => {
    expect(roomiest([reader('a', job(true))], job(false, 1024 * 1024 + 1), 100)).toBeUndefined();
    expect(roomiest([], job(true), 100)).toBeUndefined();
  });
});
