// Real documents with a manifest of what they hold; they are not part of the project.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../shared/documents/extract.ts';
import type { ExtractedDocument } from '../../shared/documents/extracted-document.ts';
import { silentLogger } from '../../shared/ports.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const MANIFEST = `${DATA}docs-manifest.csv`;

interface Row {
  path: string;
  status: string;
  snippet: string;
}

// References that are not the document's text: named here so that they are neither counted nor hidden.
const WRONG_REFERENCES = new Map([
  ['kz__html_only.eml', 'HTML source with tags and style sheet'],
  ['un__mime-html-only.eml', 'HTML source with tags'],
  ['kz__trackedChanges.odt', 'authors and dates of tracked changes, and deleted text'],
  ['un__fake-power-point-table.pptx', 'id of a table style'],
  ['ti__testPPT.pptx', 'words of another file'],
  ['un__fake-doc.rtf', 'error message of the reference tool'],
  ['kz__unicode.rtf', 'question marks and glued letters for characters the reference tool did not know'],
  ['kz__accent.rtf', 'accented letters dropped by the reference tool'],
  ['ti__testRTFUnicodeUCNControlWordCharacterDoubling.rtf', 'bytes of a code page the reference tool did not know'],
]);

// What a row that is not plainly readable may end as.
const CODES_OF_STATUS: Readonly<Record<string, readonly string[]>> = {
  empty: ['extract.empty'],
  encrypted: ['extract.encrypted'],
  scan: ['extract.needs-ocr'],
  damaged: ['ok', 'extract.corrupt', 'extract.needs-ocr'],
  trap: ['extract.empty'],
};
// Protected against copying only: the text is there for everybody who can open the file.
const READABLE_THOUGH_ENCRYPTED = /owner_empty/;

function parseCsv(text: string): string[][] {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\r?\n|$)/g)];
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

function readManifest(): Row[] {
  const [head = [], ...rows] = parseCsv(readFileSync(MANIFEST, 'utf8'));
  const column = (name: string) => head.indexOf(name);
  return rows.map((row) => ({
    path: row[column('path')] ?? '',
    status: row[column('status')] ?? '',
    snippet: row[column('expected_text_snippet')] ?? '',
  }));
}

const fold = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Words of the snippet and those among them that the text lacks. */
function missingWords(snippet: string, text: string): { words: string[]; missing: string[] } {
  const words = fold(snippet).split(' ').filter(Boolean);
  if (snippet.length >= 240) words.pop(); // cut in the middle of a word
  const folded = fold(text);
  const present = new Set(folded.split(' '));
  const squeezed = folded.replaceAll(' ', '');
  return {
    words,
    missing: words.filter((word) => !present.has(word) && !(word.length >= 4 && squeezed.includes(word))),
  };
}

describe.skipIf(!existsSync(MANIFEST))('corpus of real documents (skipped: ../shared/data is absent)', () => {
  const results = new Map<string, ExtractedDocument[]>();
  let rows: Row[] = [];

  beforeAll(async () => {
    rows = readManifest();
    const extractor = new Extractor({ logger: silentLogger, slots: 2 });
    await Promise.all(
      rows.map(async ({ path }) => {
        results.set(
          path,
          await extractor.extract({ name: path.replace(/^docs\//, ''), bytes: readFileSync(DATA + path) }),
        );
      }),
    );
    await extractor.close();
  });
  afterAll(() => results.clear());

  const nameOf = (row: Row) => row.path.replace(/^docs\//, '');
  const elementsOf = (row: Row) => results.get(row.path) ?? [];

  test('at least 98 % of the expected words are found', () => {
    let total = 0;
    const missed: string[] = [];
    for (const row of rows) {
      if (row.status !== 'ok' || row.snippet === '' || WRONG_REFERENCES.has(nameOf(row))) continue;
      const { words, missing } = missingWords(
        row.snippet,
        elementsOf(row)
          .map((d) => d.text)
          .join('\n'),
      );
      total += words.length;
      missed.push(...missing.map((word) => `${nameOf(row)}: ${word}`));
    }
    expect(total).toBeGreaterThan(1000);
    expect(1 - missed.length / total, missed.join('\n')).toBeGreaterThanOrEqual(0.98);
  });

  test('no document ends as empty text with success, and every failure has a code', () => {
    for (const row of rows)
      for (const { status, text, code } of elementsOf(row)) {
        if (status === 'ok') expect(text.trim(), row.path).not.toBe('');
        else expect(code, row.path).not.toBeNull();
      }
    expect(rows.every((row) => elementsOf(row).length > 0)).toBe(true);
  });

  test('every row that is not plainly readable gets the code that fits', () => {
    const wrong = rows.flatMap((row) => {
      const allowed = CODES_OF_STATUS[row.status];
      if (allowed === undefined || READABLE_THOUGH_ENCRYPTED.test(row.path)) return [];
      const found = elementsOf(row).map((d) => d.code ?? d.status);
      return found.some((code) => allowed.includes(code))
        ? []
        : [`${row.path}: ${row.status} became ${found.join(', ')}`];
    });
    expect(wrong).toEqual([]);
  });
});
