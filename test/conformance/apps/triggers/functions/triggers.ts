// One function per trigger family. Each leaves what it saw as a JSON line in SEEN_LOG.
import { appendFileSync } from 'node:fs';
import { app, output } from '@azure/functions';

const note = (line: object) => appendFileSync(process.env.SEEN_LOG ?? '', `${JSON.stringify(line)}\n`);

app.hook.appStart(() => note({ hook: 'appStart' }));
app.hook.appTerminate(() => note({ hook: 'appTerminate' }));
app.storageBlob('scanned', {
  path: 'landing/in/{name}.{ext}',
  connection: 'STORE',
  handler: async (content, context) => {
    const { blobTrigger, name, ext } = context.triggerMetadata ?? {};
    note({ blob: blobTrigger, name, ext, text: (content as Buffer).toString() });
    if (String(name).startsWith('bad')) throw new Error('cannot read');
  },
});
app.storageBlob('scannedToo', {
  path: 'landing/in/{rest}',
  connection: 'STORE',
  handler: async (_content, context) => note({ too: context.triggerMetadata?.rest }),
});
const toSecond = output.storageQueue({ queueName: 'second', connection: 'STORE' });
app.storageQueue('first', {
  queueName: '%FIRST_QUEUE%',
  connection: 'STORE',
  extraOutputs: [toSecond],
  handler: async (message, context) => {
    const { dequeueCount, insertionTime, nextVisibleTime } = context.triggerMetadata ?? {};
    const hiddenMs = Date.parse(String(nextVisibleTime)) - Date.parse(String(insertionTime));
    note({ queue: message, dequeueCount, hiddenMinutes: Math.round(hiddenMs / 60_000) });
    if (typeof message !== 'object') throw new Error('not an object');
    context.extraOutputs.set(toSecond, { forwarded: message });
  },
});
app.storageQueue('second', {
  queueName: 'second',
  connection: 'STORE',
  handler: async (message) => note({ second: message }),
});
let atWork = 0;
app.storageQueue('many', {
  queueName: 'many',
  connection: 'STORE',
  handler: async (message) => {
    note({ many: message, atWork: ++atWork });
    await new Promise((resolve) => setTimeout(resolve, 200));
    atWork--;
  },
});

app.timer('everySecond', {
  schedule: '* * * * * *',
  handler: async (timer) => note({ timer: timer.isPastDue, status: timer.scheduleStatus }),
});
app.timer('disabled', { schedule: '* * * * * *', handler: async () => note({ disabled: 'ran' }) });
app.timer('yearly', {
  schedule: '0 0 0 1 1 *',
  handler: async (timer) => {
    note({ yearly: timer.isPastDue, last: timer.scheduleStatus.last, next: timer.scheduleStatus.next });
    if (process.env.TIMER_HANGS === 'yes') await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
});
app.timer('moved', { schedule: '0 0 0 1 6 *', handler: async (timer) => note({ moved: timer.isPastDue }) });
app.timer('atStart', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  handler: async (timer) => note({ atStart: timer.isPastDue, last: timer.scheduleStatus.last }),
});
