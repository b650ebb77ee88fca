// Child-process entry for tests: the local host with a clock that stands still until the parent sends {advanceMs}.
import { parseArgs } from 'node:util';
import { startHost } from '../../local/host/start.ts';
import { ManualClock } from './manual-clock.ts';

const { values } = parseArgs({
  options: {
    'app-dir': { type: 'string', default: '.' },
    port: { type: 'string' },
    hub: { type: 'string', default: ':memory:' },
  },
});
const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
const host = await startHost({ appDir: values['app-dir'], port: 0, taskHubFile: values.hub, clock });
process.on('message', (message: { advanceMs: number }) => {
  clock.advance(message.advanceMs);
  process.send?.('advanced');
});
process.on('SIGTERM', () => void host.stop().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ ready: true, port: host.port, url: host.url, functions: host.functions })}\n`);
