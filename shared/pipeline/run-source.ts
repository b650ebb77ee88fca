// What a run is over, in a few words of the lake itself: container and folder, file or data set. People know a run by this and its time.
import type { RunRequest } from '../api/runs.ts';
import { importDoneFolder } from '../paths.ts';
import type { RunRecord } from './records.ts';
import type { PipelineServices } from './services.ts';

/** The hash that makes the name of an import: `letters-0123456789ab` (cli/import-folder.ts, the page's drop area). */
const IMPORT_HASH = /-[0-9a-f]{12}$/;

/** @returns e.g. `imports/letters`, `landing/a.pdf +2`; `landing` for uploads; a re-run is over what the run it repeats is over */
export function runSource({ request, rerun, over }: Pick<RunRecord, 'request' | 'rerun' | 'over'>): string {
  if (rerun !== null) return over ?? rerun.runId;
  if (request === null) return 'landing';
  const { source } = request;
  switch (source.kind) {
    case 'prefix':
      return join(source.container, source.prefix.replace(/\/+$/, '').replace(IMPORT_HASH, ''));
    case 'paths':
      return `${join(source.container, source.paths[0] ?? '')}${source.paths.length > 1 ? ` +${source.paths.length - 1}` : ''}`;
    case 'dataset':
      return join(source.container, source.path);
  }
}

/**
 * The source that a person means by what runs are called: `letters` in imports is the newest import of that name, where no folder is called so.
 * Whatever is there under its own name is meant itself.
 */
export async function meantSource(
  { lake, sources }: Pick<PipelineServices, 'lake' | 'sources'>,
  source: RunRequest['source'],
): Promise<RunRequest['source']> {
  if (source.kind !== 'prefix' || source.container !== 'imports') return source;
  const name = source.prefix.replace(/\/+$/, '');
  if (name === '' || name.includes('/') || IMPORT_HASH.test(name)) return source;
  for await (const _ of sources.imports.list(name)) return source;
  let newest: { prefix: string; lastModified: number } | undefined;
  for await (const { path, lastModified } of lake.list(importDoneFolder)) {
    const prefix = path.slice(importDoneFolder.length + 1).replace(/\.json$/, '');
    if (!IMPORT_HASH.test(prefix) || prefix.replace(IMPORT_HASH, '') !== name) continue;
    if (newest === undefined || lastModified > newest.lastModified) newest = { prefix, lastModified };
  }
  return newest === undefined ? source : { ...source, prefix: newest.prefix };
}

const join = (container: string, path: string): string => (path === '' ? container : `${container}/${path}`);
