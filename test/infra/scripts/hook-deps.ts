// The outside world of a hook, in memory: answers by command line, a clock that only sleep moves, and what was said and asked.
import type { CliResult, HookDeps, RunCli } from '../../../infra/scripts/cli.ts';

export type Answer = unknown | ((args: readonly string[]) => CliResult | undefined);

export interface FakeWorld extends HookDeps {
  asked: string[];
  said: string[];
}

export const refusal = (stderr: string): CliResult => ({ code: 1, stdout: '', stderr });
const reply = (value: unknown): CliResult => ({ code: 0, stdout: JSON.stringify(value), stderr: '' });

/** A hook's world with a clock that only sleep moves. */
export function worldOf(run: RunCli, env: Readonly<Record<string, string>> = {}): HookDeps & { said: string[] } {
  let now = Date.UTC(2026, 10, 23);
  const said: string[] = [];
  return {
    env,
    run,
    said,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    say: (line) => said.push(line),
  };
}

/** @param answers  the first key the command line starts with decides; a function may answer by turns */
export function fakeWorld(
  answers: Readonly<Record<string, Answer>>,
  env: Readonly<Record<string, string>> = {},
): FakeWorld {
  const asked: string[] = [];
  const run: RunCli = async (command, args) => {
    const line = [command, ...args].join(' ');
    asked.push(line);
    const key = Object.keys(answers).find((start) => line.startsWith(start));
    if (key === undefined) return refusal(`ERROR: '${line}' was not expected`);
    const answer = answers[key];
    if (typeof answer !== 'function') return reply(answer);
    return (answer as (args: readonly string[]) => CliResult | undefined)(args) ?? reply(null);
  };
  return { ...worldOf(run, env), asked };
}
