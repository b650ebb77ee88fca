// The real Azure CLI takes every command line of the hooks and answers them, from a resource manager on loopback. It proves the command
// lines and the form of the answers, not what Azure would say. Skips without SLUICE_TEST_AZ; SLUICE_RECORD=1 writes recorded-answers.json.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bicepFiles } from '../bicep.ts';
import { AZ, azIn, placeBicep, signIn } from './real-az.ts';
import {
  missingFields,
  play,
  type RecordedAnswer,
  type Recording,
  readRecording,
  toRecorded,
  writeRecording,
} from './recording.ts';
import { type ResourceManager, startResourceManager } from './resource-manager.ts';
import { SCENARIOS } from './scenarios.ts';

const isRecording = process.env.SLUICE_RECORD === '1';
const PATIENCE_MS = 300_000;

describe.skipIf(AZ === undefined)('the real az (SLUICE_TEST_AZ names it)', () => {
  let folder: string;
  let manager: ResourceManager;
  const made: Recording = { azureCli: '', scenarios: {} };
  const signedOut = () => azIn(join(folder, 'out'), manager);
  const signedIn = () => azIn(join(folder, 'in'), manager);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-az-test-'));
    manager = await startResourceManager(folder);
    const events = bicepFiles().find(({ file }) => file === 'infra/events/main.bicep');
    const az = signedIn();
    placeBicep(join(folder, 'in'), events?.parameters.map(({ symbol }) => symbol) ?? []);
    await signIn(az, manager.url);
    made.azureCli = (JSON.parse((await az(['version'])).stdout) as { 'azure-cli': string })['azure-cli'];
  }, PATIENCE_MS);
  afterAll(async () => {
    await manager?.close();
    rmSync(folder, { recursive: true, force: true });
    if (isRecording) writeRecording(made);
  });

  for (const scenario of SCENARIOS)
    test(
      scenario.name,
      async () => {
        manager.relent();
        for (const refusal of scenario.refusals ?? []) manager.refuse(refusal);
        const az = scenario.isSignedOut ? signedOut() : signedIn();
        const answers: RecordedAnswer[] = [];
        const { result, said } = await play(scenario, async (command, args) => {
          if (command === 'azd') return { code: 0, stdout: '', stderr: '' };
          const answer = await az(args);
          answers.push(toRecorded(args.join(' '), answer, manager.url));
          return answer;
        });
        answers.sort((a, b) => (a.command < b.command ? -1 : a.command > b.command ? 1 : 0)); // some are asked at once
        made.scenarios[scenario.name] = answers;
        if (scenario.result instanceof RegExp) expect(result).toMatch(scenario.result);
        else expect({ result, said }).toMatchObject({ result: scenario.result });
        for (const part of scenario.says) expect(said.join('\n')).toContain(part);
        expect(answers.length).toBeGreaterThan(0);
        expect(manager.unknown).toEqual([]);
        if (isRecording) return;
        const known = readRecording().scenarios[scenario.name] ?? [];
        const lines = (all: readonly RecordedAnswer[]) => all.map(({ command, code }) => [command, code]);
        expect(lines(answers)).toEqual(lines(known));
        for (const [index, { command, stdout }] of known.entries())
          expect(missingFields(stdout, answers[index]?.stdout), command).toEqual([]);
      },
      PATIENCE_MS,
    );
});
