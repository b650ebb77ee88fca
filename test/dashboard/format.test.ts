import { describe, expect, test } from 'vitest';
import { ago, bytes, count, duration, fullPath, money, percent } from '../../dashboard/src/format.ts';

describe('format', () => {
  test('money: small amounts keep the places that tell them apart, large ones none', () => {
    expect([0, 0.0000021, 0.00205, 0.0312, 1.256, 1234.56].map(money)).toEqual([
      '$0',
      '$0.000002',
      '$0.0021',
      '$0.031',
      '$1.26',
      '$1,235',
    ]);
  });

  test('duration: seconds with a tenth when short, then minutes, then hours', () => {
    expect([0, 0.42, 9.96, 42, 185, 7810].map(duration)).toEqual([
      '0 s',
      '0.4 s',
      '10 s',
      '42 s',
      '3 min 5 s',
      '2 h 10 min',
    ]);
  });

  test('ago: the largest unit that fits; a clock that runs behind never says the future', () => {
    const now = Date.parse('2025-05-01T12:00:00Z');
    expect(ago('2025-05-01T11:57:00Z', now)).toBe('3 minutes ago');
    expect(ago('2025-04-29T11:57:00Z', now)).toBe('2 days ago');
    expect(ago('2025-05-01T12:00:05Z', now)).toBe('now');
  });

  test('bytes: one digit after the point, in powers of a thousand', () => {
    expect([0, 999, 1400, 2_500_000, 5_000_000_000_000].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.4 kB',
      '2.5 MB',
      '5,000 GB',
    ]);
  });

  test('numbers and shares are grouped and rounded', () => {
    expect([count(1234567), percent(0.97314, 1), percent(0.5)]).toEqual(['1,234,567', '97.3%', '50%']);
  });

  test('fullPath: members of archives are shown behind the archive, level by level', () => {
    expect(fullPath('a.zip', 'b.zip!/c.txt')).toBe('a.zip ▸ b.zip ▸ c.txt');
    expect(fullPath('a.txt', '')).toBe('a.txt');
  });
});
