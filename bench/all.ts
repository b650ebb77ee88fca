// What docs/benchmarks.md compares between two builds, as far as a build of before has it, by one command: `npm run bench all -- --against <built checkout> [--json]
// [--only readers,lake,dataset] [--rounds 40] [--files 500,4000] [--memory 20000,100000] [--documents 20000] [--data ../shared/data]`.
// Benchmarks that compare two builds themselves are given the other one; of those that both builds have, each build runs its own, one after the other.
// Without --against only what this build needs is told. What is not measured is told with the reason. What is printed is the table as Markdown, or one JSON
// document. The parts are in bench/all/.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pages, readers, redact, texts } from './all/documents.ts';
import { lake, rows, search, sql } from './all/lake.ts';
import { dataset, folder, installed, memory, query, start } from './all/laptop.ts';
import { peers, training } from './all/learning.ts';
import { here, type Part, type Told } from './all/line.ts';

const PARTS: Readonly<Record<string, Part>> = {
  ...{ readers, texts, redact, pages },
  ...{ rows, lake, sql, search },
  ...{ training, peers },
  ...{ query, dataset, installed, start, folder, memory },
};

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '40' },
      files: { type: 'string', default: '500,4000' },
      memory: { type: 'string', default: '20000' },
      documents: { type: 'string', default: '20000' },
      data: { type: 'string', default: join(here, '../shared/data') },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(PARTS);
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`--only takes ${Object.keys(PARTS).join(', ')}; "${unknown}" is none of them`);
  const against = values.against === undefined ? undefined : resolve(values.against);
  const told: Told[] = [];
  for (const name of names) {
    const begun = performance.now();
    process.stderr.write(`${name} …\n`);
    const found = partOf(name, { ...values, against });
    process.stderr.write(found.map(rowOf).join('')); // what is known when a later one takes too long
    process.stderr.write(`${name}: ${Math.round((performance.now() - begun) / 1000)} s\n`);
    told.push(...found);
  }
  const lines = told.filter((each) => !('skipped' in each));
  const skipped = told.filter((each) => 'skipped' in each);
  process.stdout.write(
    json ? `${JSON.stringify({ node: process.version, against: against ?? null, lines, skipped })}\n` : table(told),
  );
}

/** A part that breaks off is a line of the table: the others are worth having. */
function partOf(name: string, options: Parameters<Part>[0]): Told[] {
  try {
    return PARTS[name]!(options); // looked at above
  } catch (error) {
    const [why = ''] = (error as Error).message.split('\n');
    return [{ benchmark: name, what: name, skipped: `it broke off: ${why}` }];
  }
}

const rowOf = (told: Told): string =>
  'skipped' in told
    ? `| ${told.what} | – | skipped: ${told.skipped} | – | ${told.benchmark} |\n`
    : `| ${told.what} | ${told.before === null ? '–' : `${told.before} ${told.unit}`} | ${told.after} ${told.unit} | ${told.ratio ?? '–'} | ${told.benchmark} |\n`;

function table(told: readonly Told[]): string {
  return `| What | Before | After | Ratio | Benchmark |\n|---|---:|---:|---:|---|\n${told.map(rowOf).join('')}`;
}
