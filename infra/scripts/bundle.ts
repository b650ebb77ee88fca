// The code of the deployed package: every compiled file at its own path, but what all functions load at start is two files: the libraries, and our own
// code; what their first call loads beside it is a third.
// A cold start pays for each file it looks up and opens, and for each character it parses: half of its time is V8 reading source text.
// Invariants: B1 what is loaded lazily stays in node_modules, heavy or not. B2 the Azure Functions library is never bundled: the worker
// gives it its core module. B3 paths that code derives from its own place (reader process, page, package.json) stay true. B4 what
// a process of its own may load (reader, encoders) is a file apart, so that it loads none of the rest. B5 libraries that only an `import()` asks for (the
// SDKs of Azure) are a file apart from those that every start needs.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type RolldownOptions, rolldown } from 'rolldown';
import { minify } from 'rolldown/utils';

/** Libraries that the functions import at start. What these import is bundled with them. */
export const BUNDLED: ReadonlySet<string> = new Set([
  '@azure/core-http-compat',
  '@azure/core-rest-pipeline',
  '@azure/data-tables',
  '@azure/identity',
  '@azure/storage-blob',
  '@azure/storage-file-datalake',
  'croner',
  'durable-functions',
  'p-limit',
  'stopword',
  'zod',
]);

/** Libraries that must be one copy in the process, whoever imports them. */
const SHARED: ReadonlySet<string> = new Set(['@azure/functions', '@azure/functions-core']);

/**
 * Libraries that durable-functions requires at its top and calls only inside functions, and whether they stay in node_modules (B1): its clients need
 * them, a start does not. Without this a start reads the source text of axios, validator and moment, a third of all libraries.
 */
export const REQUIRED_LATER = { axios: true, moment: true, validator: true, 'lodash/cloneDeep': false } as const;
/** Packages that the bundle requires by a shortened name, which nobody sees who looks for names in its text. */
export const LEFT_OUT: readonly string[] = Object.entries(REQUIRED_LATER).flatMap(([name, isOut]) =>
  isOut ? [name] : [],
);
const IS_DURABLE = /[\\/]node_modules[\\/]durable-functions[\\/]lib[\\/]/;

/** The code of a module of durable-functions, with these libraries required where they are called. */
export function requireLater(code: string): string {
  let later = code;
  for (const library of Object.keys(REQUIRED_LATER)) {
    const statement = new RegExp(`^const (\\w+) = require\\("${library}"\\);$`, 'm');
    const name = statement.exec(later)?.[1];
    if (name === undefined) continue;
    later = later.replace(statement, '').replace(new RegExp(`\\b${name}(?=[.(])`, 'g'), `require("${library}")`);
    if (new RegExp(`\\b${name}\\b(?!["/])`).test(later))
      throw new Error(`bundle: ${library} is used otherwise than by a call`);
  }
  return later;
}

/** Files that begin a process or a thread. */
const ENTRIES = [
  'shared/documents/reader-process.js',
  'shared/documents/pages/page-process.js',
  'shared/models/encoder/encoder-thread.js',
];

/** What the first call of a process imports: the app put together. */
const FIRST_CALL = 'shared/compose.js';

const VENDOR = 'shared/vendor';
const LIBRARIES = 'libraries';
const LATER = 'libraries-later';

/** The same code in fewer characters. Names of functions and classes stay: libraries ask for them, and stack traces show them. Our own code stays as it is. */
async function short(name: string, code: string): Promise<string> {
  const keepNames = { function: true, class: true };
  const { code: shorter, errors } = await minify(name, code, {
    module: true,
    compress: { target: 'es2024', keepNames },
    mangle: { keepNames },
    codegen: { removeWhitespace: true, legalComments: 'inline' },
  });
  if (errors.length > 0) throw new Error(`bundle: ${errors[0]?.message}`);
  return shorter;
}

/**
 * The same code with all other letters as escapes. One letter that is not ASCII makes V8 hold and read the whole file at two bytes a character.
 * @throws Error when a letter stands where an escape would mean something else
 */
export function inAscii(name: string, code: string): string {
  const unsafe = /\\[^\0-\x7f]|\bString\.raw`[^`]*[^\0-\x7f]/.exec(code.replaceAll('\\\\', ''));
  if (unsafe !== null) throw new Error(`bundle: ${name}: ${JSON.stringify(unsafe[0])} cannot be written as an escape`);
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const CHUNKS = ['common', 'start', 'first-call'] as const;

/**
 * Own files that loading all functions loads too, or their first call, by absolute path, with the chunk they go to: what a process of its own may load
 * is apart, so that it loads none of the rest (B4).
 */
