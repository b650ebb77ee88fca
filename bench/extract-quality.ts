// What readers find of documents whose words are known: of a corpus with a manifest, and of small documents with one fault each; ours and peers' that
// are installed. A corpus lies in a folder `docs` beside `docs-manifest.csv`, the small documents in `cases/docs` and `cases/controls` with `expected.tsv`.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Extractor } from '../shared/documents/extract.ts';
import { silentLogger } from '../shared/ports.ts';
import { readCorpus } from './corpus.ts';
import { openPeers, type Read } from './document-peers.ts';

export interface Quality {
  reader: string;
  /** Why nothing was measured; null when it was. */
  skipped: string | null;
  /** Words of the manifest found, of all; null without a manifest. */
  words: { found: number; of: number } | null;
  /** Cases that hold, of all, by folder. */
  cases: Record<string, CasesHeld>;
}

export interface CasesHeld {
  held: number;
  of: number;
  /** Files whose case does not hold. */
  missed: string[];
}

/** @param folder  of the data sets; without them there is nothing to measure */
export async function measureQuality(folder: string, tikaJar?: string): Promise<Quality[]> {
  const results = [await measureOurs('sluice', 'off', folder), await measureOurs('sluice, local OCR', 'local', folder)];
  for (const [reader, peer] of await openPeers(tikaJar)) {
    if (typeof peer === 'string') results.push({ reader, skipped: peer, words: null, cases: {} });
    else results.push(await measure(reader, peer, folder));
  }
  return results;
}

async function measureOurs(reader: string, ocr: 'off' | 'local', folder: string): Promise<Quality> {
  const extractor = new Extractor({ logger: silentLogger, slots: 2, ocr });
  try {
    return await measure(reader, readBy(extractor), folder);
  } finally {
    await extractor.close();
  }
}

/** What our reader says of a file. */
export function readBy(extractor: Extractor): Read {
  return async (file) => {
    const documents = await extractor.extract(file);
    const codes = documents.flatMap(({ code, warnings }) => [
      code ?? '',
      ...(warnings.some((warning) => warning.startsWith('needs-ocr')) ? ['extract.needs-ocr'] : []),
    ]);
    const told = documents.map(({ text, archivePath, warnings }) =>
      [archivePath, text, ...warnings.map((warning) => `warn:${warning}`)].join('\n'),
    );
    return { text: told.join('\n'), codes };
  };
}

async function measure(reader: string, read: Read, folder: string): Promise<Quality> {
  const safe: Read = (file) => read(file).catch(() => ({ text: '', codes: [] })); // a file it cannot read has no words
  const manifest = join(folder, 'docs-manifest.csv');
  const words = existsSync(manifest) ? await wordsFound(safe, join(folder, 'docs'), manifest) : null;
  const cases: Quality['cases'] = {};
  for (const name of ['docs', 'controls']) {
    const own = join(folder, 'cases', name);
    if (existsSync(join(own, 'expected.tsv'))) cases[name] = await casesHeld(safe, own);
  }
  return { reader, skipped: null, words, cases };
}

const fold = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** References are cut after so many characters, often within a word. */
const REFERENCE_CHARS = 240;

async function wordsFound(read: Read, folder: string, manifest: string): Promise<{ found: number; of: number }> {
  const [head = [], ...rows] = parseCsv(readFileSync(manifest, 'utf8'));
  const cell = (row: readonly string[], name: string) => row[head.indexOf(name)] ?? '';
  const total = { found: 0, of: 0 };
  for (const row of rows) {
    const reference = cell(row, 'expected_text_snippet');
    if (cell(row, 'status') !== 'ok' || reference === '') continue;
    const name = cell(row, 'path').replace(/^docs\//, '');
    const words = fold(reference).split(' ').filter(Boolean);
    if (reference.length >= REFERENCE_CHARS) words.pop();
    const text = fold((await read({ name, bytes: readFileSync(join(folder, name)) })).text);
    const [present, squeezed] = [new Set(text.split(' ')), text.replaceAll(' ', '')];
    total.of += words.length;
    total.found += words.filter((word) => present.has(word) || (word.length >= 4 && squeezed.includes(word))).length;
  }
  return total;
}

/** A case holds when all that must be found is, and nothing that must not; or when a code says that it could not be read. */
export async function casesHeld(
  read: Read,
  folder: string,
  only: (name: string) => boolean = () => true,
): Promise<CasesHeld> {
  const files = new Map(readCorpus(folder).map((file) => [basename(file.name), file]));
  const rows = readFileSync(join(folder, 'expected.tsv'), 'utf8').split('\n').slice(1);
  const total: CasesHeld = { held: 0, of: 0, missed: [] };
  for (const row of rows) {
    const [name = '', , find = '', forbidden = '', code = ''] = row.split('\t');
    const file = files.get(name);
    if (file === undefined || !only(name)) continue;
    const { text, codes } = await read(file);
    const body = text.replaceAll('\u00a0', ' ');
    const wanted = find.startsWith('re:') ? [find] : find.split(' | ');
    const isFound = wanted.every((w) =>
      w.startsWith('re:') ? new RegExp(w.slice(3), 'u').test(body) : body.includes(w),
    );
    const isClean = forbidden === '' || !forbidden.split(' | ').some((w) => body.includes(w));
    total.of += 1;
    if ((isFound && isClean) || (code !== '' && codes.includes(code))) total.held += 1;
    else total.missed.push(name);
  }
  return total;
}

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of text.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
