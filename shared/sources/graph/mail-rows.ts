// Rows of a mailbox as the service sends them → what a source keeps of a mail or a folder. Nothing in a row is trusted to be there.
// https://learn.microsoft.com/graph/api/resources/message
import { z } from 'zod';
import { mailName } from '../mail-name.ts';
import type { DriveRow, DriveRows } from './drive-rows.ts';

const text = z.string().max(4096);

const mailSchema = z.looseObject({
  id: text,
  subject: z.string().nullish(),
  receivedDateTime: text.nullish(),
  parentFolderId: text.nullish(),
  isDraft: z.boolean().nullish(),
  webLink: text.nullish(),
  '@removed': z.unknown().optional(),
});
const folderSchema = z.looseObject({
  id: text,
  displayName: z.string().nullish(),
  parentFolderId: text.nullish(),
  '@removed': z.unknown().optional(),
});
const pageSchema = z.looseObject({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});

/** What is asked of a mail; more would come along with every page. */
export const MAIL_FIELDS = 'id,subject,receivedDateTime,parentFolderId,isDraft,webLink';

/** @param folderId  in which the mails of the page lie. @param sinceMs  older mails are none of the source's. @throws ZodError for an answer that is no page */
export const readMailPage = (body: unknown, folderId: string, sinceMs: number): DriveRows =>
  readPage(body, (value) => {
    const parsed = mailSchema.safeParse(value);
    if (!parsed.success) return undefined;
    const row = toMailRow(parsed.data, folderId);
    const receivedMs = Date.parse(parsed.data.receivedDateTime ?? '');
    return row.kind === 'file' && receivedMs < sinceMs ? 'left-out' : row;
  });

/** @throws ZodError for an answer that is no page */
export const readFolderPage = (body: unknown): DriveRows =>
  readPage(body, (value) => {
    const parsed = folderSchema.safeParse(value);
    return parsed.success ? toFolderRow(parsed.data) : undefined;
  });

/** One mail asked for by id. */
export function readMail(body: unknown): DriveRow {
  const mail = mailSchema.parse(body);
  return toMailRow(mail, mail.parentFolderId ?? null);
}

/** When a mail that was asked for by id came, ms since the epoch; NaN where the service does not say. */
export const receivedAt = (body: unknown): number => Date.parse(mailSchema.parse(body).receivedDateTime ?? '');

export const readFolder = (body: unknown): DriveRow => toFolderRow(folderSchema.parse(body));

function readPage(body: unknown, read: (value: unknown) => DriveRow | 'left-out' | undefined): DriveRows {
  const page = pageSchema.parse(body);
  const rows: DriveRow[] = [];
  let unreadable = 0;
  for (const value of page.value) {
    const row = read(value);
    if (row === undefined) unreadable++;
    else if (row !== 'left-out') rows.push(row);
  }
  return { rows, unreadable, next: page['@odata.nextLink'], delta: page['@odata.deltaLink'] };
}

const toMailRow = (mail: z.infer<typeof mailSchema>, folderId: string | null): DriveRow => ({
  ...bare(mail.id, mail['@removed'] === undefined ? 'file' : 'deleted'),
  name: mailName(mail.subject ?? ''),
  parentId: mail.parentFolderId ?? folderId,
  // A mail that was sent or received never changes; what does are marks on it.
  contentTag: 'mail',
  webUrl: mail.webLink ?? '',
  isPending: mail.isDraft === true,
});

const toFolderRow = (folder: z.infer<typeof folderSchema>): DriveRow => ({
  ...bare(folder.id, folder['@removed'] === undefined ? 'folder' : 'deleted'),
  name: folder.displayName ?? '',
  parentId: folder.parentFolderId ?? null,
});

const bare = (id: string, kind: DriveRow['kind']): DriveRow => ({
  ...{ id, kind, name: '', parentId: null, isRoot: false, size: 0, contentTag: '', eTag: '', webUrl: '' },
  ...{ isMalware: false, isPending: false },
});
