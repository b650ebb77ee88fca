import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSources } from '../../samples/generator/source.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import type { ExtractedDocument } from '../../shared/documents/extracted-document.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
const sources = readSources(join(SAMPLES, 'sources', 'documents'));
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const extracted = new Map<string, ExtractedDocument[]>();
let extractor: Extractor;

beforeAll(async () => {
  extractor = new Extractor({ logger: silent, ocr: 'local' });
  for (const path of new Set(sources.map((source) => source.path))) {
    const bytes = readFileSync(join(SAMPLES, 'documents', path));
    extracted.set(path, await extractor.extract({ name: basename(path), bytes }));
  }
}, 120_000);

afterAll(() => extractor.close());

describe('demo documents, read by the real extractor', () => {
  test('give exactly the rows of the truth, failed ones with the code written there', () => {
    const found = [...extracted].flatMap(([path, elements]) =>
      elements.map((element) => `${path} | ${element.archivePath} | ${element.code ?? 'read'}`),
    );
    const expected = sources.map((source) => `${source.path} | ${source.archivePath} | ${source.code || 'read'}`);
    expect(found.sort()).toEqual(expected.sort());
  });

  test('are recognised as English, all that can be read', () => {
    const languages = [...extracted.values()]
      .flat()
      .filter((element) => element.status === 'ok')
      .map((element) => element.language);
    expect([...new Set(languages)]).toEqual(['en']);
  });

  test('the report has thirty pages', () => {
    const report = extracted.get('reports/Benchmarking study contract manufacturing 2024.pdf');
    expect(report?.map((element) => element.pages)).toEqual([30]);
  });

  test('duplicates have the same content hash, inside the archive too', () => {
    const hash = (path: string, archivePath: string): string | undefined =>
      extracted.get(path)?.find((element) => element.archivePath === archivePath)?.contentSha256;
    expect(hash('invoices/copy of INV-88210 Datenhaus.pdf', '')).toBe(hash('invoices/INV-88210 Datenhaus.pdf', ''));
    expect(hash('Export SharePoint Tax 2025-05.zip', 'Transfer pricing/DEMPE interview brand team.md')).toBe(
      hash('notes/DEMPE interview brand team.md', ''),
    );
  });
});
