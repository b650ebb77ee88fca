// `sluice simulate-llm`: the LLM simulator by itself, for trying limits and faults with any client.
import { join, resolve } from 'node:path';
import { startChild } from '../child.ts';
import { note, print, printJson, UsageError, warn } from '../console.ts';

export interface SimulateOptions {
  data: string;
  json: boolean;
  port: number;
  tpm: number;
  rpm: number;
  seed: number;
  window: string;
  headers: string;
  /** The server that is played: a name of local/emulators/openai-profiles.ts. */
  profile: string;
  faults?: string;
}

/** Serve until Ctrl+C. */
export async function simulateLlmCommand(options: SimulateOptions): Promise<void> {
  if (options.faults !== undefined) assertJson(options.faults);
  const flags: Record<string, string> = {
    port: String(options.port),
    tpm: String(options.tpm),
    rpm: String(options.rpm),
    seed: String(options.seed),
    window: options.window,
    headers: options.headers,
    profile: options.profile,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  };
  const child = await startChild<{ ready: true; port: number; about: string }>(
    'local/emulators/openai-main',
    Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    { logFile: join(resolve(options.data), 'simulate-llm.log') },
  );
  const url = `http://127.0.0.1:${child.ready.port}/v1`;
  if (options.json) printJson({ url, model: 'simulator', profile: options.profile });
  else {
    print(`OPENAI_BASE_URL=${url}\nOPENAI_MODEL=simulator\nOPENAI_API_KEY=simulator`);
    note(warn(`This is a SIMULATOR, not a model. It plays ${child.ready.about}.`));
    note(
      `${options.tpm} tokens and ${options.rpm} requests a minute. State and control: ${url.replace('/v1', '/_sim/stats')}, /_sim/ledger, /_sim/config. Ctrl+C ends.`,
    );
  }
  const stopped = new Promise<'stopped'>((done) => {
    process.once('SIGINT', () => done('stopped')).once('SIGTERM', () => done('stopped'));
  });
  const how = await Promise.race([stopped, child.ended]);
  if (how !== 'stopped') throw new Error(`the simulator ended (${how})`);
  await child.stop();
}

function assertJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new UsageError('--faults must be JSON, e.g. {"rates":{"error-500":0.01}}');
  }
}
