// The rules of the folders, asserted over the sources.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../shared/settings.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['functions', 'shared', 'local', 'cli', 'bench', 'dashboard', 'docs'];

interface Source {
  file: string;
  text: string;
  /** Paths of the project's own files, or package names. */
  imports: string[];
  /** The same without `import type`. */
  values: string[];
  /** The same without `import()`. */
  atStart: string[];
}

const sources: Source[] = FOLDERS.flatMap((folder) => files(folder)).map((file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)(\s+type)?\s[^;'"]*?from\s+'([^']+)'|import\('([^']+)'\)|(?:^|\n)import '([^']+)'/g,
    ),
  ];
  const target = (specifier: string) =>
    specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
  return {
    file,
    text,
    imports: found.map((m) => target(m[2] ?? m[3] ?? m[4] ?? '')),
    values: found.filter((m) => m[1] === undefined).map((m) => target(m[2] ?? m[3] ?? m[4] ?? '')),
    atStart: found.filter((m) => m[1] === undefined && m[3] === undefined).map((m) => target(m[2] ?? m[4] ?? '')),
  };
});

function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const within = (folder: string): Source[] => sources.filter((source) => source.file.startsWith(`${folder}/`));

/** `file → import` for every import of `from` that `isWrong`. */
const offences = (from: readonly Source[], isWrong: (target: string, source: Source) => boolean): string[] =>
  from.flatMap((source) =>
    source.imports.filter((target) => isWrong(target, source)).map((target) => `${source.file} → ${target}`),
  );

/** Chains of imports that come back to where they began. */
function circles(importsOf: (source: Source) => readonly string[]): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    done.add(file);
    const source = byFile.get(file);
    for (const target of source === undefined ? [] : importsOf(source)) visit(target, [...path, file]);
  };
  for (const { file } of sources) visit(file, []);
  return found;
}

const DOMAIN = ['documents', 'features', 'models', 'llm', 'lake'];

/** The rooms around a run: what each may import of the others. All may use domain folders, training, api and the vocabulary in shared/ itself. */
const ROOMS: Record<string, readonly string[]> = {
  pipeline: [],
  intake: ['pipeline'],
  sources: ['pipeline'],
  insight: ['pipeline'],
  review: ['pipeline', 'insight'],
  search: ['pipeline', 'insight'],
  upkeep: ['pipeline', 'insight', 'review', 'intake', 'search'],
  notices: ['pipeline', 'insight', 'intake'],
};

