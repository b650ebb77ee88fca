// Ctrl+C while a start begins: a terminal sends it to the command and to its servers at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, temporaryFolder } from './sluice.ts';

test('Ctrl+C before storage is up is no failure', async () => {
  const data = temporaryFolder('interrupted');
  try {
    const args = [join(ROOT, 'dist/cli/sluice.js'), 'start', '--no-llm', '--port', '0', '--data', data.path];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') process.kill(-child.pid!, 'SIGINT'); // its group; it has said that storage is being started
      said += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(said).toMatch(/^(starting [a-z ]+ …\s+)+stopping …\s+$/); // some of the servers may have begun before they were told
    expect(code).toBe(0);
  } finally {
    data.remove();
  }
}, 60_000);
