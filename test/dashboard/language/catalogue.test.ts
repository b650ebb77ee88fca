// Two languages, one catalogue: everything shown stands in it, and German says all that English says.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bytes, count, decimal, duration, list, money, percent, when } from '../../../dashboard/src/format.ts';
import { catalogue } from '../../../dashboard/src/language/catalogue.ts';
import { firstLanguage, language, german as loaded, localeOf } from '../../../dashboard/src/language/language.ts';
import { german } from '../../../dashboard/src/words/german.ts';
import { findShown } from './shown-strings.ts';

const SOURCES = join(import.meta.dirname, '../../../dashboard/src');
const WORDS = join(SOURCES, 'words');

afterEach(() => {
  language.value = 'en';
  loaded.catalogues = {};
});

/** Data, not words: what is the same in every language. */
const DATA: Readonly<Record<string, readonly string[]>> = {
  'app.tsx': ['Sluice'], // the name
  'main.tsx': ['index.html has no element #app'], // a defect of the build
  'parts/page/look.ts': ['needs-ocr:'], // a code
  'parts/title.ts': ['0 · Sluice'],
  'api.ts': ['ApiError'], // name of a class of errors
  'format.ts': ['0 s', '0 min 0 s', '0 h 0 min'], // symbols of the SI
  'parts/states.tsx': ['· HTTP 0'],
  'views/run/format-names.ts': [
    'Word',
    'Excel',
    'PowerPoint',
    'Word 97–2003',
    'Excel 97–2003',
    'PowerPoint 97–2003',
    'Markdown',
  ],
  'views/run/rerun-form.ts': ['npx sluice rerun'], // a command
  // names of products, and a command
  'views/sources.tsx': ['SharePoint', 'OneDrive', 'Exchange'],
  // keys of the catalogue
  'views/models/training-steps.ts': ['read', 'check', 'final'],
  // names of containers, and what a path may look like
  'views/runs/start-run-fields.tsx': ['imports', 'landing', 'letters-2025/', 'letters.parquet', 'text'],
};

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));

const shownBy = (file: string): string[] =>
  findShown(file, readFileSync(join(SOURCES, file), 'utf8'))
    .filter(({ text }) => DATA[file]?.includes(text) !== true)
    .map(({ line, text }) => `${file}:${line} ${text}`);

describe('language: what is shown stands in the catalogue', () => {
  test('the scan sees text, attributes, templates, choices and names; and no plumbing', () => {
    const code = `
      import { x } from './Other file.ts';
      const NAMES = { a: 'Two words', kind: 'plain', note: 'documents' };
      const path = text.split(' of ');
      export const A = ({ n, isOn }) => (
        <p class="dim and small" title="Tip" data-x="y">
          Seen {isOn ? 'on' : \`off \${n}\`} <code>npm start</code>
          <Tile tone="good" name="name" note={\`\${n} left\`} facts={[['cost', n]]} />
          {n === 'Some words' && n}
        </p>
      );`;
    expect(findShown('a.tsx', code).map(({ text }) => text)).toEqual([
      'Two words',
      'documents',
      'Tip',
      'Seen',
      'on',
      'off 0',
      'name',
      '0 left',
      'cost',
    ]);
  });

  test('no source shows a text of its own', () => {
    const scanned = files.filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words/'));
    const found = scanned.flatMap(shownBy);
    expect(scanned.length).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });
});

describe('language: German says all that English says', () => {
  const catalogues = readdirSync(WORDS).filter((file) => file.endsWith('.ts') && file !== 'german.ts');

  test.each(catalogues)('%s', async (file) => {
    const { words } = (await import(join(WORDS, file))) as { words: Record<string, unknown> };
    const translated = german[file.slice(0, -3) as keyof typeof german] as unknown as Record<string, unknown>; // just named
    expect(Object.keys(translated ?? {}).sort()).toEqual(Object.keys(words).sort());
  });

  test('no German text has straight quotes, three dots, or an ellipsis stuck to a word', () => {
    const sources = readdirSync(join(WORDS, 'german')).map((file) => readFileSync(join(WORDS, 'german', file), 'utf8'));
    expect(sources.flatMap((code) => code.match(/\.{3}(?!\w)|\p{L}…|[^\\]".*"|“[^„]*“/gu) ?? [])).toEqual([]);
  });
});

describe('language: which one', () => {
  test('what was chosen holds; otherwise the first the browser asks for that the page has; otherwise English', () => {
    expect(firstLanguage('de', ['en-US'])).toBe('de');
    expect(firstLanguage(null, ['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(firstLanguage(null, ['en-GB', 'de'])).toBe('en');
    expect(firstLanguage('xx', ['fr'])).toBe('en');
  });

  test('numbers and times follow the chosen language, as they are written where the browser is at home', () => {
    expect(localeOf('de', ['en-US', 'de-CH'])).toBe('de-CH');
    expect(localeOf('de', ['en-US'])).toBe('de');
    expect(localeOf('en', ['de-DE'])).toBe('en');
  });

  test('everything is formatted by the chosen language', () => {
    const all = () =>
      [
        count(12_345),
        decimal(0.93),
        money(0.0009),
        percent(0.973, 1),
        duration(2.94),
        bytes(1_450_000),
        list(['a', 'b', 'c']),
        when('2026-11-30T14:05:00'),
      ]
        .join(' | ')
        .replaceAll('\u00a0', ' ')
        .replaceAll('\u202f', ' ');
    expect(all()).toBe('12,345 | 0.93 | $0.0009 | 97.3% | 2.9 s | 1.5 MB | a, b, and c | Nov 30, 2026, 2:05 PM');
    language.value = 'de';
    expect(all()).toBe('12.345 | 0,93 | 0,0009 $ | 97,3 % | 2,9 s | 1,5 MB | a, b und c | 30. Nov. 2026, 14:05');
  });

  test('a catalogue speaks the chosen language, and English where German is not there', () => {
    const words = catalogue('try', { hello: 'Hello', many: (n: number) => `${n} runs` });
    loaded.catalogues = { try: { hello: 'Guten Tag' } };
    expect([words.hello, words.many(2)]).toEqual(['Hello', '2 runs']);
    language.value = 'de';
    expect([words.hello, words.many(2)]).toEqual(['Guten Tag', '2 runs']);
  });
});
