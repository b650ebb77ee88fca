// npm run test:real: with FUNCTIONS_WORKER the real Node worker runs the compiled functions (test/real-worker); with the .NET 10 SDK the host around
// the real durable engine (test/real-engine/host) is built, and the conformance cases and its own tests judge it. What is not here is not tested,
// and that is said.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '../..');
const LIMITS = ['--testTimeout', '600000', '--hookTimeout', '600000', '--maxWorkers', '1', '--reporter', 'verbose'];
const WORKER_TESTS = 'test/real-worker';

/** The exit code of a command, whose output is shown. */
function run(command: string, args: string[], env: Record<string, string> = {}): number {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
}

const asked = process.argv.slice(2);
if (asked.length === 0 || asked.some((name) => name.startsWith(WORKER_TESTS))) {
  if (process.env.FUNCTIONS_WORKER === undefined)
    console.log(
      'skipped: the real worker; FUNCTIONS_WORKER names it (workers/node/dist/src/nodejsWorker.js of Azure Functions Core Tools)',
    );
  else {
    const code = run('npx', ['vitest', 'run', WORKER_TESTS, ...LIMITS]);
    if (code !== 0) process.exit(code);
  }
}
const engineTests = asked.filter((name) => !name.startsWith(WORKER_TESTS));
if (asked.length > 0 && engineTests.length === 0) process.exit(0);

const sdks = spawnSync('dotnet', ['--list-sdks'], { encoding: 'utf8' });
if (sdks.error !== undefined || !/^10\./m.test(sdks.stdout)) {
  console.log(
    'skipped: the real engine needs the .NET 10 SDK (https://dotnet.microsoft.com/download), which is not here',
  );
  process.exit(0);
}

const build = [
  'build',
  'test/real-engine/host',
  '-c',
  'Release',
  '-p:RestoreLockedMode=true',
  '-maxcpucount:1',
  '--disable-build-servers', // nothing stays when the tests have ended
  '--verbosity',
  'quiet',
  '-nologo',
];
const built = run('dotnet', build, { DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' });
if (built !== 0) process.exit(built);
const all = ['blob-events', 'durable', 'http', 'recovery', 'triggers'].map(
  (name) => `test/conformance/${name}.test.ts`,
);
const tests = engineTests.length > 0 ? engineTests : [...all, 'test/real-engine'];
process.exit(run('npx', ['vitest', 'run', ...tests, ...LIMITS], { SLUICE_TEST_HOST: 'real-engine' }));
