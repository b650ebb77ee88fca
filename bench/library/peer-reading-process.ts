// A process that reads documents with Kreuzberg, given as the URL of its module, and says what it cost. A document it refuses counts without text;
// where it does not run at all, the process ends with the reason.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadAnswer, ReadOrder } from './reading-process.ts';

const { extractFile } = (await import(process.argv[2] ?? '')) as {
  extractFile(path: string): Promise<{ content: string }>;
}; // `as`: what the peer's documentation says of it

await probe();

process.on('message', ({ paths }: ReadOrder) => {
  void measure(paths).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));

/** Its native part is loaded with the first file. */
async function probe(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const path = join(folder, 'a.txt');
    writeFileSync(path, 'A text that any reader reads.');
    await extractFile(path);
  } catch (error) {
    process.stderr.write(`${reasons(error).slice(-2).join('; ')}\n`);
    process.exit(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** First lines of an error and of what caused it. */
function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.message.split('\n')[0] ?? '', ...reasons(error.cause)];
}

async function measure(paths: readonly string[]): Promise<ReadAnswer> {
  const before = process.cpuUsage();
  let chars = 0;
  for (const path of paths) {
    const text = await extractFile(path).then(
      ({ content }) => content,
      () => '',
    );
    chars += text.length;
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, chars };
}
