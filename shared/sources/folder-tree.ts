// The folders of a drive: the one part of it that a round has whole in memory, because paths are made of them.
import type { DriveRow, RowKind } from './graph/drive-rows.ts';

export interface Folder {
  id: string;
  /** A notebook holds items too. */
  kind: RowKind;
  name: string;
  /** Null for the root, and where the service leaves it out. */
  parentId: string | null;
  /** It may be gone, and could not be asked for yet. */
  isSuspect?: true;
}

const MAX_DEPTH = 400;

export class FolderTree {
  readonly byId = new Map<string, Folder>();
  /** Folders that lie elsewhere or are called otherwise since the tree was read, as they were. */
  readonly moved = new Map<string, Folder>();
  isChanged = false;

  /** Take a folder over as it was stored. */
  enter(folder: Folder): void {
    this.byId.set(folder.id, folder);
  }

  put({ id, kind, name, parentId }: Pick<DriveRow, 'id' | 'kind' | 'name' | 'parentId'>): void {
    const known = this.byId.get(id);
    const isSame = known?.name === name && known.parentId === parentId && known.kind === kind;
    if (isSame && known?.isSuspect === undefined) return;
    if (known !== undefined && !isSame && !this.moved.has(id)) this.moved.set(id, known);
    this.byId.set(id, { id, kind, name, parentId });
    this.isChanged = true;
  }

  suspect(folder: Folder): void {
    if (folder.isSuspect === true) return;
    folder.isSuspect = true;
    this.isChanged = true;
  }

  delete(id: string): void {
    if (this.byId.delete(id)) this.isChanged = true;
  }

  /**
   * Ids of the folders an item lies in, the nearest first. Parents that are not known, or a circle of them, end it.
   * @param before  as folders lay before this round
   */
  parentsOf({ parentId }: { parentId: string | null }, before?: ReadonlyMap<string, Folder>): string[] {
    const ids: string[] = [];
    const above = (id: string) => (before?.get(id) ?? this.byId.get(id))?.parentId ?? null;
    for (let at = parentId; at !== null && ids.length < MAX_DEPTH; at = above(at)) ids.push(at);
    return ids;
  }

  /** Path below the drive's root, without leading slash. */
  pathOf(item: { name: string; parentId: string | null }, before?: ReadonlyMap<string, Folder>): string {
    const folders = this.parentsOf(item, before).flatMap((id) => before?.get(id) ?? this.byId.get(id) ?? []);
    // The root has no parent and is no part of the path.
    const names = folders.filter(({ parentId }) => parentId !== null).map(({ name }) => name);
    return [...names.reverse(), item.name].join('/');
  }
}
