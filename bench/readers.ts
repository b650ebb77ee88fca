// Benchmark of the readers alone: bytes to leaf in one process, per format, as milliseconds of processor time a document.
// `npm run bench readers -- [--json] [--corpus folder] [--rounds 8] [--only xlsx,xls] [--against <built checkout>]`; with the last both builds take
// turns, each in a process of its own, and the ratio of their least rounds is told. One round warms up.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sniff } from '../shared/documents/media-type.ts';
import type { wasmFlags } from '../shared/documents/wasm-flags.ts';
import { readCorpus, samplesFolder } from './corpus.ts';
import type { ReadAnswer, ReadOrder } from './library/reading-process.ts';

/** Beside the project. */
const DATA = '../shared/data/docs';

interface FormatCost {
  format: string;
  documents: number;
  /** CPU of the least round, per document. */
  ms: number;
  beforeMs?: number;
  /** After by before. */
  ratio?: number;
  /** Characters of text, of all documents. */
  chars: number;
  charsBefore?: number;
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      corpus: { type: 'string' },
      rounds: { type: 'string', default: '8' },
      only: { type: 'string' },
      against: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1 on');
  const folder = values.corpus ?? (existsSync(DATA) ? DATA : samplesFolder());
  const only = values.only?.split(',');
  const groups = Map.groupBy(readCorpus(folder), ({ name, bytes }) => formatOf(sniff(bytes, name), name));
  const here = await Readers.start(resolve('.'));
  const before = values.against === undefined ? undefined : await Readers.start(resolve(values.against));
  const found: FormatCost[] = [];
  try {
    for (const [format, files] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (only !== undefined && !only.includes(format)) continue;
      const paths = files.map(({ name }) => join(resolve(folder), name));
      const turns = before === undefined ? [here] : [before, here];
      const least = new Map<Readers, ReadAnswer>();
      for (let round = -1; round < rounds; round++)
        for (const side of turns) {
          const answer = await side.read(paths);
          if (round >= 0 && answer.cpuMs < (least.get(side)?.cpuMs ?? Number.POSITIVE_INFINITY))
            least.set(side, answer);
        }
      found.push(costOf(format, files.length, least.get(here)!, before && least.get(before))); // every side had a round
    }
  } finally {
    here.close();
    before?.close();
  }
  const total = sumOf(found);
  if (json) process.stdout.write(`${JSON.stringify({ folder, rounds, formats: found, total })}\n`);
  else for (const cost of [...found, total]) process.stdout.write(`${lineOf(cost)}\n`);
}

/** The name people have for it; what is none (a text) goes by its type. */
function formatOf(mediaType: string, name: string): string {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase();
  return ending ?? mediaType;
}

const hundredths = (x: number) => Math.round(x * 100) / 100;
const thousandths = (x: number) => Math.round(x * 1000) / 1000;

function costOf(format: string, documents: number, now: ReadAnswer, before: ReadAnswer | undefined): FormatCost {
  const cost = { format, documents, ms: thousandths(now.cpuMs / documents), chars: now.chars };
  if (before === undefined) return cost;
  return {
    ...cost,
    beforeMs: thousandths(before.cpuMs / documents),
    ratio: hundredths(now.cpuMs / before.cpuMs),
    charsBefore: before.chars,
  };
}

function sumOf(costs: readonly FormatCost[]): FormatCost {
  const sum = (of: (cost: FormatCost) => number | undefined) => costs.reduce((all, cost) => all + (of(cost) ?? 0), 0);
  const documents = sum((cost) => cost.documents);
  const now = { cpuMs: sum((cost) => cost.ms * cost.documents), chars: sum((cost) => cost.chars) };
  const isCompared = costs.some((cost) => cost.beforeMs !== undefined);
  const before = {
    cpuMs: sum((cost) => (cost.beforeMs ?? 0) * cost.documents),
    chars: sum((cost) => cost.charsBefore),
  };
  return costOf('all', documents, now, isCompared ? before : undefined);
}

function lineOf({ format, documents, ms, beforeMs, ratio, chars, charsBefore }: FormatCost): string {
  const told = `${format.padEnd(10)}${String(documents).padStart(4)} documents  ${ms.toFixed(3).padStart(9)} ms  ${chars} characters`;
  return beforeMs === undefined ? told : `${told}  before ${beforeMs.toFixed(3)} ms, ${charsBefore}: ratio ${ratio}`;
}

/** The readers of one build, in a process that reads what it is told to. */
class Readers {
  readonly #process: ChildProcess;

  private constructor(checkout: string, flags: readonly string[]) {
    const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
    const entry = join(import.meta.dirname, `library/reading-process.${extension}`);
    this.#process = fork(entry, [checkout], { execArgv: [...process.execArgv, ...flags] });
  }

  /** With the flags for WebAssembly that the build starts its readers with, if it has any. */
  static async start(checkout: string): Promise<Readers> {
    const module = join(checkout, 'dist/shared/documents/wasm-flags.js');
    if (!existsSync(module)) return new Readers(checkout, []);
    const { wasmFlags: flagsOf } = (await import(pathToFileURL(module).href)) as { wasmFlags: typeof wasmFlags }; // `as`: of another build
    return new Readers(checkout, flagsOf(process.versions.v8));
  }

  async read(paths: string[]): Promise<ReadAnswer> {
    const over = new AbortController();
    const died = once(this.#process, 'exit', { signal: over.signal }).then(([code]) => {
      throw new Error(`bench: a reader ended (${code})`);
    });
    const answered = once(this.#process, 'message', { signal: over.signal });
    this.#process.send({ paths } satisfies ReadOrder);
    try {
      const [answer] = await Promise.race([answered, died]);
      return answer as ReadAnswer; // `as`: our own process
    } finally {
      died.catch(() => undefined); // nobody listens any more
      answered.catch(() => undefined);
      over.abort();
    }
  }

  close(): void {
    this.#process.kill();
  }
}
