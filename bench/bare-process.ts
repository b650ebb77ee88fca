// Child of the isolation benchmark: the document readers in a plain process without limits, queue or answers.
// Takes {folder} first, then a list of file numbers per pass; answers each pass with its times.
import { defaultExtractLimits } from '../shared/documents/limits.ts';
import { Walk } from '../shared/documents/walk.ts';
import { type CorpusFile, readCorpus } from './corpus.ts';

export interface BarePass {
  wallMs: number;
  /** User and system time of all threads. */
  cpuMs: number;
  /** Milliseconds per file, in the order asked. */
  fileMs: number[];
}

let corpus: CorpusFile[] = [];
const output = { begin() {}, progress() {}, leaf: async () => {} };

async function pass(files: readonly number[]): Promise<BarePass> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const fileMs: number[] = [];
  for (const file of files) {
    const fileStartedMs = performance.now();
    const { name, bytes } = corpus[file]!; // the parent counts the same folder
    const request = { kind: 'read' as const, id: 0, name, bytes, resumeAfter: -1, poison: [] };
    await new Walk(request, defaultExtractLimits, 'off', output).run();
    fileMs.push(performance.now() - fileStartedMs);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000, fileMs };
}

process.on('message', async (message: { folder: string } | number[]) => {
  if (Array.isArray(message)) process.send?.(await pass(message));
  else corpus = readCorpus(message.folder);
});
process.on('disconnect', () => process.exit(0));
