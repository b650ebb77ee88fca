import { describe, expect, test } from 'vitest';
import { clean, joinPages } from '../../shared/documents/clean.ts';
import fc from '../fakes/property.ts';

const messy = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      'Z',
      '-',
      '\u2010',
      '\n',
      '\r',
      '\r\n',
      '\t',
      ' ',
      '\u00ad',
      '\u200b',
      '\ufb01',
      '\ufefb',
      '\u0301',
      '\u00a0',
      '\f',
      '\0',
      '\u2028',
      '\ud800',
      'é',
      '\u1100',
      '\u1161',
      '1',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

describe('clean', () => {
  test('is idempotent', () => {
    fc.assert(
      fc.property(messy, (text) => {
        const once = clean(text);
        expect(clean(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  test('leaves no control, zero-width or soft-hyphen character', () => {
    fc.assert(fc.property(messy, (text) => !/[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\ufeff]/.test(clean(text))));
  });

  test('joins words over line ends but keeps ranges and lists', () => {
    expect(clean('the regu-\nlation of 2020-\n2021, sub-\nItem')).toBe('the regulation of 2020-\n2021, sub-\nItem');
    expect(clean('im\u00adpor\u00ad\n  tant of\ufb01ce')).toBe('important office');
  });
});

describe('joinPages', () => {
  const page = (n: number) => `ACME Ltd\nReport\n\nBody of page ${n} with words ${'x'.repeat(n)}\n\nPage ${n} of 6`;

  test('keeps a repeated header and a page number once', () => {
    const text = joinPages([1, 2, 3, 4, 5, 6].map(page));
    expect(text.match(/ACME Ltd/g)).toHaveLength(1);
    expect(text.match(/Page \d of 6/g)).toEqual(['Page 1 of 6']);
    expect(text.match(/Body of page/g)).toHaveLength(6);
  });

  test('keeps lines that differ in other numbers than the page', () => {
    const rows = [12, 99, 45, 7, 80].map((n) => `Total ${n}\nmiddle ${n}\nlast ${n * 3}`);
    expect(joinPages(rows)).toBe(rows.join('\n\n'));
  });

  test('is clean: pages side by side need no second cleaning', () => {
    fc.assert(
      fc.property(fc.array(messy, { maxLength: 7 }), (pages) => {
        const text = joinPages(pages);
        expect(clean(text)).toBe(text);
        if (pages.length < 4) expect(text).toBe(clean(pages.map(clean).join('\n\n')));
      }),
      { numRuns: 2000 },
    );
  });

  test('leaves short documents alone', () => {
    expect(joinPages(['same', 'same', 'same'])).toBe('same\n\nsame\n\nsame');
  });
});
