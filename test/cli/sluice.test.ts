// The door of the command line, run as a process: what an old Node is told.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const DOOR = join(import.meta.dirname, '../../cli/sluice.ts');

/** Run the command line on this Node, which says that it is another one. */
const onNode = (version: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); Object.defineProperty(process, 'version', { value: 'v${version}' })`;
    const flags = [
      '--disable-warning=ExperimentalWarning',
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
    ];
    const child = execFile(process.execPath, [...flags, DOOR, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

test('an old Node is told in one line which one is needed and how to get it', async () => {
  for (const version of ['18.20.8', '20.20.2', '22.12.0']) {
    const { code, stdout, stderr } = await onNode(version, ['runs']);
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }, version).toEqual({
      code: 2,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toMatch(`needs Node 22.13 or newer, this is v${version}; \`npx sluice`);
  }
});

test('a Node that is new enough gets the command line', async () => {
  for (const version of ['22.13.0', '24.0.0']) {
    const { code, stdout } = await onNode(version, ['--version']);
    expect([code, stdout]).toEqual([0, '0.1.0\n']);
  }
});
