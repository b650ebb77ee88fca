import { afterEach, expect, test } from 'vitest';
import {
  nameOf,
  nameReviewer,
  recallReviewer,
  reviewerHeaders,
  reviewerName,
} from '../../dashboard/src/reviewer-name.ts';
import { parseReviewer } from '../../shared/api/reviewer.ts';
import fc from '../fakes/property.ts';

afterEach(() => {
  reviewerName.value = '';
});

test('reviewer name: whatever is typed becomes nothing, or a name that the API takes as it is', () => {
  const typed = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 130 }),
    fc.string({ unit: 'grapheme', maxLength: 130 }),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const name = nameOf(text);
      expect(nameOf(name)).toBe(name);
      if (name !== '') expect(parseReviewer(encodeURIComponent(name))).toBe(name);
    }),
  );
  expect([nameOf('  Zoë  Müller\n'), nameOf('\u202Eevil'), nameOf(' … '), nameOf('')]).toEqual([
    'Zoë Müller',
    'evil',
    '',
    '',
  ]);
});

test('reviewer name: it is remembered, forgotten when it is emptied, and never sent for who is signed in', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  nameReviewer('Zoë Müller', storage);
  reviewerName.value = '';
  recallReviewer(storage);
  expect(reviewerHeaders(false)).toEqual({ 'x-sluice-reviewer': 'Zo%C3%AB%20M%C3%BCller' });
  expect(reviewerHeaders(true)).toEqual({});
  nameReviewer(' ', storage);
  expect(kept.size).toBe(0);
  expect(reviewerHeaders(false)).toEqual({});
});
