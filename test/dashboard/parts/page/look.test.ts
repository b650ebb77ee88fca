import { describe, expect, test } from 'vitest';
import { doubtfulPages, FIRST_LOOK, LOOK_KEYS, looked, widthFor } from '../../../../dashboard/src/parts/page/look.ts';

describe('look', () => {
  test('pages end at the first and the last; while nobody knows how many there are, the first stays', () => {
    const second = looked(FIRST_LOOK, 'next-page', 2);
    expect(second.page).toBe(2);
    expect(looked(second, 'next-page', 2)).toEqual(second);
    expect(looked(looked(second, 'previous-page', 2), 'previous-page', 2).page).toBe(1);
    expect(looked(FIRST_LOOK, 'next-page', undefined).page).toBe(1);
  });

  test('closer and farther go by steps and end; four turns are none; the whole page is upright again', () => {
    let look = FIRST_LOOK;
    for (let i = 0; i < 9; i++) look = looked(look, 'closer', 1);
    expect(look.zoom).toBe(3);
    for (let i = 0; i < 9; i++) look = looked(look, 'farther', 1);
    expect(look.zoom).toBe(1);
    for (let i = 0; i < 4; i++) look = looked(look, 'turn', 1);
    expect(look).toEqual(FIRST_LOOK);
    expect(looked({ page: 2, zoom: 2, quarters: 3 }, 'whole', 2)).toEqual({ page: 2, zoom: 1, quarters: 0 });
  });

  test('keys leave digits of labels alone, and more pixels are asked for only where the screen shows them', () => {
    expect(Object.keys(LOOK_KEYS).filter((key) => /[1-9]/.test(key))).toEqual([]);
    expect(widthFor(440, 1, 1)).toBe(1000);
    expect(widthFor(440, 1, 3)).toBe(2000);
    expect(widthFor(600, 2, 1)).toBe(2000);
  });

  test('pages that warnings name as not read, each once, in order', () => {
    const warnings = [
      'needs-ocr: 3 page(s) not read (9, 3, 12, …)',
      'needs-ocr: lines of 1 page(s) cannot be decoded (3)',
      'needs-ocr: the image not read',
      'formulas: 2 cells (7)',
    ];
    expect(doubtfulPages(warnings)).toEqual([3, 9, 12]);
    expect(doubtfulPages([])).toEqual([]);
  });
});
