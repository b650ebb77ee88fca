// Benchmark of the document readers: documents/s, MB/s, p95 and peak memory per format, what isolation costs and a second reader brings.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Extractor } from '../shared/documents/extract.ts';
import type { ExtractedDocument } from '../shared/documents/extracted-document.ts';
import { sniff } from '../shared/documents/media-type.ts';
import { silentLogger } from '../shared/ports.ts';
import { type CorpusFile, readCorpus, samplesFolder } from './corpus.ts';
import { measureQuality, type Quality } from './extract-quality.ts';
import { measureTrust, type TrustCost } from './extract-trust.ts';
import { type IsolationResult, measureIsolation } from './isolation.ts';
import { longPdf, manyTextsZip } from './large-documents.ts';

interface FormatResult {
  format: string;
  documents: number;
  documentsPerSecond: number;
  mbPerSecond: number;
  p95Ms: number;
  /** Highest resident memory of a fresh reader that read only this format; null where /proc does not tell. */
  peakRssMb: number | null;
}

interface ExtractBench {
  corpusFiles: number;
  isolation: IsolationResult;
  longPdf: { pages: number; seconds: number; hostPeakMb: number };
  bigZip: { members: number; megabytes: number; seconds: number; hostPeakMb: number };
  formats: FormatResult[];
  /** What judging a page costs, over the PDFs with text. */
  trust: TrustCost;
  /** What is found, by us and by peers that are installed; empty without data. */
  quality: Quality[];
}

const MB = 1024 * 1024;
/** Beside the project. */
const DATA = '../shared/data';
const ROUNDS = 15;

/**
 * Entry for `npm run bench extract -- [--json] [--corpus folder] [--rounds n] [--data folder] [--tika jar] [--quality] [--trust]`.
 * --data is where docs-manifest.csv and cases/ lie; --quality measures only what is found, --trust only what judging a page costs.
 */
export async function run({ json, args }: { json: boolean; args: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    options: {
      corpus: { type: 'string' },
      rounds: { type: 'string' },
      data: { type: 'string' },
      tika: { type: 'string' },
      quality: { type: 'boolean' },
      trust: { type: 'boolean' },
    },
  });
  const folder = typeof values.corpus === 'string' ? values.corpus : samplesFolder();
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1 on');
  const data = typeof values.data === 'string' ? values.data : DATA;
  if (values.trust === true) {
    const trust = await measureTrust(readCorpus(folder), rounds);
    if (json) console.log(JSON.stringify({ trust }));
    else printTrust(trust);
    return;
  }
  const isThere = ['docs-manifest.csv', 'cases'].some((name) => existsSync(join(data, name)));
  const quality = isThere ? await measureQuality(data, typeof values.tika === 'string' ? values.tika : undefined) : [];
  if (values.quality === true) {
    if (json) console.log(JSON.stringify({ quality }));
    else printQuality(quality, data);
    return;
  }
  const corpus = readCorpus(folder);
  const result: ExtractBench = {
    corpusFiles: corpus.length,
    isolation: await measureIsolation(corpus, folder, rounds),
    longPdf: await readLongPdf(3000),
    bigZip: await readBigZip(5000, 200),
    formats: await readFormats(corpus),
    trust: await measureTrust(corpus, rounds),
    quality,
  };
  if (json) console.log(JSON.stringify(result));
  else {
    print(result);
    printTrust(result.trust);
    printQuality(quality, data);
  }
}

function printTrust({ documents, pages, readMs, checksMs, share }: TrustCost): void {
  console.log(
    `trust: ${round(checksMs)} of ${round(readMs)} ms for ${pages} pages of ${documents} PDFs with text, ${round(100 * share)} %`,
  );
}

const round = (x: number) => Math.round(x * 100) / 100;

async function readFormats(corpus: readonly CorpusFile[]): Promise<FormatResult[]> {
  const groups = Map.groupBy(corpus, ({ name, bytes }) => sniff(bytes, name));
  const results: FormatResult[] = [];
  for (const [format, files] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const extractor = new Extractor({ logger: silentLogger, slots: 1 });
    for (const file of files) await extractor.extract(file); // warm
    const times: number[] = [];
    for (const file of files) {
      const startedMs = performance.now();
      await extractor.extract(file);
      times.push(performance.now() - startedMs);
    }
    const peakRssMb = peakMemoryMb(extractor.readerPids[0]);
    await extractor.close();
    const seconds = times.reduce((a, b) => a + b, 0) / 1000;
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    times.sort((a, b) => a - b);
    const p95Ms = times[Math.min(times.length - 1, Math.floor(times.length * 0.95))] ?? 0;
    results.push({
      format,
      documents: files.length,
      documentsPerSecond: round(files.length / seconds),
      mbPerSecond: round(bytes / MB / seconds),
      p95Ms: round(p95Ms),
      peakRssMb,
    });
  }
  return results;
}

function peakMemoryMb(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  } catch {
    return null; // no /proc
  }
}

async function readLongPdf(pages: number): Promise<ExtractBench['longPdf']> {
  const { documents, seconds, hostPeakMb } = await readOne('long.pdf', longPdf(pages));
  if (documents[0]?.pages !== pages)
    throw new Error(`bench: the long pdf must give ${pages} pages, gave ${documents[0]?.pages ?? documents[0]?.code}`);
  return { pages, seconds, hostPeakMb };
}

async function readBigZip(members: number, megabytes: number): Promise<ExtractBench['bigZip']> {
  const { documents, seconds, hostPeakMb } = await readOne('big.zip', manyTextsZip(members, megabytes * MB));
  const read = documents.filter((d) => d.status === 'ok').length;
  if (read !== members) throw new Error(`bench: the zip must give ${members} documents, gave ${read}`);
  return { members, megabytes, seconds, hostPeakMb };
}

async function readOne(
  name: string,
  bytes: Buffer,
): Promise<{ documents: ExtractedDocument[]; seconds: number; hostPeakMb: number }> {
  const extractor = new Extractor({ logger: silentLogger, slots: 1 });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const startedMs = performance.now();
  const documents = await extractor.extract({ name, bytes });
  const seconds = round((performance.now() - startedMs) / 1000);
  clearInterval(watch);
  await extractor.close();
  return { documents, seconds, hostPeakMb: Math.round(Math.max(peak, process.memoryUsage.rss()) / MB) };
}

function print(result: ExtractBench): void {
  const { formats, quality: _quality, ...rest } = result;
  console.log(rest);
  console.table(formats);
}

function printQuality(quality: readonly Quality[], data: string): void {
  if (quality.length === 0) console.log(`nothing to compare words with in ${data} (--data <folder>)`);
  const share = (part: number, of: number) => `${part} of ${of} (${((100 * part) / Math.max(1, of)).toFixed(1)} %)`;
  for (const { reader, skipped, words, cases } of quality) {
    if (skipped !== null) console.log(`${reader}: skipped, ${skipped}`);
    else
      console.log(
        [
          `${reader}: words ${words === null ? '-' : share(words.found, words.of)}`,
          ...Object.entries(cases).map(([name, { held, of }]) => `cases/${name} ${share(held, of)}`),
        ].join(', '),
      );
  }
}
