// The table of bands against a Map.
import { expect, test } from 'vitest';
import { seededRandom } from '../../shared/ports.ts';
import { FirstInBand } from '../../shared/training/first-in-band.ts';

test('as many keys as it was made for, zeros and negative numbers among them: each tells the number that came with it first', () => {
  for (const most of [0, 1, 2, 3, 13, 1000]) {
    const random = seededRandom(most);
    const firstInBand = new FirstInBand(most);
    const first = new Map<string, number>();
    const draw = () => Math.floor(random.next() * 40) - 20;
    for (let own = 0; own < 10 * most; own++) {
      // highs in one place of the table, and keys that differ in their lows alone
      const [high, low] = [draw() * 2 ** 20, draw()];
      const known = first.get(`${high} ${low}`);
      if (known === undefined && first.size === most) continue;
      expect(firstInBand.firstOf(high, low, own)).toBe(known);
      if (known === undefined) first.set(`${high} ${low}`, own);
    }
  }
});
