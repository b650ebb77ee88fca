// What a run is over, in a few words of the lake itself: container and folder, file or data set. People know a run by this and its time.
import type { RunRecord } from './records.ts';

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

const join = (container: string, path: string): string => (path === '' ? container : `${container}/${path}`);
