// What the deployed package need not hold: packages that only bundled code or other platforms asked for, and files that no process reads.
// Invariants: N1 licences stay. N2 every rule names a reason; infra/scripts/check-package.ts then loads each library from the package and
// reads every sample with it, so a rule that takes too much is noticed before it is deployed.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { LEFT_OUT, packageOf } from './bundle.ts';

export interface Platform {
  os: string;
  cpu: string;
}

/** Files that no process reads, whatever the package: typings and sources, maps, prose, other runtimes and browsers. */
const NEVER_READ: readonly RegExp[] = [
  /\.(map|[cm]?ts|tsx|flow|md|markdown|gif|png|jpg|bare|bat|cmd)$/i,
  /(^|\/)(docs|__tests__|__snapshots__|\.github)\//,
  /(^|\/)dist\/(browser|react-native|workerd)\//,
  /^build\/(esm|esnext)\//, // OpenTelemetry: Node gets build/src, whoever asks
  /(^|\/)(tsconfig[^/]*\.json|\.eslintrc[^/]*|\.npmignore|bower\.json|\.package-lock\.json)$/,
];
const ALWAYS_KEPT = /(^|\/)(package\.json|(licen[cs]e|notice|copying|thirdparty)[^/]*)$/i;

/** Packages that others ask for and no code that runs here loads; what only they ask for goes with them. */
const NEVER_LOADED: ReadonlySet<string> = new Set([
  '@azure/msal-browser', // asked for by @azure/identity, whose code for Node does without
  '@grpc/grpc-js', // exporters that only OTEL_EXPORTER_OTLP_PROTOCOL=grpc would load
  '@grpc/proto-loader',
  'protobufjs',
  'bare-buffer', // of another runtime than Node: streams ask for them by condition
  'bare-fs',
]);

