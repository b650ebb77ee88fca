// Fuzzing of the document readers: every corpus file, mutated by a seeded generator, must end as text or as a code.
// `npm run fuzz extract -- --seconds 60 [--seed 1] [--corpus folder] [--slots 2]`; exit code 1 when a promise is broken. Small documents of every kind:
// `node test/documents/fuzz-seeds.ts <folder>`.
import { parseArgs } from 'node:util';
import { Extractor } from '../shared/documents/extract.ts';
import type { ExtractedDocument } from '../shared/documents/extracted-document.ts';
import type { ExtractLimits } from '../shared/documents/limits.ts';
import { isErrorCode } from '../shared/errors.ts';
import { type Random, seededRandom, silentLogger } from '../shared/ports.ts';
import { type CorpusFile, readCorpus, samplesFolder } from './corpus.ts';
import { mutatePart } from './mutate-package.ts';

const LIMITS: Partial<ExtractLimits> = {
  timeoutMs: 10_000,
  archiveTimeoutMs: 60_000,
  maxArchiveBytes: 256 * 1024 * 1024,
};
const GRACE_MS = 5000; // watch interval, process start, a retry

/** One damaged copy; every other one of a package is sound but for one of its parts. */
export function mutate(bytes: Buffer, other: Uint8Array, random: Random): Buffer {
  if (random.next() < 0.5) {
    const whole = mutatePart(bytes, Math.floor(random.next() * 65_536), (content) => damage(content, other, random));
    if (whole !== undefined) return whole;
  }
  return damage(bytes, other, random);
}

/** Cut, bits flipped, a stretch of another file spliced in, a stretch repeated, or bytes set to extremes. */
function damage(bytes: Uint8Array, other: Uint8Array, random: Random): Buffer {
  const pick = (n: number) => Math.floor(random.next() * Math.max(1, n));
  let result = Buffer.from(bytes);
  for (let round = 1 + pick(3); round > 0; round--) {
    const at = pick(result.length);
    const length = 1 + pick(Math.min(4096, result.length));
    switch (pick(5)) {
      case 0:
        result = result.subarray(0, at);
        break;
      case 1:
        for (let n = 1 + pick(32); n > 0; n--) {
          const i = pick(result.length);
          if (i < result.length) result[i] = result[i]! ^ (1 << pick(8)); // i < length
        }
        break;
      case 2: {
        const from = pick(other.length);
        result = Buffer.concat([result.subarray(0, at), other.subarray(from, from + length), result.subarray(at)]);
        break;
      }
      case 3:
        result = Buffer.concat([
          result.subarray(0, at + length),
          ...Array.from({ length: 1 + pick(20) }, () => result.subarray(at, at + length)),
          result.subarray(at + length),
        ]);
        break;
      default:
        for (let n = 1 + pick(16); n > 0; n--) {
          const i = pick(result.length);
          if (i < result.length) result[i] = [0, 0xff, 0x7f, 0x80][pick(4)]!; // pick(4) < 4
        }
    }
    result = Buffer.from(result);
  }
  return result;
}

/** What is wrong with an answer; undefined when it keeps the promises. */
export function brokenPromise(
  documents: readonly ExtractedDocument[],
  tookMs: number,
  limits: ExtractLimits,
): string | undefined {
  if (documents.length === 0) return 'no element at all';
  for (const { status, text, code, chars } of documents) {
    if (status === 'ok' && text.trim() === '') return 'empty text as success';
    if (status === 'ok' && code !== null) return 'a code with success';
    if (status === 'failed' && (code === null || !isErrorCode(code))) return 'a failure without a code';
    if (chars !== text.length || chars > limits.maxChars) return 'text beyond its limit';
  }
  if (documents.length === 1 && tookMs > 2 * limits.timeoutMs + GRACE_MS) return `took ${Math.round(tookMs)} ms`;
  return undefined;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      corpus: { type: 'string' },
      slots: { type: 'string', default: '2' },
    },
  });
  if (positionals[0] !== 'extract') {
    console.error('usage: npm run fuzz extract -- [--seconds 60] [--seed 1] [--corpus folder] [--slots 2]');
    return 2;
  }
  const corpus = readCorpus(values.corpus ?? samplesFolder());
  const slots = Number(values.slots);
  const extractor = new Extractor({ logger: silentLogger, slots, limits: LIMITS });
  const endMs = performance.now() + Number(values.seconds) * 1000;
  const tally = new Map<string, number>();
  const problems: string[] = [];
  let mutant = 0;
  const worker = async () => {
    while (performance.now() < endMs) {
      const number = mutant++;
      const random = seededRandom(Number(values.seed) * 1_000_003 + number);
      const choose = (): CorpusFile => corpus[Math.floor(random.next() * corpus.length)]!; // next() < 1
      const file = choose();
      const bytes = mutate(file.bytes, choose().bytes, random);
      const startedMs = performance.now();
      const documents = await extractor.extract({ name: file.name, bytes });
      const problem = brokenPromise(documents, performance.now() - startedMs, extractor.limits);
      if (problem !== undefined) problems.push(`${file.name}, mutant ${number}: ${problem}`);
      for (const { code, archivePath } of documents) {
        tally.set(code ?? 'ok', (tally.get(code ?? 'ok') ?? 0) + 1);
        if (code === 'extract.crashed' || code === 'extract.timeout' || code === 'extract.out-of-memory')
          console.error(
            `${code}: ${file.name}${archivePath === '' ? '' : `!/${archivePath}`}, mutant ${number} of seed ${values.seed}`,
          );
      }
    }
  };
  await Promise.all(Array.from({ length: slots }, worker));
  await extractor.close();
  console.log(
    JSON.stringify({ mutants: mutant, elements: Object.fromEntries([...tally].sort()), problems }, undefined, 2),
  );
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
