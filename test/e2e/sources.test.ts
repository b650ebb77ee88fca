// A library of SharePoint end to end: the local host and its storage, a folder as the library behind the Graph emulator, labels written back.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGraphEmulator } from '../../local/emulators/graph/server.ts';
import type { SourceStatus } from '../../shared/api/source-status.ts';
import { startOwnCloud } from './cloud.ts';
import { temporaryFolder, waitFor } from './sluice.ts';

const TOKEN = `x.${Buffer.from('{"appid":"sluice"}').toString('base64url')}.x`;
const COLUMNS = { label: 'SluiceLabel', confidence: 'SluiceConfidence' };

test('a library lands, is decided and gets its labels; what is changed, renamed and deleted follows; our own writing begins no run', async () => {
  const folder = temporaryFolder('library');
  const put = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
  mkdirSync(join(folder.path, 'Clients'));
  put('Clients/payroll #1.txt', 'Payroll tax return: wage tax withheld for employees in March.');
  put('invoice.txt', 'Invoice number 4711. Please pay 120 EUR for consulting services.');
  const graph = await startGraphEmulator({ folder: folder.path, token: TOKEN });
  const [library] = graph.graph.sites[0]?.drives ?? [];
  for (const name of Object.values(COLUMNS)) library?.columns.set(name, undefined);
  const source = { name: 'tax', kind: 'sharepoint', site: graph.site, deletion: 'remove', writeBack: COLUMNS };
  const cloud = await startOwnCloud('sources', {
    ...{ GRAPH_ROOT: graph.root, GRAPH_TOKEN: TOKEN, SOURCES: JSON.stringify([source]) },
  });
  try {
    const at = `${cloud.state.hostUrl}/api`;
    const get = async <T>(path: string): Promise<T> => (await (await fetch(`${at}/${path}`)).json()) as T;
    const status = async () => (await get<{ sources: SourceStatus[] }>('sources')).sources[0] as SourceStatus;
    /** A round, and what holds after it. */
    const after = (what: string, holds: () => Promise<boolean>) =>
      waitFor(what, 90_000, async () => {
        const { state } = await status();
        if (state !== 'syncing') await fetch(`${at}/sources/tax/sync`, { method: 'POST', body: '{}' });
        return (await holds()) ? true : undefined;
      });
    type Found = { source_name: string; label: string; source_url: string; processed_at: string }[];
    const found = async () => (await get<{ results: Found }>('results?path=sources/tax/')).results;
    const uploads = async () =>
      (await get<{ runs: { kind: string }[] }>('runs')).runs.filter(({ kind }) => kind === 'upload').length;
    const fields = () =>
      [...(library?.items.values() ?? [])]
        .filter(({ kind, isDeleted }) => kind === 'file' && !isDeleted)
        .map((one) => one.fields.SluiceLabel);

    await after('labels in the columns', async () => fields().filter(Boolean).length === 2);
    const first = await found();
    expect(first.map((row) => row.source_name).sort()).toEqual(['Clients/payroll #1.txt', 'invoice.txt']);
    expect([...fields()].sort()).toEqual(first.map(({ label }) => label).sort());
    const runs = await uploads();

    renameSync(join(folder.path, 'invoice.txt'), join(folder.path, 'paid.txt'));
    await after('the new name', async () => (await found()).some((row) => row.source_name === 'paid.txt'));
    expect(await uploads()).toBe(runs); // neither the rename nor what was written back
    put('paid.txt', 'Customs declaration for import of goods, tariff number.');
    rmSync(join(folder.path, 'Clients/payroll #1.txt'));
    await after('the change and the deletion', async () => {
      const { drives } = await status();
      return drives[0]?.removed === 1 && (await uploads()) > runs && drives[0].writeBack?.written === 3;
    });
    expect(await status()).toMatchObject({ landed: 1, skipped: 0, failed: 0, error: null });
  } finally {
    await cloud.remove();
    await graph.close();
    folder.remove();
  }
}, 300_000);
