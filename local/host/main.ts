// Child-process entry of the local host:
//   node dist/local/host/main.js --app-dir . --port 7071 --hub .local/taskhub.sqlite [--settings file] [--log pretty|json]
// One JSON line {"ready":true,"port":N,…} on stdout when ready; logs on stderr; exit 0 after SIGTERM or SIGINT and draining,
// also when the parent that forked it disconnects; exit 1 with {"ready":false,"error":…} when it cannot start.
import { parseArgs } from 'node:util';
import { startHost } from './start.ts';

const USAGE = `Usage: main.js --app-dir <dir> [options]
  --app-dir <dir>         folder of package.json and host.json (default .)
  --port <n>              0 = a free port (default: LocalHttpPort of the settings, else 0)
  --hub <file>            SQLite file of the task hub (default .local/taskhub.sqlite in the app folder)
  --settings <file>       settings file (default local.settings.json in the app folder)
  --log json|pretty       format of the log on stderr (default json)
  --replay-schema 2|3     3 allows critical sections (default 2, as today's extension bundle)
  --scan-interval <ms>    pause between container scans (default 1000)
  --grace <ms>            time for running work when stopping (default 10000)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'app-dir': { type: 'string', default: '.' },
      port: { type: 'string' },
      hub: { type: 'string' },
      settings: { type: 'string' },
      log: { type: 'string', default: 'json' },
      'replay-schema': { type: 'string', default: '2' },
      'scan-interval': { type: 'string' },
      grace: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  process.umask(0o077); // the hub holds inputs and outputs of functions
  const appDir = values['app-dir'];
  // Signals may arrive while the app is loading: the stop is then carried out as soon as it can be
  let stopRequested = false;
  let stop: (() => void) | undefined;
  const requestStop = () => {
    stopRequested = true;
    stop?.();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, requestStop);
  process.on('disconnect', requestStop);
  const host = await startHost({
    appDir,
    taskHubFile: values.hub ?? `${appDir}/.local/taskhub.sqlite`,
    replaySchema: values['replay-schema'] === '3' ? 3 : 2,
    logFormat: values.log === 'pretty' ? 'pretty' : 'json',
    ...(values.port === undefined ? {} : { port: numberOf('port', values.port) }),
    ...(values.settings === undefined ? {} : { settingsFile: values.settings }),
    ...(values['scan-interval'] === undefined
      ? {}
      : { scanIntervalMs: numberOf('scan-interval', values['scan-interval']) }),
    ...(values.grace === undefined ? {} : { graceMs: numberOf('grace', values.grace) }),
  });
  stop = () => {
    host.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.stdout.write(
    `${JSON.stringify({ ready: true, port: host.port, url: host.url, pid: process.pid, functions: host.functions })}\n`,
  );
  if (stopRequested) stop();
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${flag} must be a whole number, not "${text}".`);
  return value;
}

main().catch((error: unknown) => {
  process.stdout.write(
    `${JSON.stringify({ ready: false, error: error instanceof Error ? error.message : String(error) })}\n`,
  );
  process.exit(1);
});
