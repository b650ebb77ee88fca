// The version of this code, of package.json.
import { readFileSync } from 'node:fs';

/** Version of the code, stored with every row. */
export const PIPELINE_VERSION: string = readVersion();

function readVersion(): string {
  // The package file is two folders up when compiled (dist/shared), one as a source.
  const depth = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  return (JSON.parse(readFileSync(new URL(depth, import.meta.url), 'utf8')) as { version: string }).version;
}
