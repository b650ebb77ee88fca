// Page and documentation, built beside a start: `npm start` has compiled the sources, and nobody looks at a page before storage and host are up.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readEnvironment } from '../shared/config.ts';
import { note } from './console.ts';

export interface PageBuild {
  /** Resolves when both are there. Rejects with the last words of the build. */
  done: Promise<void>;
  /** Ends it when it has not ended. */
  stop(): Promise<void>;
}

/** Of what a build says, the end is kept. */
const LAST_CHARS = 4000;

/** @param folder  of the project */
export function buildPage(folder: string): PageBuild {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  const args = [vite, 'build', '--config', join('dashboard', 'vite.config.ts'), '--logLevel', 'warn'];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: readEnvironment(),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-LAST_CHARS);
    });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? (code === 0 ? '' : `exit code ${code}`)));
  });
  const done = ended.then((how) => {
    if (how !== '') throw new Error(`the page could not be built (${how}):\n${said.trim()}`);
    if (said.trim() !== '') note(said.trim()); // warnings
  });
  done.catch(() => {}); // whoever waits for it is told
  return {
    done,
    async stop() {
      child.kill('SIGKILL'); // it holds nothing worth a goodbye
      await ended;
    },
  };
}
