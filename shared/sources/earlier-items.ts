// Items as earlier versions kept them: all in one file of lines, folders among them. They are taken over by the next round.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { SluiceError, TerminalError } from '../errors.ts';
import type { LakeStore } from '../ports.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import type { DriveItem } from './drive-items.ts';
import type { Folder } from './folder-tree.ts';
import { itemKeyOf, partOf, UNIT_BITS } from './item-key.ts';
import { type ItemPlace, itemOf } from './item-record.ts';
import { Spill } from './spill.ts';

/** @throws lake.not-found, lake.corrupt-record */
export async function readEarlierItems(
  lake: LakeStore,
  path: string,
  place: ItemPlace,
): Promise<{ items: Spill<DriveItem>; folders: Folder[] }> {
  const items = new Spill<DriveItem>();
  const folders: Folder[] = [];
  await withTemporaryFolder(async (folder) => {
    try {
      await lake.download(path, join(folder, 'items'));
      for await (const line of linesOf(join(folder, 'items'))) {
        const item = itemOf(line, place);
        const { id, kind, name, parentId, isSuspect } = item;
        if (kind === 'folder' || kind === 'notebook')
          folders.push({ id, kind, name, parentId, ...(isSuspect === true ? { isSuspect } : {}) });
        if (kind !== 'folder') await items.add(partOf(itemKeyOf(place.driveId, id), UNIT_BITS), item);
      }
    } catch (error) {
      await items.remove();
      if (error instanceof SluiceError || !isDamage(error)) throw error;
      throw new TerminalError('lake.corrupt-record', `${path} is damaged`, { ids: { path }, cause: error });
    }
  });
  return { items, folders };
}

/** Not an error of the disk it was read from. */
const isDamage = (error: unknown): boolean =>
  error instanceof SyntaxError || String((error as { code?: unknown }).code).startsWith('Z_');

/** Not by node:readline: a name may hold a line separator of Unicode, which JSON leaves as it is. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const bytes of createReadStream(file).pipe(createGunzip())) {
    const lines = (rest + decoder.write(bytes as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
