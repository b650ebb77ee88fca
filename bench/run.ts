// The entry of all benchmarks: `npm run bench <name> -- --json` runs `run()` of bench/<name>.ts; without a name it lists them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What every benchmark exports. */
export interface Benchmark {
  run(options: { json: boolean; args: string[] }): Promise<void>;
}

async function main(args: string[]): Promise<void> {
  const names = readdirSync(import.meta.dirname)
    .filter((file) => /\.(js|ts)$/.test(file) && !/\.d\.ts$/.test(file))
    // What a benchmark is made of stands beside it.
    .filter((file) => readFileSync(join(import.meta.dirname, file), 'utf8').includes('export async function run('))
    .map((file) => file.replace(/\.(js|ts)$/, ''))
    .filter((name) => name !== 'run');
  const name = args.find((arg) => !arg.startsWith('-'));
  if (name === undefined) {
    process.stdout.write(`Benchmarks:\n${names.map((each) => `  npm run bench ${each} -- --json\n`).join('')}`);
    return;
  }
  if (!names.includes(name)) throw new Error(`No benchmark "${name}". There are: ${names.join(', ')}.`);
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  if (args.includes('--help')) {
    process.stdout.write(`${headOf(readFileSync(join(import.meta.dirname, `${name}.${extension}`), 'utf8'))}\n`);
    return;
  }
  const benchmark = (await import(`./${name}.${extension}`)) as Benchmark; // `as`: the contract of this folder
  await benchmark.run({ json: args.includes('--json'), args: args.filter((arg) => arg !== name && arg !== '--json') });
}

/** What the first comment of a file says of it: its options and how it measures. */
function headOf(code: string): string {
  const lines = code.split('\n');
  const rest = lines.slice(
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith('// ')),
    ),
  );
  const end = rest.findIndex((line) => !line.startsWith('//'));
  return rest
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
