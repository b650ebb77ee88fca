// Cut prompts and other tokenizers, told apart by what was read of them.

import { describe, expect, test } from 'vitest';
import type { Lessons } from '../../../shared/llm/deployments/lessons.ts';
import { type PromptRead, readingOf, shareLesson } from '../../../shared/llm/deployments/prompt-read.ts';
import fc from '../../fakes/property.ts';

const prompt = (sent: number, read: number): PromptRead => ({ sent, read });

describe('prompts: what was read of them', () => {
  test.each<[string, PromptRead, Lessons, PromptRead[], string]>([
    ['a little less is another way to count', prompt(1000, 940), {}, [], 'whole'],
    ['the size of a context', prompt(5500, 4096), {}, [], 'cut'],
    ['far less', prompt(5500, 3001), {}, [], 'cut'],
    ['85 % the first time', prompt(5500, 4700), {}, [], 'suspect'],
    ['the same read of about the same prompt', prompt(5500, 4700), {}, [prompt(5400, 4701)], 'suspect'],
    ['the same read of a longer one', prompt(5500, 4700), {}, [prompt(6400, 4701)], 'cut'],
    ['the same read of a shorter one', prompt(6400, 4700), {}, [prompt(5500, 4700)], 'cut'],
    [
      'the same again, where a shorter one was read whole',
      prompt(5500, 4700),
      {},
      [prompt(5400, 4700), prompt(2500, 2490)],
      'cut',
    ],
    ['less than of a much shorter one', prompt(6000, 4000), {}, [prompt(4200, 4190)], 'cut'],
    ['85 % of everything', prompt(5500, 4675), {}, [prompt(2700, 2295)], 'whole'],
    ['more was read of a longer one', prompt(5500, 4675), {}, [prompt(6400, 5440)], 'whole'],
    ['less than of any other, a longer one among them', prompt(5500, 4400), {}, [prompt(6400, 6390)], 'suspect'],
    ['all of a context that is known', prompt(4710, 4700), { contextTokens: 4700 }, [], 'suspect'],
    ['a tokenizer that is known', prompt(5500, 4675), { tokenShare: 0.85 }, [], 'whole'],
    ['less than a tokenizer that is known counts', prompt(5500, 4300), { tokenShare: 0.85 }, [], 'suspect'],
  ])('%s', (_name, now, lessons, before, expected) => {
    expect(readingOf(now, lessons, before)).toBe(expected);
  });

  const sizes = fc.array(fc.integer({ min: 800, max: 12_000 }), { minLength: 3, maxLength: 30 });
  const run = (sent: readonly number[], readOf: (sent: number) => number) => {
    const reads: PromptRead[] = [];
    let lessons: Lessons = {};
    return sent.map((tokens) => {
      const now = prompt(tokens, readOf(tokens));
      const reading = readingOf(now, lessons, reads);
      reads.push(now);
      if (reads.length > 16) reads.shift();
      if (reading === 'whole') lessons = { ...lessons, ...shareLesson(now, lessons) };
      return { ...now, reading };
    });
  };

  test('no prompt that lacks a twentieth is ever taken for whole, whatever the context', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 900, max: 9000 }), (sent, context) => {
        const lost = run(sent, (tokens) => Math.min(tokens, context)).filter(
          ({ sent: s, read, reading }) => reading === 'whole' && s - read >= 64 && read < 0.95 * s,
        );
        expect(lost).toEqual([]);
      }),
      { seed: 7 },
    );
  });

  test('another tokenizer costs a few answers, not one of each prompt, and is never taken for a context', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.65, max: 0.94, noNaN: true }), (sent, share) => {
        const seen = run(sent, (tokens) => Math.round(tokens * share) | 1); // odd: no multiple of a context by chance
        expect(seen.filter(({ reading }) => reading === 'cut')).toEqual([]);
        // each of another size than all before: once it is larger or smaller than one before, it is proven
        expect(seen.filter(({ reading }) => reading === 'suspect').length).toBeLessThanOrEqual(3);
      }),
      { seed: 7 },
    );
  });
});
