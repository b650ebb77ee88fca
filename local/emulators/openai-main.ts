// Child-process entry of the OpenAI simulator: flags in, one JSON line out, dies with its parent.
//   node openai-main.js --port 9000 --tpm 200000 --rpm 200 --seed 1 --window sliding60 --headers azure --faults '{"rates":{"error-500":0.01}}'
import { parseArgs } from 'node:util';
import type { FaultPlan } from './faults.ts';
import { startOpenAiSimulator } from './openai.ts';
import { PROFILE_NAMES, SERVER_PROFILES } from './openai-profiles.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    tpm: { type: 'string', default: '200000' },
    rpm: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    window: { type: 'string', default: 'sliding60' },
    headers: { type: 'string', default: 'azure' },
    latency: { type: 'string', default: '150' },
    'ms-per-token': { type: 'string', default: '1' },
    'rpm-slice': { type: 'string', default: '10' },
    faults: { type: 'string', default: '{}' },
    profile: { type: 'string', default: 'azure-chat' },
    quiet: { type: 'boolean', default: false },
  },
});

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new Error(`--${flag} is ${JSON.stringify(value)}; it must be one of ${choices.join(', ')}`);
  return found;
}

const profile = SERVER_PROFILES[oneOf('profile', values.profile, PROFILE_NAMES)];
const simulator = await startOpenAiSimulator({
  port: Number(values.port),
  tpm: Number(values.tpm),
  rpm: Number(values.rpm),
  seed: Number(values.seed),
  window: oneOf('window', values.window, ['fixed60', 'sliding60', 'bucket'] as const),
  headers: oneOf('headers', values.headers, ['azure', 'openai', 'hostile'] as const),
  latencyMs: Number(values.latency),
  msPerToken: Number(values['ms-per-token']),
  rpmSliceSeconds: Number(values['rpm-slice']),
  profile,
  faults: JSON.parse(values.faults) as FaultPlan, // a developer's flag: unknown kinds have no effect
  banner: !values.quiet,
}).catch((error: NodeJS.ErrnoException) => {
  const isTaken = error.code === 'EADDRINUSE';
  process.stderr.write(
    `${isTaken ? `port ${values.port} is in use: name another one, or 0 for a free one` : error.message}\n`,
  );
  process.exit(1);
});

const stop = async (): Promise<void> => {
  await simulator.close();
  process.exit(0);
};
process.once('disconnect', stop); // the parent has gone
process.once('SIGTERM', stop);
process.once('SIGINT', () => (process.connected ? undefined : stop())); // with a parent, the parent decides
const ready = { ready: true, port: simulator.port, about: profile.about };
process.stdout.write(`${JSON.stringify(ready)}\n`);
process.send?.(ready);
