import { describe, expect, test } from 'vitest';
import {
  deletedAccount,
  flexRuntime,
  HEALTHY,
  listedModel,
  listedRole,
  listedUsage,
  provider,
} from '../scripts/az-answers.ts';
import { missingFields, play, readRecording, replay } from './recording.ts';
import { SCENARIOS } from './scenarios.ts';

const { scenarios } = readRecording();
const READY = 'preflight: a subscription that is ready';

describe('hooks, on recorded answers of az', () => {
  for (const scenario of SCENARIOS)
    test(scenario.name, async () => {
      const { result, said } = await play(scenario, replay(scenarios[scenario.name] ?? []));
      if (scenario.result instanceof RegExp) expect(result).toMatch(scenario.result);
      else expect({ result, said }).toMatchObject({ result: scenario.result });
      for (const part of scenario.says) expect(said.join('\n')).toContain(part);
      expect(said.join('\n')).not.toContain('is not recorded');
    });

  test('every scenario is recorded, and nothing else', () => {
    expect(Object.keys(scenarios).sort()).toEqual(SCENARIOS.map(({ name }) => name).sort());
  });

  test('the made-up answers of other tests have the fields of recorded ones', () => {
    const recorded = (start: string) => {
      const found = scenarios[READY]?.find(({ command, code }) => command.startsWith(start) && code === 0);
      expect(found?.stdout, start).toBeTruthy();
      return found?.stdout;
    };
    const made: [command: string, answer: unknown][] = [
      ['cognitiveservices model list', [listedModel('m', '1', ['S'])]],
      ['cognitiveservices usage list', [listedUsage('u', 0, 1)]],
      ['cognitiveservices account list-deleted', [deletedAccount('a', 'OpenAI', 'rg')]],
      ['role assignment list', [listedRole('Owner')]],
      ['functionapp list-flexconsumption-runtimes', [flexRuntime('22')]],
      ['functionapp list-flexconsumption-locations', HEALTHY['az functionapp list-flexconsumption-locations']],
      ['provider list', HEALTHY['az provider list']],
      ['provider show', provider('Microsoft.Synapse', 'workspaces', ['Sweden Central'])],
      ['account show --output json', HEALTHY['az account show']],
    ];
    for (const [command, answer] of made) expect(missingFields(answer, recorded(command)), command).toEqual([]);
    expect(missingFields([{ app_insights: true }], [{ appInsights: true }])).toEqual(['[].app_insights']);
  });
});
