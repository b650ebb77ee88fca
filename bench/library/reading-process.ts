// A process that reads documents with the readers of one build, given as the folder of a built checkout, and says what it cost.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExtractLimits } from '../../shared/documents/limits.ts';
import type { Walk } from '../../shared/documents/walk.ts';

export interface ReadOrder {
  paths: string[];
}

export interface ReadAnswer {
  cpuMs: number;
  chars: number;
}

const checkout = process.argv[2] ?? '.';
const load = (name: string) => import(pathToFileURL(join(checkout, 'dist/shared/documents', name)).href);
// `as`: other builds of the same modules.
const walks = (await load('walk.js')) as { Walk: typeof Walk };
const { defaultExtractLimits } = (await load('limits.js')) as { defaultExtractLimits: ExtractLimits };

process.on('message', ({ paths }: ReadOrder) => {
  void measure(paths).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));

async function measure(paths: readonly string[]): Promise<ReadAnswer> {
  const files = paths.map((path) => ({ name: basename(path), bytes: readFileSync(path) }));
  const before = process.cpuUsage();
  let chars = 0;
  for (const { name, bytes } of files) chars += await read(name, bytes);
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, chars };
}

/** @returns characters of its leaves */
async function read(name: string, bytes: Uint8Array): Promise<number> {
  let chars = 0;
  const request = { kind: 'read' as const, id: 1, name, bytes, resumeAfter: -1, poison: [] };
  const walk = new walks.Walk(request, defaultExtractLimits, 'off', {
    begin: () => undefined,
    progress: () => undefined,
    leaf: async (leaf) => {
      chars += leaf.text.length;
    },
  });
  await walk.run();
  return chars;
}
