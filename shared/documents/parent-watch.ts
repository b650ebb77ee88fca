// Ends this process with its host, even while a parser spins: a thread sees the parent change.
import { Worker } from 'node:worker_threads';

const WATCH_MS = 2000;

let watcher: Worker | undefined;

/** Started with the first document that could spin. */
export function watchParent(): void {
  if (watcher !== undefined) return;
  const program = `const parent = process.ppid; setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${WATCH_MS});`;
  watcher = new Worker(program, { eval: true, stdout: false, stderr: false });
  watcher.on('error', () => {}); // without the watcher the process still ends when its channel closes
  watcher.unref();
}
