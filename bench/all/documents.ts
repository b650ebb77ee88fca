// Parts of `npm run bench all` about documents: reading, redacting and drawing them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { here, inFolder, line, measured, type Options, other, type Told } from './line.ts';

interface ReadersResult {
  formats: { format: string; documents: number; ms: number; beforeMs?: number }[];
  total: { documents: number; ms: number; beforeMs?: number };
}

export function readers({ against, rounds }: Options): Told[] {
  const result = measured(here, 'readers', ['--rounds', rounds, ...other(against)]) as ReadersResult; // `as`: its own output
  const all = [...result.formats, { ...result.total, format: 'all formats' }];
  return all.map(({ format, documents, ms, beforeMs }) =>
    line('readers', `${format}: bytes to leaf, CPU a document (${documents})`, 'ms', ms, beforeMs),
  );
}

/** Small texts in one process. */
export function texts({ against, rounds }: Options): Told[] {
  return inFolder((corpus) => {
    const samples = readFileSync(join(here, 'samples/training.jsonl'), 'utf8').trim().split('\n');
    for (let i = 0; i < 400; i++) {
      const { text } = JSON.parse(samples[i % samples.length] ?? '') as { text: string }; // our own samples
      writeFileSync(join(corpus, `${i}.txt`), `${text} Reference ${i}.`);
    }
    const told = measured(here, 'readers', ['--corpus', corpus, '--rounds', rounds, ...other(against)]);
    const { ms, beforeMs } = (told as ReadersResult).total; // as above
    return [line('readers', 'a small text: bytes to leaf, CPU', 'ms', ms, beforeMs)];
  });
}

interface RedactResult {
  mbPerCpuSecond: Record<string, number>;
  before?: { mbPerCpuSecond: Record<string, number> };
}

export function redact({ against }: Options): Told[] {
  const sizes = ['--megabytes', '0.8', '--tables', '1'];
  const { mbPerCpuSecond, before } = measured(here, 'redact', [...sizes, ...other(against)]) as RedactResult; // as above
  return Object.entries(mbPerCpuSecond).map(([kind, rate]) =>
    line('redact', `redaction of ${kind}, per second of CPU`, 'MB', rate, before?.mbPerCpuSecond[kind]),
  );
}

interface PagesResult {
  firstPageMs: { cold: number; ahead: number };
  pdf: { slots: number; pagesPerSecond: number; cpuMsPerPage: number | null; peakRssMb: number | null }[];
  kiloBytesPerPage: number;
}

/** Builds of before draw no pages. */
export function pages(): Told[] {
  const { firstPageMs, pdf, kiloBytesPerPage } = measured(here, 'pages', []) as PagesResult; // as above
  const drawn = (what: string, unit: string, after: number) => line('pages', what, unit, after, undefined);
  return [
    drawn('the first page of a PDF as a picture, its process to be started, wall', 'ms', firstPageMs.cold),
    drawn('the first page of a PDF as a picture, its process started ahead, wall', 'ms', firstPageMs.ahead),
    drawn('a page of a PDF as a picture, bytes', 'kB', kiloBytesPerPage),
    ...pdf.flatMap(({ slots, pagesPerSecond, cpuMsPerPage, peakRssMb }) => [
      drawn(`pages of PDFs per second of wall, ${slots} process(es)`, '', pagesPerSecond),
      ...(cpuMsPerPage === null ? [] : [drawn(`a page of a PDF, ${slots} process(es), CPU`, 'ms', cpuMsPerPage)]),
      ...(peakRssMb === null ? [] : [drawn(`drawing pages, ${slots} process(es), peak of one`, 'MB', peakRssMb)]),
    ]),
  ];
}
