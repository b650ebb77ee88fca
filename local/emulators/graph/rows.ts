// Drives and items as Graph shows them.
// https://learn.microsoft.com/graph/api/resources/driveitem
import type { Drive, DriveItem } from './drive.ts';

export const eTag = (item: DriveItem): string => `"{${item.id}},${item.version}"`;
/** What the list item behind a file calls its version. */
export const listTag = (item: DriveItem): string => `"${item.id.toLowerCase()},${item.version}"`;
export const cTag = (item: DriveItem): string => `"c:{${item.id}},${item.contentVersion}"`;

export function driveRow(drive: Drive): unknown {
  return { id: drive.id, name: drive.name, driveType: 'documentLibrary', webUrl: drive.webUrl };
}

export function itemRow(drive: Drive, item: DriveItem): Record<string, unknown> {
  const parentReference = item.parentId === null ? { driveId: drive.id } : { driveId: drive.id, id: item.parentId };
  if (item.isDeleted)
    return {
      id: item.id,
      parentReference,
      deleted: { state: 'deleted' },
      ...(item.kind === 'folder' ? { folder: {} } : { file: {} }),
    };
  const hash = drive.hashOf(item);
  const common = {
    id: item.id,
    name: item.name,
    eTag: eTag(item),
    parentReference,
    webUrl: `${drive.webUrl}/${drive.pathOf(item).split('/').map(encodeURIComponent).join('/')}`,
    createdDateTime: new Date(item.createdAt).toISOString(),
    lastModifiedDateTime: new Date(item.modifiedAt).toISOString(),
    lastModifiedBy:
      item.lastModifiedBy === 'app'
        ? { application: { id: 'sluice' } }
        : { user: { displayName: item.lastModifiedBy } },
    ...(item.parentId === null ? { root: {} } : {}),
    ...(item.isPending ? { pendingOperations: { pendingContentUpdate: {} } } : {}),
    ...(item.isMalware ? { malware: { description: 'test' } } : {}),
  };
  switch (item.kind) {
    case 'folder':
      return { ...common, folder: { childCount: drive.children(item.id).length } };
    case 'file':
      return {
        ...common,
        cTag: cTag(item),
        size: item.bytes.length,
        file: {
          mimeType: 'application/octet-stream',
          ...(hash === undefined ? {} : { hashes: { quickXorHash: hash } }),
        },
      };
    case 'notebook':
      return { ...common, package: { type: 'oneNote' } };
    case 'shortcut':
      return { ...common, remoteItem: { id: `remote-${item.id}`, parentReference: { driveId: 'another' } } };
    default:
      return common;
  }
}
