import { expect, test } from 'vitest';
import { excerpt } from '../../docs/site/browser/excerpt.ts';
import { searchIn } from '../../docs/site/browser/search.ts';
import fc from '../fakes/property.ts';

const find = searchIn([
  ['settings', 'Settings', 'llm_tpm', 'LLM_TPM', 'Tokens per minute that the deployment may be asked for'],
  ['llm', 'The LLM stage', 'quota', 'Quota', 'LLM_TPM and LLM_RPM are shared by all instances'],
  ['lake', 'The lake', '', 'The lake', 'Delta tables, and how erasure removes a document'],
]);

test('search: every word must be there, a beginning is enough, a name beats a mention', () => {
  expect(find('llm_tpm').map(({ href }) => href)).toEqual(['settings.html#llm_tpm', 'llm.html#quota']);
  expect(find('tokens minute').map(({ href }) => href)).toEqual(['settings.html#llm_tpm']);
  expect(find('eras').map(({ href }) => href)).toEqual(['lake.html']);
  expect(find('tokens erasure')).toEqual([]);
  expect(find('?!')).toEqual([]);
});

test('search: a slip in a long word is forgiven, and the word as it stands is what is marked', () => {
  expect(find('erazure')[0]?.words).toEqual(new Set(['erasure']));
});

test('excerpt: shows the text around what was found, with the words apart', () => {
  const text = `${'filler '.repeat(40)}the quota of a deployment, Quota again. ${'filler '.repeat(40)}`;
  const pieces = excerpt(text, new Set(['quota']), 120);
  expect(pieces.filter(({ isFound }) => isFound).map((piece) => piece.text)).toEqual(['quota', 'Quota']);
  expect(pieces[0]?.text).toBe('… ');
  expect(pieces.at(-1)?.text).toBe(' …');
});

test('excerpt: the pieces are a part of the text in order, whatever the text and the words are', () => {
  const word = fc.constantFrom('a', 'Bär', 'c1', '—', 'x'.repeat(80), '.');
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 60 }),
      fc.array(word),
      fc.integer({ min: 20, max: 200 }),
      (words, asked, most) => {
        const text = words.join(' ');
        const shown = excerpt(text, new Set(asked.map((one) => one.toLowerCase())), most)
          .map((piece) => piece.text)
          .join('')
          .replace(/^… /, '')
          .replace(/ …$/, '');
        expect(text).toContain(shown);
        expect(shown.length).toBeLessThanOrEqual(most);
      },
    ),
  );
});
