import { expect, test } from 'vitest';
import { wordHashes } from '../../shared/features/word-hashes.ts';
import fc from '../fakes/property.ts';

/** A character that has the text read as a whole. */
const FAR = '漢';

const plain = Array.from({ length: 0x20d0 }, (_, code) => String.fromCharCode(code));

test('words of Latin, Greek and Cyrillic letters are those of the text in NFKC and small letters', () => {
  const far = wordHashes(FAR);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...plain), { maxLength: 30 }), (chars) => {
      const text = chars.join('');
      expect([...wordHashes(text), ...far]).toEqual(wordHashes(`${text} ${FAR}`));
    }),
    { numRuns: 3000 },
  );
  // each by itself, before and behind others
  for (const char of plain)
    for (const text of [char, `a${char}`, `${char}b`, `Ä${char}Ö ${char}`, `ΑΣ${char} Σ`])
      expect([...wordHashes(text), ...far], `U+${char.charCodeAt(0).toString(16)}`).toEqual(
        wordHashes(`${text} ${FAR}`),
      );
});

test('case and punctuation do not count', () => {
  expect(wordHashes('GRÖSSE, „Straße“ – Ёлка… 3')).toEqual(wordHashes('grösse straße ёлка 3'));
  expect(wordHashes('ΟΔΟΣ')).toEqual(wordHashes('οδος'));
  expect(wordHashes(' .,-– ')).toEqual([]);
});
