// Readers of other makes, asked for the text of a file where they are installed. None of them is a dependency.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { CorpusFile } from './corpus.ts';

/** What a reader says of a file: its text, that of its members, their names and warnings in one; and codes. */
export interface Said {
  text: string;
  codes: readonly string[];
}
export type Read = (file: CorpusFile) => Promise<Said>;

const TIMEOUT_MS = 60_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** By name: how it is asked, or why it is not. */
export async function openPeers(tikaJar: string | undefined): Promise<[reader: string, peer: Read | string][]> {
  return [
    ['kreuzberg', await openKreuzberg()],
    ['markitdown', openPython('markitdown', MARKITDOWN)],
    ['tika', tikaJar === undefined ? 'no --tika <tika-app.jar>' : withProgram('java', ['-jar', tikaJar, '--text'])],
  ];
}

async function openKreuzberg(): Promise<Read | string> {
  const name = '@kreuzberg/node';
  let peer: { extractFile(path: string): Promise<{ content: string }> };
  try {
    peer = (await import(name)) as typeof peer; // optional: its types are not here
  } catch {
    return `not installed: npm install --no-save ${name}`;
  }
  const read: Read = (file) => withFile(file, async (path) => (await peer.extractFile(path)).content);
  try {
    await read({ name: 'a.txt', bytes: Buffer.from('Its native part is loaded with the first file.') });
  } catch (error) {
    return `installed, but it does not run here: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`;
  }
  return read;
}

const MARKITDOWN =
  'import sys; from markitdown import MarkItDown; print(MarkItDown().convert(sys.argv[1]).text_content)';

function openPython(module: string, program: string): Read | string {
  try {
    execFileSync('python3', ['-c', `import ${module}`], { stdio: 'ignore' });
  } catch {
    return `not installed: pip install ${module}`;
  }
  return withProgram('python3', ['-c', program]);
}

const withProgram =
  (command: string, args: readonly string[]): Read =>
  (file) =>
    withFile(file, async (path) =>
      execFileSync(command, [...args, path], {
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
        maxBuffer: MOST_OUTPUT_BYTES,
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );

async function withFile(file: CorpusFile, read: (path: string) => Promise<string>): Promise<Said> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const path = join(folder, basename(file.name));
    writeFileSync(path, file.bytes);
    return { text: await read(path), codes: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
