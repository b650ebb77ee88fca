// Reads every sample with the code of an app folder and, with `--libraries`, loads every library it names. Run by check-package.ts in a process of
// its own; of the build only the samples are wanted: it names emulators too, which begin when they are loaded.
// Arguments: app folder, samples folder. Prints one JSON line: what could not be loaded, and a digest of each text that was read.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Extractor, ExtractorOptions } from '../../shared/documents/extract.ts';
import { type Logger, systemClock } from '../../shared/ports.ts';
import { LEFT_OUT, packageOf, REQUIRED_LATER } from './bundle.ts';
import type { PackageManifest } from './package.ts';
import { importedNames } from './prune.ts';

export interface Use {
  libraries: number;
  /** `name: reason` of each that could not be loaded. */
  missing: string[];
  /** Did telemetry load and begin? */
  hasTelemetry: boolean;
  /** Sample → status, code, media type, and a digest of the text, one per element. */
  read: Record<string, string[]>;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function loadLibraries(app: string): Promise<Pick<Use, 'libraries' | 'missing'>> {
  const entry = join(app, 'dist/functions/index.js');
  const require = createRequire(entry);
  const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as PackageManifest;
  // The bundle holds texts that look like imports: only packages that the app asks for count, or that are there.
  const isMeant = (name: string): boolean =>
    packageOf(name) in dependencies || existsSync(join(app, 'node_modules', packageOf(name)));
  const names = [...new Set([...LEFT_OUT, ...[...importedNames(join(app, 'dist'))].filter(isMeant)])].sort();
  const missing: string[] = [];
  for (const name of names) {
    try {
      if (/\.(json|wasm|ttf)$/.test(name)) require.resolve(name);
      else if (name in REQUIRED_LATER)
        require(name); // the package has no more of it
      else await import(import.meta.resolve(name, pathToFileURL(entry).href));
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  return { libraries: names.length, missing };
}

/** Telemetry loads more of its library when it begins; nobody listens where it sends. */
async function beginTelemetry(app: string): Promise<boolean> {
  const module = pathToFileURL(join(app, 'dist/shared/azure/telemetry.js')).href;
  const { beginTelemetry: begin } = (await import(module)) as typeof import('../../shared/azure/telemetry.ts');
  let began = true;
  const logger: Logger = {
    ...silent,
    error: () => {
      began = false;
    },
  };
  const telemetry = begin({
    connectionString: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
    ingestionUrl: 'http://127.0.0.1:9',
    version: 'check',
    instanceId: 'check',
    clock: systemClock,
  });
  telemetry.tee(logger);
  await telemetry.flush();
  await telemetry.close();
  return began;
}

async function readSamples(app: string, samples: string): Promise<Use['read']> {
  const { Extractor: Reads } = (await import(pathToFileURL(join(app, 'dist/shared/documents/extract.js')).href)) as {
    Extractor: new (options: ExtractorOptions) => Extractor;
  };
  const extractor = new Reads({ logger: silent, slots: 1, ocr: 'local' });
  const read: Use['read'] = {};
  const files = readdirSync(samples, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { name, parentPath } of files) {
    const elements = await extractor.extract({ name, bytes: readFileSync(join(parentPath, name)) });
    read[name] = elements.map(({ status, code, mediaType, text }) =>
      [status, code, mediaType, createHash('sha256').update(text).digest('hex').slice(0, 16)].join(' '),
    );
  }
  await extractor.close();
  return read;
}

const [app = '', samples = '', wish] = process.argv.slice(2);
const use: Use = {
  ...(wish === '--libraries' ? await loadLibraries(app) : { libraries: 0, missing: [] }),
  read: await readSamples(app, samples),
  hasTelemetry: await beginTelemetry(app),
};
process.stdout.write(`${JSON.stringify(use)}\n`, () => process.exit(0));
