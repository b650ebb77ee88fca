import { describe, expect, test } from 'vitest';
import {
  apiQuery,
  chipsOf,
  dateOf,
  momentOf,
  readFilter,
  shareOf,
  withField,
} from '../../../../dashboard/src/views/documents/filter.ts';

describe('documents filter', () => {
  test('reads the fields of an address and leaves out what is empty or foreign', () => {
    expect(readFilter({ label: 'Customs', status: '', utm: 'x', search: 'inv 7' })).toEqual({
      label: 'Customs',
      search: 'inv 7',
    });
    expect(readFilter({ similarity: '0.5', status: 'review' })).toEqual({ status: 'review' });
  });

  test('a field is set, replaced and taken away without touching the others', () => {
    const one = withField({ label: 'Customs' }, 'status', 'review');
    expect(one).toEqual({ label: 'Customs', status: 'review' });
    expect(withField(one, 'label', 'VAT')).toEqual({ label: 'VAT', status: 'review' });
    expect(withField(one, 'label', '')).toEqual({ status: 'review' });
    expect(withField(one, 'label', undefined)).toEqual({ status: 'review' });
  });

  test('equal filters ask one question, whatever the order they were set in', () => {
    const a = withField(withField({}, 'label', 'A & B'), 'search', 'x');
    const b = withField(withField({}, 'search', 'x'), 'label', 'A & B');
    expect(apiQuery(a, { limit: 100 })).toBe('?search=x&label=A+%26+B&limit=100');
    expect(apiQuery(b, { limit: 100 })).toBe(apiQuery(a, { limit: 100 }));
    expect(apiQuery({})).toBe('');
  });

  test('chips say what is set in words', () => {
    const chips = chipsOf(
      { status: 'review', minConfidence: '0.555', from: '2026-05-03T00:00:00.000Z', to: 'nonsense' },
      (iso) => iso.slice(0, 10),
    );
    expect(chips.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'Status in review',
      'Decided from 2026-05-03',
      'Decided before nonsense',
      'Confidence from 55.5 %',
    ]);
  });

  test('a day of the viewer becomes its first and last moment, and comes back', () => {
    for (const offset of [0, 1] as const) {
      const moment = momentOf('2026-12-31', offset);
      expect(new Date(moment ?? '').getDate()).toBe(offset === 0 ? 31 : 1);
      expect(new Date(moment ?? '').getHours()).toBe(0);
      expect(dateOf(moment, offset)).toBe('2026-12-31');
    }
    expect(momentOf('', 0)).toBeUndefined();
    expect(dateOf(undefined, 0)).toBe('');
    expect(dateOf('nonsense', 0)).toBe('');
  });

  test('percentages become shares within 0 and 1', () => {
    expect([shareOf('55,5'), shareOf('120'), shareOf('-3'), shareOf(''), shareOf('abc')]).toEqual([
      '0.555',
      '1',
      '0',
      undefined,
      undefined,
    ]);
  });

  test('the mode of choosing stands in the address and is never asked of the API; how alike goes with what it is like', () => {
    const filter = readFilter({ select: '1', like: 'abc', similarity: '0.6', status: 'review' });
    expect(apiQuery(filter)).toBe('?like=abc&similarity=0.6&status=review');
    expect(withField(filter, 'like', undefined)).toEqual({ select: '1', status: 'review' });
    expect(withField(filter, 'select', undefined)).not.toHaveProperty('select');
    expect(chipsOf(filter, String).map(({ field }) => field)).toEqual(['like', 'similarity', 'status']);
  });
});
