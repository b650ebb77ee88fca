// Rows of a table measured in processes of their own, one after the other: memory is that of the largest, and what is measured is kept in a file, so that
// a benchmark that was broken off goes on where it was.
// Invariant: K1 a row is taken from the file only for the same order and the same code; what another build measured is measured again.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

export class Children {
  readonly #benchmark: string;
  readonly #file: string | undefined;
  readonly #code = codeVersion();
  readonly #known = new Map<string, unknown>();

  /** @param file  where rows are kept; undefined: nowhere */
  constructor(benchmark: string, file: string | undefined) {
    this.#benchmark = benchmark;
    this.#file = file;
    if (file === undefined || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const { key, value } = JSON.parse(line) as { key: string; value: unknown }; // our own lines
      this.#known.set(key, value);
    }
  }

  /** @param says  what is measured, for whoever waits */
  async measure<T>(order: object, says: string): Promise<T> {
    const key = createHash('sha256')
      .update(`${this.#code} ${JSON.stringify(order)}`)
      .digest('hex')
      .slice(0, 24);
    const known = this.#known.get(key);
    if (known !== undefined) return known as T; // K1
    process.stderr.write(`${says} …\n`);
    const entry = fileURLToPath(import.meta.url).replace(/decisions[\\/]children\.(ts|js)$/, 'run.$1');
    const args = ['--disable-warning=ExperimentalWarning', entry, this.#benchmark, '--child', JSON.stringify(order)];
    const { stdout } = await runFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
    const value = JSON.parse(stdout) as T; // the child's words
    this.#known.set(key, value);
    if (this.#file !== undefined) {
      mkdirSync(dirname(this.#file), { recursive: true });
      appendFileSync(this.#file, `${JSON.stringify({ key, value })}\n`);
    }
    return value;
  }
}

/** Of everything that decides: features, models, training. */
function codeVersion(): string {
  const hash = createHash('sha256');
  const shared = join(import.meta.dirname, '../../shared');
  for (const room of ['features', 'models', 'training'])
    for (const name of readdirSync(join(shared, room), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|js)$/.test(name) && !name.endsWith('.d.ts'))
        hash.update(name).update(readFileSync(join(shared, room, name)));
  return hash.digest('hex');
}
