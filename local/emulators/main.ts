// Child-process entry: Azurite and the DFS shim, the laptop's storage account. One JSON line on stdout when ready; ends with its parent.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startAzurite } from './azurite.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    memory: { type: 'boolean', default: false },
    /** File with the account's key; default: a new one. */
    'key-file': { type: 'string' },
  },
});
process.umask(0o077); // documents lie here
const folder = values.memory ? null : (values.folder ?? '.local/azurite');

const keyFile = values['key-file'];
const dfsModule = () => import('./dfs.ts');
const azurite = await startAzurite({
  folder,
  ...(keyFile === undefined ? {} : { key: readFileSync(keyFile, 'utf8').trim() }),
  onProcess: () => void dfsModule().catch(() => {}), // awaited below
});
const { startDfs } = await dfsModule();
// The port that local.settings.sample.json names, unless somebody has it.
const dfs = await startDfs({ ...azurite, folder, port: 10004 }).catch(() => startDfs({ ...azurite, folder }));

let isStopping = false;
const stop = async (): Promise<void> => {
  isStopping = true;
  await dfs.close();
  await azurite.close();
  process.exit(0);
};
// Whoever waits for an answer of storage would wait for a long time.
void azurite.ended.then((how) => {
  if (isStopping) return;
  process.stderr.write(`Azurite (pid ${azurite.pid}) ended: ${how}\n`);
  process.exit(1);
});
process.once('SIGTERM', stop);
process.once('SIGINT', () => {}); // the terminal sends it to the whole group; the parent decides
process.once('disconnect', stop);

process.stdout.write(
  `${JSON.stringify({ ready: true, webJobsStorage: azurite.connectionString, lake: dfs.connectionString })}\n`,
);
