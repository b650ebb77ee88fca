// Benchmark of drawing pages: pages/s of one process and of two, how long the first page takes, peak memory of a process.
// Usage: npm run bench pages -- [--json] [--corpus folder] [--rounds n]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PageRenderer, type PageSource } from '../shared/documents/pages/renderer.ts';
import { sha256Hex } from '../shared/ids.ts';
import { silentLogger } from '../shared/ports.ts';
import { type CorpusFile, readCorpus, samplesFolder } from './corpus.ts';

interface Drawn {
  slots: number;
  pages: number;
  pagesPerSecond: number;
  /** User and system time of the processes. */
  cpuMsPerPage: number | null;
  peakRssMb: number | null;
}
interface PagesBench {
  /** From the request: with no process there, and with one started ahead. */
  firstPageMs: { cold: number; ahead: number };
  pdf: Drawn[];
  kiloBytesPerPage: number;
}

const WIDTH = 1000;
const ROUNDS = 3;
/** A warmed process is idle by then. */
const AHEAD_MS = 3000;

export async function run({ json, args }: { json: boolean; args: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    ...{ args: [...args], allowPositionals: true, strict: false },
    options: { corpus: { type: 'string' }, rounds: { type: 'string' } },
  });
  const folder = typeof values.corpus === 'string' ? values.corpus : samplesFolder();
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1 on');
  const files = readCorpus(folder).filter(({ bytes }) => bytes.subarray(0, 5).toString() === '%PDF-');
  const pdf: Drawn[] = [];
  let bytes = 0;
  for (const slots of [1, 2]) {
    const { drawn, pngBytes } = await drawAll(files, slots, rounds);
    pdf.push(drawn);
    bytes = pngBytes / Math.max(1, drawn.pages);
  }
  const firstPageMs = { cold: await firstPage(files, false), ahead: await firstPage(files, true) };
  const result: PagesBench = { firstPageMs, pdf, kiloBytesPerPage: Math.round(bytes / 102.4) / 10 };
  if (json) console.log(JSON.stringify(result));
  else print(result);
}

function sourceOf({ name, bytes }: Pick<CorpusFile, 'name' | 'bytes'>, round = 0): PageSource {
  const contentSha256 = sha256Hex(bytes);
  return {
    key: `${contentSha256}-${round}`, // each round opens it anew
    load: async () => ({ kind: 'file', name, archivePath: '', contentSha256, bytes }),
  };
}

async function drawAll(files: readonly CorpusFile[], slots: number, rounds: number) {
  const renderer = new PageRenderer({ logger: silentLogger, slots });
  const warm = await drawDocuments(renderer, files, -1);
  const [first, before] = [renderer.pids.join(), cpuMsOf(renderer.pids)];
  const startedMs = performance.now();
  let [pages, pngBytes] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const drawn = await drawDocuments(renderer, files, round);
    pages += drawn.pages;
    pngBytes += drawn.pngBytes;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const after = cpuMsOf(renderer.pids);
  const peakRssMb = Math.max(...renderer.pids.map(peakMemoryMb));
  await renderer.close();
  if (warm.pages === 0) throw new Error('no PDF in the corpus can be drawn');
  // A process that was replaced meanwhile took its count with it.
  const isWhole = before !== null && after !== null && renderer.pids.join() === first;
  const cpuMs = isWhole ? (after - before) / pages : null;
  const drawn: Drawn = {
    ...{ slots, pages, pagesPerSecond: round1(pages / seconds) },
    cpuMsPerPage: cpuMs === null ? null : round1(cpuMs),
    peakRssMb: Number.isFinite(peakRssMb) ? Math.round(peakRssMb) : null,
  };
  return { drawn, pngBytes };
}

async function drawDocuments(renderer: PageRenderer, files: readonly CorpusFile[], round: number) {
  let [pages, pngBytes] = [0, 0];
  await Promise.all(
    files.map(async (file) => {
      const source = sourceOf(file, round);
      for (let page = 1, last = 1; page <= last; page++) {
        const drawn = await renderer.draw(source, page, WIDTH).catch(() => undefined); // locked ones, and those made to fail
        if (drawn === undefined) return;
        last = drawn.pages;
        pages++;
        pngBytes += drawn.png.byteLength;
      }
    }),
  );
  return { pages, pngBytes };
}

async function firstPage(files: readonly CorpusFile[], isAhead: boolean): Promise<number> {
  const renderer = new PageRenderer({ logger: silentLogger, slots: 1 });
  if (isAhead) {
    renderer.warm();
    await new Promise((done) => setTimeout(done, AHEAD_MS));
  }
  const startedMs = performance.now();
  for (const file of files) {
    const drawn = await renderer.draw(sourceOf(file), 1, WIDTH).catch(() => undefined);
    if (drawn !== undefined) break;
  }
  const ms = Math.round(performance.now() - startedMs);
  await renderer.close();
  return ms;
}

/** User and system time, ms; null where /proc does not tell. */
function cpuMsOf(pids: readonly number[]): number | null {
  try {
    return pids.reduce((sum, pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return sum + (Number(fields[11]) + Number(fields[12])) * 10; // ticks of 10 ms
    }, 0);
  } catch {
    return null;
  }
}

function peakMemoryMb(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

const round1 = (x: number): number => Math.round(x * 10) / 10;

function print({ firstPageMs, pdf, kiloBytesPerPage }: PagesBench): void {
  for (const { slots, pages, pagesPerSecond, cpuMsPerPage, peakRssMb } of pdf)
    console.log(
      `${slots} process(es): ${pagesPerSecond} pages/s (${pages} pages of PDF, ${WIDTH} px), ${cpuMsPerPage ?? '?'} ms CPU a page, peak ${peakRssMb ?? '?'} MB`,
    );
  console.log(
    `first page: ${firstPageMs.cold} ms without a process, ${firstPageMs.ahead} ms with one started ahead; ${kiloBytesPerPage} kB a page`,
  );
}
