import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { parse } from 'node:path/posix';
import { describe, expect, test } from 'vitest';
import { truthCsv } from '../../samples/generator/documents.ts';
import { parseSource, readSources } from '../../samples/generator/source.ts';
import { isErrorCode } from '../../shared/errors.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
const sources = readSources(join(SAMPLES, 'sources', 'documents'));
const taxonomy = parseTaxonomy(JSON.parse(readFileSync(join(SAMPLES, 'taxonomy.json'), 'utf8')));
const labels = taxonomy.labels.map((label) => label.name);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

describe('demo documents', () => {
  test('truth.csv is the truth written in the sources', () => {
    expect(readFileSync(join(SAMPLES, 'truth.csv'), 'utf8')).toBe(truthCsv(sources));
  });

  test('truth names every file in the folder and no other', () => {
    expect(filesBelow(join(SAMPLES, 'documents'))).toEqual([...new Set(sources.map((source) => source.path))].sort());
  });

  test('every document has a label of the taxonomy or a failure code of the closed list', () => {
    for (const source of sources)
      expect(source.expect === 'failed' ? isErrorCode(source.code) : labels.includes(source.label), source.id).toBe(
        true,
      );
  });

  test('there are at least 60 documents, 8 or more per label, in all eleven formats, below 3 MB', () => {
    expect(sources.length).toBeGreaterThanOrEqual(60);
    for (const label of labels)
      expect(sources.filter((source) => source.label === label).length, label).toBeGreaterThanOrEqual(8);
    const extensions = new Set(sources.flatMap(({ path, archivePath }) => [extname(path), extname(archivePath)]));
    expect([...extensions].filter((extension) => extension !== '').sort()).toEqual(
      ['.csv', '.docx', '.eml', '.html', '.jsonl', '.md', '.pdf', '.pptx', '.txt', '.xlsx', '.zip'].sort(),
    );
    const sizes = filesBelow(join(SAMPLES, 'documents')).map((file) => statSync(join(SAMPLES, 'documents', file)).size);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(3_000_000);
  });

  test('exact duplicates have the same bytes, in the folder as well as in the archive', () => {
    const bytes = (path: string): string => readFileSync(join(SAMPLES, 'documents', path)).toString('base64');
    expect(bytes('invoices/copy of INV-88210 Datenhaus.pdf')).toBe(bytes('invoices/INV-88210 Datenhaus.pdf'));
    const twins = sources.filter(
      (source) => parse(source.archivePath || source.path).base === 'DEMPE interview brand team.md',
    );
    expect(twins.map((twin) => twin.body)).toEqual([twins[0]?.body, twins[0]?.body]);
  });

  test('a source without header, path, or with a code that contradicts its expectation is refused by name', () => {
    expect(() => parseSource('a.md', 'text')).toThrow(/a\.md: need a header/);
    expect(() => parseSource('b.md', '---\nlabel: X\n---\n')).toThrow(/b\.md: need a path/);
    expect(() => parseSource('c.md', '---\npath: x.txt\nlabel: X\ncode: extract.empty\n---\n')).toThrow(
      /c\.md: a failed/,
    );
    expect(() => parseSource('d.md', '---\npath: x.txt\nexpect: maybe\n---\n')).toThrow(
      /d\.md: need labelled or failed/,
    );
    expect(() => parseSource('e.md', '---\npath\n---\n')).toThrow(/e\.md: need "field: value"/);
  });
});

describe('training texts', () => {
  const texts = readFileSync(join(SAMPLES, 'training.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; label: string });

  test('are at least 600, all different, the same number for each label', () => {
    expect(texts.length).toBeGreaterThanOrEqual(600);
    expect(new Set(texts.map((text) => text.text)).size).toBe(texts.length);
    for (const label of labels)
      expect(texts.filter((text) => text.label === label).length, label).toBe(texts.length / labels.length);
  });

  test('have 10 to 250 words and leave no slot or choice unfilled', () => {
    const lengths = texts.map((text) => text.text.split(/\s+/).length).sort((a, b) => a - b);
    expect(lengths[0]).toBeGreaterThanOrEqual(10);
    expect(lengths.at(-1)).toBeLessThanOrEqual(250);
    expect(lengths.at(-1)).toBeGreaterThan(150);
    expect(texts.filter((text) => /[{}]/.test(text.text))).toEqual([]);
  });
});