describe('architecture: the direction of imports', () => {
  test('the scan sees imports, static, typed and dynamic', () => {
    const start = sources.find(({ file }) => file === 'cli/program.ts');
    expect(start?.imports).toEqual(expect.arrayContaining(['commander', 'cli/options.ts', 'cli/commands/start.ts']));
  });

  test('shared knows nothing of functions, local, cli or dashboard', () => {
    expect(
      offences(within('shared'), (target) => /^(functions|local|cli|dashboard|test|bench)\//.test(target)),
    ).toEqual([]);
  });

  test('no module needs itself to load: imports at start form no circle', () => {
    expect(circles(({ atStart }) => atStart)).toEqual([]);
    expect(sources.find(({ file }) => file === 'shared/documents/walk.ts')?.atStart).toContain(
      'shared/documents/read-leaf.ts',
    );
  });

  test('imports form no circle, those of types and those on demand included', () => {
    expect(circles(({ imports }) => imports)).toEqual([]);
  });

  test('domain folders do not import each other; models may use the vector type of features', () => {
    const wrong = DOMAIN.flatMap((domain) =>
      offences(within(`shared/${domain}`), (target) => {
        const other = /^shared\/([a-z]+)\//.exec(target)?.[1];
        if (other === undefined || other === domain) return false;
        return !(domain === 'models' && other === 'features');
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('a room imports only the rooms it may: the run none, whatever is around it the run', () => {
    const wrong = Object.entries(ROOMS).flatMap(([room, allowed]) =>
      offences(within(`shared/${room}`), (target) => {
        const other = /^shared\/([a-z]+)\//.exec(target)?.[1] ?? '';
        return other !== room && other in ROOMS && !allowed.includes(other);
      }),
    );
    expect(wrong).toEqual([]);
    for (const room of Object.keys(ROOMS)) expect(within(`shared/${room}`), room).not.toEqual([]);
  });

  test('the API is words: its schemas take nothing but vocabulary and types of the domain', () => {
    const wrong = within('shared/api').flatMap(({ file, values }) =>
      values
        .filter(
          (target) =>
            target.startsWith('shared/') &&
            !/^shared\/(api\/.*|(errors|disk-full|issues)\.ts|taxonomy\.ts|plain-text\.ts|page-widths\.ts)$/.test(
              target,
            ),
        )
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
    expect(
      offences(
        within('shared/api'),
        (target) => /^shared\/([a-z]+)\//.test(target) && (/^shared\/([a-z]+)\//.exec(target)?.[1] ?? '') in ROOMS,
      ),
    ).toEqual([]);
  });

  test('training and the domain folders know no room', () => {
    const below = ['training', ...DOMAIN].flatMap((folder) => within(`shared/${folder}`));
    expect(offences(below, (target) => (/^shared\/([a-z]+)\//.exec(target)?.[1] ?? '') in ROOMS)).toEqual([]);
  });

  test('only shared/azure, the files of the lake about storage and functions name an @azure package in deployed code', () => {
    const deployed = [...within('shared'), ...within('functions')].filter(
      ({ file }) =>
        !file.startsWith('shared/azure/') &&
        !file.startsWith('functions/') &&
        !/^shared\/lake\/(store|storage-\w+)\.ts$/.test(file),
    );
    expect(offences(deployed, (target) => target.startsWith('@azure'))).toEqual([]);
  });

  test('functions import shared code and each other only', () => {
    expect(offences(within('functions'), (target) => /^(local|cli|test|bench)\//.test(target))).toEqual([]);
  });

  test('local takes only vocabulary from shared, so that it stays a stand-in for the cloud', () => {
    const vocabulary = /^shared\/((config|settings|errors|ids|ports|telemetry)\.ts|api\/.*)$/;
    expect(offences(within('local'), (target) => target.startsWith('shared/') && !vocabulary.test(target))).toEqual([]);
    expect(offences(within('local'), (target) => /^(functions|cli)\//.test(target))).toEqual([]);
  });

  test('the command line starts local/ as a child process and never imports it', () => {
    expect(offences(within('cli'), (target) => /^(local|functions)\//.test(target))).toEqual([]);
  });

  test('the page takes types from shared and nothing that runs, but parsers of files and a percentage that need nothing else: it speaks HTTP only', () => {
    const parsers = ['shared/csv.ts', 'shared/label-table.ts', 'shared/table-text.ts', 'shared/whole-percent.ts'];
    const wrong = within('dashboard').flatMap(({ file, values }) =>
      values
        .filter((target) => /^(shared|functions|local|cli)\//.test(target) && !parsers.includes(target))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
    const isApart = (target: string) => !parsers.includes(target);
    expect(within('shared').filter(({ file, values }) => parsers.includes(file) && values.some(isApart))).toEqual([]);
  });

  test('functions import classes of @azure/functions as types only', () => {
    const wrong = within('functions').flatMap(({ file, text }) =>
      [...text.matchAll(/import \{([^}]*)\} from '@azure\/functions'/g)]
        .flatMap((m) => (m[1] ?? '').split(','))
        .map((name) => name.trim().replace(/ as \w+$/, ''))
        .filter(
          (name) => name !== '' && !name.startsWith('type ') && !['app', 'input', 'output', 'trigger'].includes(name),
        )
        .map((name) => `${file}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('architecture: where things are read', () => {
  test('process.env is read in shared/config.ts alone', () => {
    const readers = sources.filter(
      ({ file, text }) => /process\.env/.test(text) && !file.startsWith('local/host/') && !file.startsWith('bench/'),
    );
    expect(readers.map(({ file }) => file)).toEqual(['shared/config.ts']);
  });

  test('properties are drawn with the one seed of test/fakes/property.ts', () => {
    const tests = files('test').filter((file) =>
      /^import .* from 'fast-check'/m.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(tests).toEqual(['test/fakes/property.ts']);
  });

  test('the command line prints through cli/console.ts alone, which lets no name act on the terminal', () => {
    const printers = within('cli').filter(({ text }) => /process\.std(out|err)\.write|console\.\w+\(/.test(text));
    // The door runs on a Node of years ago; the end of main waits for both streams.
    expect(printers.map(({ file }) => file).sort()).toEqual(['cli/console.ts', 'cli/main.ts', 'cli/sluice.ts']);
  });

  test('domain folders take clock and random as ports', () => {
    const domain = [...DOMAIN, ...Object.keys(ROOMS)].flatMap((folder) => within(`shared/${folder}`));
    const wrong = domain.filter(({ text }) => /\bDate\.now\(\)|\bMath\.random\(\)|new Date\(\)/.test(text));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('functions hold registrations only: no loops over documents, no files over 120 lines', () => {
    for (const { file, text } of within('functions')) expect(text.split('\n').length, file).toBeLessThanOrEqual(120);
  });

  test('functions reach the domain through the app, the API and the rooms only', () => {
    const allowed =
      /^(functions\/|shared\/app\.ts$|shared\/(api|pipeline|intake|sources|insight|review|search|upkeep|notices)\/|@azure\/functions$|durable-functions$|node:)/;
    expect(offences(within('functions'), (target) => !allowed.test(target))).toEqual([]);
  });

  test('every HTTP function names the role its callers need, but the health check and the door of Microsoft Graph, which has no key', () => {
    const unguarded = within('functions').flatMap(({ file, text }) =>
      [...text.matchAll(/app\.http\('(\w+)'[\s\S]*?\n\}\);/g)]
        .filter(
          (block) =>
            block[1] !== 'health' &&
            block[1] !== 'sourceNotifications' &&
            !/respond\(context, request, '(reader|reviewer|operator)'/.test(block[0]),
        )
        .map((block) => `${file}: ${block[1]}`),
    );
    expect(unguarded).toEqual([]);
  });

  test('no file is longer than 500 lines', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > 500).map(({ file }) => file);
    expect(long).toEqual([]);
  });
});

describe('architecture: settings', () => {
  const PLATFORM = new Set(['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage']);

  test('the tour enters every file once, and each is there', () => {
    const doors = [...readFileSync(join(ROOT, 'docs/tour.md'), 'utf8').matchAll(/`([\w./-]+\.tsx?)`/g)].map(
      (m) => m[1] ?? '',
    );
    expect(doors.length).toBeGreaterThan(30);
    expect(doors.filter((door, i) => doors.indexOf(door) !== i)).toEqual([]);
    const known = [...sources.map(({ file }) => file), 'test/architecture.test.ts'];
    expect(doors.filter((door) => !known.some((file) => `/${file}`.endsWith(`/${door}`)))).toEqual([]);
  });

  test('the sample names only settings that the code or the platform reads', () => {
    const sample = JSON.parse(readFileSync(join(ROOT, 'local.settings.sample.json'), 'utf8')) as {
      Values: Record<string, string>;
    };
    const unknown = Object.keys(sample.Values).filter((name) => !PLATFORM.has(name) && !Object.hasOwn(SETTINGS, name));
    expect(unknown).toEqual([]);
  });

  test('docs/settings.md lists every setting', () => {
    const page = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8');
    for (const name of Object.keys(SETTINGS)) expect(page).toContain(`\`${name}\``);
  });
});