function chunksOf(compiled: string, files: readonly string[]): ReadonlyMap<string, (typeof CHUNKS)[number]> {
  const text = new Map(files.map((file) => [join(compiled, file), readFileSync(join(compiled, file), 'utf8')]));
  const reached = (from: readonly string[], imports: RegExp): Set<string> => {
    const found = new Set<string>();
    const visit = (path: string): void => {
      const code = text.get(path);
      if (code === undefined || found.has(path)) return;
      found.add(path);
      for (const match of code.matchAll(imports)) visit(join(dirname(path), match[1] ?? match[2] ?? ''));
    };
    for (const path of from) visit(path);
    return found;
  };
  const functions = files.filter((file) => file.startsWith('functions/')).map((file) => join(compiled, file));
  const common = reached(
    ENTRIES.map((file) => join(compiled, file)),
    ANY_IMPORT,
  );
  const start = reached(functions, STATIC_IMPORT);
  const firstCall = reached([join(compiled, FIRST_CALL)], STATIC_IMPORT);
  const own = [...new Set([...start, ...firstCall])].filter((path) => !functions.includes(path));
  return new Map(own.map((path) => [path, common.has(path) ? 'common' : start.has(path) ? 'start' : 'first-call']));
}

const IS_LIBRARY = /[\\/]node_modules[\\/]/;

/** Modules that loading these loads too. @param importsOf  what a module imports by a statement */
function reachedFrom(ids: readonly string[], importsOf: (id: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...ids];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    waiting.push(...importsOf(id));
  }
  return reached;
}

/** B3: a file that moves into a chunk goes on speaking of the place where it was. */
const atItsPlace = (compiled: string, path: string, code: string): string => {
  const place = JSON.stringify(relative(join(compiled, VENDOR), path).replaceAll('\\', '/'));
  return code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`);
};

const STATIC_IMPORT = /(?:^|\n)(?:import|export)\s[^;'"]*?from\s+'(\.[^']+)'|(?:^|\n)import '(\.[^']+)'/g;
const ANY_IMPORT = /(?:from\s+|import\s*\(?\s*)'(\.[^']+)'/g;

/**
 * Write functions/ and shared/ into the target.
 * @param compiled  folder with functions/ and shared/ as JavaScript, with node_modules in it or above it
 * @returns paths of the written files, relative to the target
 */
export async function bundle(compiled: string, target: string): Promise<string[]> {
  const files = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(compiled, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  );
  const chunks = chunksOf(compiled, files);
  let atStart: ReadonlySet<string> = new Set();
  const options: RolldownOptions = {
    cwd: compiled,
    platform: 'node',
    input: Object.fromEntries(files.map((file) => [file.replace(/\.js$/, ''), join(compiled, file)])),
    external: isExternal,
    resolve: { alias: { stopword: 'stopword/src/stopword.js' } }, // its main file holds the words of sixty languages
    preserveEntrySignatures: 'strict',
    plugins: [
      {
        name: 'places-and-libraries',
        transform: (code, id) => {
          if (IS_DURABLE.test(id)) return requireLater(code);
          return chunks.has(id) ? atItsPlace(compiled, id, code) : null;
        },
        buildEnd() {
          const functions = files.filter((file) => file.startsWith('functions/')).map((file) => join(compiled, file));
          atStart = reachedFrom(functions, (id) => this.getModuleInfo(id)?.importedIds ?? []);
        },
        generateBundle: async (_options, files) => {
          for (const file of Object.values(files)) {
            if (file.type !== 'chunk') continue;
            if (file.name === LIBRARIES || file.name === LATER) file.code = await short(file.fileName, file.code);
            file.code = inAscii(file.fileName, file.code);
          }
        },
      },
    ],
    onLog: (_level, log) => {
      // Two processes share a file: what one of them loads on demand the other may load at start.
      if (log.code === 'INEFFECTIVE_DYNAMIC_IMPORT') return;
      throw new Error(`bundle: ${log.message}`); // an import that is not found would fail in Azure only
    },
  };
  const build = await rolldown(options);
  try {
    const { output } = await build.write({
      dir: target,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${VENDOR}/[name].js`,
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: {
        groups: [
          { name: LIBRARIES, test: (id: string) => IS_LIBRARY.test(id) && atStart.has(id) },
          { name: LATER, test: IS_LIBRARY },
          ...CHUNKS.map((name) => ({ name, test: (id: string) => chunks.get(id) === name })),
        ],
      },
    });
    return output.map(({ fileName }) => fileName);
  } finally {
    await build.close();
  }
}

function isExternal(id: string, importer: string | undefined, isResolved: boolean): boolean {
  if (isResolved || importer === undefined || /^[./]/.test(id)) return false;
  if (id.startsWith('node:')) return true;
  const name = packageOf(id);
  if (IS_DURABLE.test(importer) && Object.hasOwn(REQUIRED_LATER, id))
    return REQUIRED_LATER[id as keyof typeof REQUIRED_LATER]; // `as`: hasOwn
  return IS_LIBRARY.test(importer) ? SHARED.has(name) : !BUNDLED.has(name);
}

/** Name of the package in `zod`, `eld/extrasmall` or `@azure/identity/x`. */
export const packageOf = (id: string): string =>
  id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/');
