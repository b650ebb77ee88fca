import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heavyAmong, type Load, loadFunctions } from '../../../bench/startup.ts';
import { BUNDLED, bundle, inAscii, requireLater } from '../../../infra/scripts/bundle.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { ROOT } from '../bicep.ts';

const built = join(ROOT, 'dist');
let app: string;
let written: string[];
let load: Load;
beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), 'sluice-bundle-test-'));
  symlinkSync(join(ROOT, 'node_modules'), join(app, 'node_modules'), 'junction');
  writeFileSync(join(app, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  written = await bundle(built, join(app, 'dist'));
  load = await loadFunctions(join(app, 'dist/functions'), true);
}, 60_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

const compiled = (folder: string): string[] =>
  readdirSync(join(built, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);

describe('bundle', () => {
  test('every compiled file keeps its path; the libraries of a start are one file, those of first calls another, our own code is a third, what its first call loads a fourth, what processes share with it a fifth', () => {
    const expected = [...compiled('functions'), ...compiled('shared')];
    expect(written.filter((file) => !file.startsWith('shared/vendor/')).sort()).toEqual(expected.sort());
    expect(written.filter((file) => file.startsWith('shared/vendor/')).sort()).toEqual([
      'shared/vendor/common.js',
      'shared/vendor/first-call.js',
      'shared/vendor/libraries-later.js',
      'shared/vendor/libraries.js',
      'shared/vendor/rolldown-runtime.js',
      'shared/vendor/start.js',
    ]);
  });

  test('a start opens few files: no bundled library from node_modules, and no heavy one', () => {
    const fromModules = load.modules.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    expect(fromModules.filter((name) => BUNDLED.has(name))).toEqual([]);
    expect(heavyAmong(load.modules)).toEqual([]);
    expect(
      load.modules.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/')).length,
    ).toBeLessThan(
      compiled('functions').length + 8, // the files of the functions and the bundle's
    );
    expect(load.modules.length).toBeLessThan(75); // 1,513 without the bundle; half of them are Node's own
    expect(load.functions).toBe(compiled('functions').length);
  });

  test('a start reads little source text: no SDK of Azure, no HTTP client, no calendar; of libraries less than 300 kB', () => {
    const read = load.modules
      .filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'))
      .map((url) => fileURLToPath(url));
    expect(read.filter((path) => path.includes('libraries')).map((path) => basename(path))).toEqual(['libraries.js']);
    const bytes = (path: string): number => statSync(path).size;
    expect(bytes(join(app, 'dist/shared/vendor/libraries.js'))).toBeLessThan(300_000);
    expect(read.reduce((sum, path) => sum + bytes(path), 0)).toBeLessThan(1_350_000); // 3,300,000 with all libraries in one file, 1,640,000 with what the first call needs
    expect(load.modules.filter((url) => /\/node_modules\/(axios|moment|validator)\//.test(url))).toEqual([]);
    expect(read.map((path) => basename(path))).not.toContain('first-call.js');
  });

  test('the bundle is ASCII: one other letter makes V8 hold and read a whole file at two bytes a character', () => {
    for (const name of ['common', 'first-call', 'libraries', 'libraries-later', 'start'])
      expect(/[^\0-\x7f]/.test(readFileSync(join(app, `dist/shared/vendor/${name}.js`), 'utf8')), name).toBe(false);
    const code = "export const a = ['Größe', `€ 😀`, /^[ß€]+$/u.test('ß€')]; export const ß = { é: '\\\\é' };";
    const escaped = inAscii('a.js', code);
    expect(/[^\0-\x7f]/.test(escaped)).toBe(false);
    const run = (text: string): unknown => new Function(`${text.replaceAll('export ', '')} return { a, ß };`)();
    expect(run(escaped)).toEqual(run(code));
    for (const [name, bad] of Object.entries({ escaped: "'\\é'", raw: 'String.raw`ß`' }))
      expect(() => inAscii(name, bad), name).toThrow(name);
  });

  test('what durable-functions requires at its top is required where it is called, and the calls still work', () => {
    const code = ['const axios_1 = require("axios");', 'const moment = require("moment");'];
    const calls = 'exports.a = () => axios_1.default.create(moment(1), moment.duration(2), "moment");';
    expect(requireLater([...code, calls].join('\n')).trim()).toBe(
      'exports.a = () => require("axios").default.create(require("moment")(1), require("moment").duration(2), "moment");',
    );
    expect(() => requireLater('const moment = require("moment");\nexports.m = moment;')).toThrow('moment');
    // One copy: what durable-functions would find is what the bundle finds.
    const from = createRequire(join(ROOT, 'node_modules/durable-functions/lib/src/index.js'));
    for (const name of ['axios', 'moment', 'validator'])
      expect(from.resolve(name), name).toBe(createRequire(join(ROOT, 'package.json')).resolve(name));
    const libraries = readFileSync(join(app, 'dist/shared/vendor/libraries.js'), 'utf8');
    for (const name of ['axios', 'moment', 'validator'])
      expect(new RegExp(`\\(["'\`]${name}["'\`]\\)`).test(libraries), name).toBe(true);
  });

  test('the library of Azure Functions is one copy, outside the bundle', () => {
    expect(load.modules.some((url) => url.includes('/node_modules/@azure/functions/'))).toBe(true);
    const libraries = readFileSync(join(app, 'dist/shared/vendor/libraries.js'), 'utf8');
    expect(/\(["'`]@azure\/functions["'`]\)/.test(libraries)).toBe(true);
    const own = 'Failed to detect the Azure Functions runtime';
    expect(readFileSync(join(ROOT, 'node_modules/@azure/functions/dist/azure-functions.js'), 'utf8')).toContain(own);
    expect(libraries.includes(own)).toBe(false);
  });

  test('licence comments of the libraries stay', () => {
    const later = readFileSync(join(app, 'dist/shared/vendor/libraries-later.js'), 'utf8');
    expect(/\/\*! @azure\/msal-node v/.test(later)).toBe(true);
  });

  test('a reader process starts from the bundle and reads', async () => {
    // Without loading the libraries of the functions: a reader's start is paid for by every recycling.
    const reader = readFileSync(join(app, 'dist/shared/documents/reader-process.js'), 'utf8');
    expect(reader).not.toContain('vendor/libraries');
    expect(reader).not.toContain('vendor/start');
    expect(readFileSync(join(app, 'dist/shared/vendor/common.js'), 'utf8')).not.toMatch(
      /from "\.\/(libraries|start)\.js"/,
    );
    const module = pathToFileURL(join(app, 'dist/shared/documents/extract.js')).href;
    const { Extractor } = (await import(module)) as typeof import('../../../shared/documents/extract.ts');
    const extractor = new Extractor({ logger: silentLogger, slots: 1 });
    try {
      const bytes = new TextEncoder().encode('<p>Invoice 4711 is due in March.</p>');
      const [document] = await extractor.extract({ name: 'a.html', bytes });
      expect(document).toMatchObject({ status: 'ok', text: 'Invoice 4711 is due in March.' });
    } finally {
      await extractor.close();
    }
  });

  test('a drawing process starts from the bundle and draws', async () => {
    expect(readFileSync(join(app, 'dist/shared/documents/pages/page-process.js'), 'utf8')).not.toMatch(
      /vendor\/(libraries|start)/,
    );
    const module = pathToFileURL(join(app, 'dist/shared/documents/pages/renderer.js')).href;
    const { PageRenderer } = (await import(module)) as typeof import('../../../shared/documents/pages/renderer.ts');
    const renderer = new PageRenderer({ logger: silentLogger, slots: 1 });
    try {
      const load = async () => ({ kind: 'text' as const, text: 'Invoice 4711' });
      const drawn = await renderer.draw({ key: 'a', load }, 1, 240);
      expect(drawn).toMatchObject({ kind: 'text', pages: 1, text: 'Invoice 4711' });
    } finally {
      await renderer.close();
    }
  });

  test('an import that is not there is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-test-'));
    try {
      for (const name of ['functions', 'shared']) mkdirSync(join(folder, name));
      writeFileSync(join(folder, 'functions/a.js'), "import { x } from '../shared/none.js';\nexport const y = x;\n");
      await expect(bundle(folder, join(folder, 'out'))).rejects.toThrow('none.js');
      expect(existsSync(join(folder, 'out/functions/a.js'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
