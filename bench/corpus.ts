// The documents that benchmarks and fuzzing work on: a folder given by the user, or the samples.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CorpusFile {
  name: string;
  bytes: Buffer;
}

/** Files of a folder, recursively, sorted by name. */
export function readCorpus(folder: string): CorpusFile[] {
  const files: CorpusFile[] = [];
  const visit = (path: string) => {
    for (const entry of readdirSync(path).sort()) {
      const child = join(path, entry);
      if (statSync(child).isDirectory()) visit(child);
      else files.push({ name: relative(folder, child), bytes: readFileSync(child) });
    }
  };
  visit(folder);
  return files;
}

/** `samples/documents` of the project, from the sources or from dist/. */
export function samplesFolder(): string {
  const up = import.meta.url.includes('/dist/') ? '../../samples/documents' : '../samples/documents';
  return fileURLToPath(new URL(up, import.meta.url));
}
