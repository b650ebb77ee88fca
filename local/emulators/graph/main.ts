// Child-process entry of the Graph emulator: flags in, one JSON line out, dies with its parent.
//   node main.js --folder ./sharepoint --token secret --port 0
import { parseArgs } from 'node:util';
import { startGraphEmulator } from './server.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '.' },
    token: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
  },
});

const emulator = await startGraphEmulator({ folder: values.folder, token: values.token, port: Number(values.port) });

const stop = async (): Promise<void> => {
  await emulator.close();
  process.exit(0);
};
process.once('disconnect', stop); // the parent has gone
process.once('SIGTERM', stop);
process.once('SIGINT', () => (process.connected ? undefined : stop())); // with a parent, the parent decides
const ready = { ready: true, root: emulator.root, site: emulator.site, mailbox: emulator.mailbox };
process.stdout.write(`${JSON.stringify(ready)}\n`);
process.send?.(ready);