/** Of these packages only what the code asks for: `keep` names all of it, `drop` a part. Paths inside the package. */
const PARTS: Readonly<Record<string, { keep: RegExp } | { drop: RegExp }>> = {
  // The core is chosen by what V8 can: relaxed SIMD from Node 21 on. Node reads the .wasm itself, and gets the core with both engines whichever
  // one was asked for (7.0).
  'tesseract.js-core': { keep: /^tesseract-core-relaxedsimd\.(js|wasm)$/ },
  '@tesseract.js-data/eng': { keep: /^4\.0\.0_best_int\// }, // the folder ocr-local.ts names
  'gpt-tokenizer': { drop: /^(cjs|src|data)\/|^esm\/(model|fixtures)\/|^esm\/bpeRanks\/(?!o200k_base\.)/ },
  eld: { drop: /^src\/ngrams\/(?!extrasmall\.)/ },
  '@e965/xlsx': { keep: /^(xlsx\.mjs|dist\/cpexcel\.full\.mjs)$/ },
  'libarchive-wasm': { drop: /^src\// },
  openai: { drop: /^src\/|(?<!x509-transport-state)\.js$/ }, // imported, so the .mjs files run, but for one
  stopword: { keep: /^dist\/(stopword\.cjs\.js|3rd-party\.txt)$/ },
  yaml: { drop: /^browser\// },
  axios: { keep: /^dist\/node\/axios\.cjs$/ }, // required
  'bmp-js': { drop: /^test\// },
  zlibjs: { keep: /^bin\/node-zlib\.js$/ },
  'dejavu-fonts-ttf': { keep: /^ttf\/DejaVuSans\.ttf$/ }, // the typeface pdfium-typeset.ts names
  '@embedpdf/pdfium': { keep: /^dist\/(index\.js|pdfium\.wasm)$/ },
  'libphonenumber-js': { keep: /^(index\.js|metadata\.min\.json\.js|(min|core|es6|index\.es6\.exports)\/.*\.js)$/ },
  '@azure/msal-common': { keep: /^lib\// }, // @azure/identity is required, never imported
  '@azure/msal-node': { keep: /^lib\// },
  '@opentelemetry/semantic-conventions': { drop: /(^|\/)(experimental_|index-incubating)/ },
  // Mailboxes: imported, so the ESM of each runs; what only Node's require would load goes.
  imapflow: { drop: /^dist\/cjs\/.*\.js$/ },
  nodemailer: { drop: /^dist\/cjs\// }, // imported
  pino: { drop: /^(test|benchmarks|docs|examples|build)\// },
  'thread-stream': { drop: /^(test|bench\.js|benchmarks)/ },
  'encoding-japanese': { drop: /^encoding(\.min)?\.js$/ },
  validator: { keep: /^(index\.js|lib\/.*)$/ },
  moment: { keep: /^moment\.js$/ },
};

/**
 * Drop what no process reads.
 * @param app  folder with dist/ (bundled code) and node_modules/
 * @returns bytes dropped
 */
export function prune(app: string, platform: Platform): number {
  const modules = join(app, 'node_modules');
  let dropped = 0;
  const drop = (path: string): void => {
    dropped += sizeOf(path);
    rmSync(path, { recursive: true });
  };
  const reached = reachable(app);
  for (const folder of packagesBelow(modules)) if (!reached.has(folder) && existsSync(folder)) drop(folder);
  for (const folder of packagesBelow(modules)) {
    const rule = PARTS[nameOf(folder)];
    for (const path of filesBelow(folder)) {
      if (ALWAYS_KEPT.test(path)) continue;
      const isSpare = rule === undefined ? false : 'keep' in rule ? !rule.keep.test(path) : rule.drop.test(path);
      if (isSpare || NEVER_READ.some((pattern) => pattern.test(path)) || isForeign(path, platform))
        drop(join(folder, path));
    }
  }
  for (const spare of ['.package-lock.json', '.bin'].map((name) => join(modules, name)))
    if (existsSync(spare)) drop(spare);
  return dropped;
}

/** Native libraries beside those of the platform, e.g. bin/napi-v6/<os>/<cpu> of onnxruntime-node and prebuilds/<os>-<cpu>. */
function isForeign(path: string, { os, cpu }: Platform): boolean {
  const native =
    /^bin\/napi-v\d+\/(\w+)\/(\w+)\//.exec(path) ?? /(?:^|\/)prebuilds\/([a-z0-9]+)-([a-z0-9]+)\//.exec(path);
  return native !== null && (native[1] !== os || native[2] !== cpu);
}

/** Folders of the packages that the bundled code imports or resolves, and of all they depend on. */
function reachable(app: string): ReadonlySet<string> {
  const modules = join(app, 'node_modules');
  const waiting = [...importedNames(join(app, 'dist')), ...LEFT_OUT]
    .map((name) => join(modules, packageOf(name)))
    .filter((folder) => existsSync(folder));
  const reached = new Set<string>();
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (reached.has(folder) || NEVER_LOADED.has(nameOf(folder))) continue;
    reached.add(folder);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const wanted = { ...manifest.peerDependencies, ...manifest.dependencies, ...manifest.optionalDependencies };
    for (const name of Object.keys(wanted)) {
      const isOptionalPeer = manifest.peerDependenciesMeta?.[name]?.optional === true;
      const found = isOptionalPeer ? undefined : resolveFrom(folder, name, app);
      if (found !== undefined) waiting.push(found);
    }
  }
  return reached;
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** What the code below a folder imports, requires or resolves by name: `zod`, `eld/extrasmall`, never a path or a module of Node. */
export function importedNames(folder: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const path of filesBelow(folder).filter((name) => name.endsWith('.js')))
    for (const [, name = ''] of readFileSync(join(folder, path), 'utf8').matchAll(IMPORTED))
      if (!isBuiltin(name)) names.add(name);
  return names;
}
const IMPORTED =
  /\b(?:from|import|require|resolve)\s*\(?\s*["']((?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/[\w./~-]+)?)["']/g;

/** As Node looks a package up: in node_modules of the folder and of every folder above it, up to the app. */
function resolveFrom(folder: string, name: string, app: string): string | undefined {
  for (let place = folder; place.length >= app.length; place = dirname(place)) {
    const candidate = join(place, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  return undefined;
}

/** Folders of all packages, nested ones too. */
function packagesBelow(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '.bin')
    .flatMap(({ name }) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((inner) => join(modules, name, inner))
        : [join(modules, name)],
    )
    .flatMap((folder) => [folder, ...packagesBelow(join(folder, 'node_modules'))]);
}

/** Files of one package, relative with slashes, without those of packages nested in it. */
function filesBelow(folder: string, prefix = ''): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [`${prefix}${entry.name}`];
    return entry.name === 'node_modules' ? [] : filesBelow(join(folder, entry.name), `${prefix}${entry.name}/`);
  });
}

const nameOf = (folder: string): string => {
  const parts = folder.split(/[\\/]node_modules[\\/]/).at(-1) ?? '';
  return parts.replaceAll('\\', '/');
};

/** Bytes of a file, or of everything below a folder. */
export function sizeOf(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
