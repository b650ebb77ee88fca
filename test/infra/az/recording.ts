// Answers of the real az, by scenario and command line: made by real-az.test.ts, read by every run.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliResult, RunCli } from '../../../infra/scripts/cli.ts';
import { ROOT } from '../bicep.ts';
import { worldOf } from '../scripts/hook-deps.ts';
import type { Scenario } from './scenarios.ts';

export interface RecordedAnswer {
  command: string;
  code: number;
  /** Parsed where it is JSON. */
  stdout: unknown;
  stderr: string;
}

export interface Recording {
  azureCli: string;
  scenarios: Record<string, RecordedAnswer[]>;
}

const FILE = join(import.meta.dirname, 'recorded-answers.json');

export const readRecording = (): Recording => JSON.parse(readFileSync(FILE, 'utf8')) as Recording;
export const writeRecording = (recording: Recording): void =>
  writeFileSync(FILE, `${JSON.stringify(recording, null, 2)}\n`);

/** Without what differs from run to run: ports, folders, tokens, times. */
export function toRecorded(command: string, { code, stdout, stderr }: CliResult, managerUrl: string): RecordedAnswer {
  const plain = (text: string) =>
    text
      .replaceAll(managerUrl, 'https://management.azure.com')
      .replaceAll(ROOT, '<app>')
      .replace(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJzcWwifQ.c2lnbmF0dXJl')
      .replace(/"expiresOn": "[^"]+"/g, '"expiresOn": "2026-11-24 00:00:00.000000"')
      .replace(/"expires_on": \d+/g, '"expires_on": 1795478400');
  const text = plain(stdout);
  return { command: plain(command), code, stdout: isJson(text) ? JSON.parse(text) : text, stderr: plain(stderr) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Asked since the last recording, with an answer that has no fields to get wrong; the next recording replaces it. */
const NOT_YET_RECORDED: readonly RecordedAnswer[] = [
  {
    command: 'keyvault list-deleted --resource-type vault --output json --only-show-errors',
    code: 0,
    stdout: [],
    stderr: '',
  },
];

/** az as it was recorded. Asked for anything else, or once more, it refuses: then record anew (docs/deploy.md). */
export function replay(answers: readonly RecordedAnswer[]): RunCli {
  const isRecorded = (command: string) => answers.some((one) => one.command === command);
  const left = [...answers, ...NOT_YET_RECORDED.filter(({ command }) => !isRecorded(command))];
  return async (command, args) => {
    if (command === 'azd') return { code: 0, stdout: '', stderr: '' };
    const line = args.join(' ').replaceAll(ROOT, '<app>');
    const index = left.findIndex((one) => one.command === line);
    if (index < 0) return { code: 2, stdout: '', stderr: `ERROR: az ${line} is not recorded` };
    const [found] = left.splice(index, 1);
    const { code, stdout, stderr } = found!; // index is valid
    return { code, stdout: typeof stdout === 'string' ? stdout : JSON.stringify(stdout), stderr };
  };
}

/** Play a scenario. @returns what the hook returned or threw, and what it said */
export async function play({ hook, env }: Scenario, run: RunCli): Promise<{ result: number | string; said: string[] }> {
  const world = worldOf(run, env);
  return { result: await hook(world), said: world.said };
}

/** Paths of fields of `known` that `answer` lacks; lists are compared by their first records. Newer versions of az may tell more. */
export function missingFields(known: unknown, answer: unknown, path = ''): string[] {
  if (Array.isArray(known)) {
    if (!Array.isArray(answer)) return [path];
    return known.slice(0, 1).flatMap((one) => missingFields(one, answer[0], `${path}[]`));
  }
  if (known === null || typeof known !== 'object') return [];
  if (answer === null || typeof answer !== 'object') return [path];
  return Object.entries(known).flatMap(([field, value]) =>
    field in answer
      ? missingFields(value, (answer as Record<string, unknown>)[field], `${path}.${field}`)
      : [`${path}.${field}`],
  );
}
