// The chaos command in a small form; by hand in a large one: `npm run chaos -- --seed 1 --kills 50 --documents 1000`.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ChaosReport } from '../../bench/chaos.ts';
import { ROOT } from './sluice.ts';

function chaos(...args: string[]): Promise<{ code: number | null; report: ChaosReport; stderr: string }> {
  return new Promise((resolve, reject) => {
    const flags = ['--disable-warning=ExperimentalWarning', join(ROOT, 'dist/bench/chaos.js'), '--json', ...args];
    const child = execFile(process.execPath, flags, (_error, stdout, stderr) => {
      if (!stdout.startsWith('{')) reject(new Error(`no report (code ${child.exitCode}): ${stderr.slice(-2000)}`));
      else resolve({ code: child.exitCode, report: JSON.parse(stdout) as ChaosReport, stderr });
    });
  });
}

test('chaos: killed twice under a money limit, a run has one row for each document and stays below the limit', async () => {
  const limit = 0.02;
  const { code, report } = await chaos('--seed', '3', '--kills', '2', '--documents', '60', '--max-cost', `${limit}`);
  expect(report.broken).toEqual([]);
  expect(code).toBe(0);
  expect(report).toMatchObject({ state: 'completed', kills: 2, lost: 0, doubled: 0 });
  expect(report.billedUsd).toBeLessThanOrEqual(limit);
}, 400_000);

test('chaos: a run that is cancelled between kills leaves no row', async () => {
  const { report } = await chaos('--seed', '4', '--kills', '2', '--documents', '60', '--cancel');
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ state: 'cancelled', lost: 0, doubled: 0 });
}, 400_000);
