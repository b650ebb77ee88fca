// Where this project lies, seen from its sources and from its build.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: where package.json, host.json and samples/ are. */
export const appFolder = (): string => {
  const here = dirname(fileURLToPath(import.meta.url));
  return resolve(here, here.endsWith('dist/cli') || here.endsWith('dist\\cli') ? '../..' : '..');
};
