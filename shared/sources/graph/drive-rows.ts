// Rows of a drive's delta as the service sends them → what a source keeps of an item. Nothing in a row is trusted to be there.
// https://learn.microsoft.com/graph/api/resources/driveitem
import { z } from 'zod';

const text = z.string().max(4096);

/** The dozen fields that are used; everything else is left aside. */
const rowSchema = z.looseObject({
  id: text,
  name: text.optional(),
  eTag: text.optional(),
  cTag: text.optional(),
  size: z.number().optional(),
  webUrl: text.optional(),
  parentReference: z.looseObject({ id: text.optional() }).optional(),
  file: z.looseObject({ hashes: z.looseObject({ quickXorHash: text.optional() }).optional() }).optional(),
  folder: z.unknown().optional(),
  root: z.unknown().optional(),
  package: z.unknown().optional(),
  remoteItem: z.unknown().optional(),
  deleted: z.unknown().optional(),
  malware: z.unknown().optional(),
  pendingOperations: z.unknown().optional(),
  createdDateTime: text.nullish(),
  lastModifiedDateTime: text.nullish(),
  lastModifiedBy: z.looseObject({ application: z.looseObject({ id: text.optional() }).nullish() }).nullish(),
});

const pageSchema = z.looseObject({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});

/** Files that SharePoint writes to by itself. */
export const OFFICE = /\.(docx|docm|xlsx|xlsm|pptx|pptm)$/i;

export type RowKind = 'file' | 'folder' | 'notebook' | 'shortcut' | 'unknown' | 'deleted';

/** One row, small enough to keep a hundred thousand of them. */
export interface DriveRow {
  id: string;
  kind: RowKind;
  name: string;
  /** Null for the root, and where the service leaves it out. */
  parentId: string | null;
  isRoot: boolean;
  size: number;
  /** What tells one content from another: the content tag, else hash and size, else the tag of everything. */
  contentTag: string;
  eTag: string;
  webUrl: string;
  isMalware: boolean;
  isPending: boolean;
  /** Neither made nor changed since the source's day. */
  isBefore?: true;
  /** App that changed it last; missing where a person did, or nobody knows. */
  byApp?: string;
}

export interface DriveRows {
  rows: DriveRow[];
  /** Rows that are none. */
  unreadable: number;
  next: string | undefined;
  delta: string | undefined;
}

/** @param sinceMs  a file that is older is marked, ms since the epoch. @throws ZodError for an answer that is no page */
export function readPage(body: unknown, sinceMs = 0): DriveRows {
  const page = pageSchema.parse(body);
  const rows: DriveRow[] = [];
  let unreadable = 0;
  for (const value of page.value) {
    const parsed = rowSchema.safeParse(value);
    if (parsed.success) rows.push(toRow(parsed.data, sinceMs));
    else unreadable++;
  }
  return { rows, unreadable, next: page['@odata.nextLink'], delta: page['@odata.deltaLink'] };
}

/** One item asked for by id. */
export const readItem = (body: unknown): DriveRow => toRow(rowSchema.parse(body), 0);

function toRow(row: z.infer<typeof rowSchema>, sinceMs: number): DriveRow {
  const hash = row.file?.hashes?.quickXorHash;
  return {
    id: row.id,
    kind: kindOf(row),
    name: row.name ?? '',
    parentId: row.root === undefined ? (row.parentReference?.id ?? null) : null,
    isRoot: row.root !== undefined,
    size: row.size ?? 0,
    contentTag: row.cTag ?? (hash === undefined ? `e:${row.eTag ?? ''}` : `h:${hash}:${row.size ?? 0}`),
    eTag: row.eTag ?? '',
    webUrl: row.webUrl ?? '',
    isMalware: row.malware !== undefined,
    isPending: row.pendingOperations !== undefined,
    ...(isBefore(row, sinceMs) ? { isBefore: true as const } : {}),
    ...(row.lastModifiedBy?.application?.id === undefined ? {} : { byApp: row.lastModifiedBy.application.id }),
  };
}

/** Copies keep the date of their original, so both dates must be older; what has none is not. */
function isBefore(row: z.infer<typeof rowSchema>, sinceMs: number): boolean {
  if (sinceMs === 0 || row.file === undefined) return false;
  const { createdDateTime, lastModifiedDateTime } = row;
  const dates = [createdDateTime, lastModifiedDateTime].map((date) => Date.parse(date ?? ''));
  return dates.some((date) => date < sinceMs) && !dates.some((date) => date >= sinceMs);
}

function kindOf(row: z.infer<typeof rowSchema>): RowKind {
  if (row.deleted !== undefined) return 'deleted';
  if (row.package !== undefined) return 'notebook';
  if (row.remoteItem !== undefined) return 'shortcut';
  if (row.folder !== undefined || row.root !== undefined) return 'folder';
  return row.file === undefined ? 'unknown' : 'file';
}
