// The mailbox part of the Graph emulator: folders, delta of folders and of mails, one mail, its MIME.
// https://learn.microsoft.com/graph/api/message-delta
import type { GraphFault } from './faults.ts';
import type { Mail, Mailbox, MailFolder } from './mailbox.ts';
import { type GraphReply, notFound, problem } from './replies.ts';

export interface MailRequest {
  method: string;
  url: URL;
  headers: Headers;
}

export class MailRoutes {
  readonly #origin: string;
  readonly #pageSize: number;
  readonly #pages = new Map<string, { rows: unknown[][]; next: string; path: string }>();
  #made = 0;

  constructor(origin: string, pageSize: number) {
    this.#origin = origin;
    this.#pageSize = pageSize;
  }

  /** @param path  behind `/users/{user}` */
  handle(mailbox: Mailbox, path: string, request: MailRequest, fault: GraphFault | undefined): GraphReply {
    // Without the header a mail has another id in each folder, and a reader takes each move for a new mail.
    if (!/ImmutableId/.test(request.headers.get('prefer') ?? ''))
      return problem(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
    const base = `/users/${encodeURIComponent(mailbox.address)}`;
    if (path === '/mailFolders/delta')
      return this.#delta(mailbox, `${base}${path}`, request.url, fault, (from) =>
        mailbox.folderChanges(from).map(folderRow),
      );
    let m = /^\/mailFolders\/([^/]+)(\/messages\/delta)?$/.exec(path);
    if (m !== null) {
      const folder = mailbox.folderOf(decodeURIComponent(m[1] ?? ''));
      if (folder === undefined)
        return problem(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
      if (m[2] === undefined) return { status: 200, body: folderRow(folder) };
      return this.#delta(mailbox, `${base}${path}`, request.url, fault, (from) =>
        mailbox.changes(folder.id, from).map(({ mail, isRemoved }) => (isRemoved ? removedRow(mail) : mailRow(mail))),
      );
    }
    m = /^\/messages\/([^/]+)(\/\$value|\/attachments(?:\/(\d+)\/\$value)?)?$/.exec(path);
    if (m === null) return problem(400, 'BadRequest', `Resource not found for the segment '${path}'.`);
    const mail = mailbox.mails.get(decodeURIComponent(m[1] ?? ''));
    if (mail === undefined || mail.isDeleted)
      return problem(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
    if (m[2] === undefined) return { status: 200, body: wholeMail(mail) };
    if (m[2] !== '/$value') return attachment(mail, m[3]);
    if (mail.isUnconvertible)
      return problem(500, 'ErrorMimeContentConversionFailed', 'MIME content conversion failed.');
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: mail.bytes };
  }

  #delta(
    mailbox: Mailbox,
    path: string,
    url: URL,
    fault: GraphFault | undefined,
    rowsSince: (from: number) => unknown[],
  ): GraphReply {
    const page = /^p(\d+)\.(\d+)$/.exec(url.searchParams.get('$skiptoken') ?? '');
    if (page !== null) return this.#page(page[1] ?? '', Number(page[2]), fault);
    const token = url.searchParams.get('$deltatoken');
    const since = token === null ? 0 : Number(/^s(\d+)$/.exec(token)?.[1]);
    if (Number.isNaN(since)) return problem(400, 'ErrorInvalidSyncState', 'Sync state is invalid.');
    if (token !== null && since < mailbox.forgottenBefore) return syncStateNotFound();
    const rows = rowsSince(since);
    const pages: unknown[][] = [];
    for (let from = 0; from < Math.max(1, rows.length); from += this.#pageSize)
      pages.push(rows.slice(from, from + this.#pageSize));
    const id = String(++this.#made);
    // A token of nothing would be the first call again.
    this.#pages.set(id, { rows: pages, next: `$deltatoken=s${Math.max(1, mailbox.newest())}`, path });
    return this.#page(id, 0, fault);
  }

  #page(id: string, index: number, fault: GraphFault | undefined): GraphReply {
    const known = this.#pages.get(id);
    if (known === undefined) return notFound();
    const link = (query: string): string => `${this.#origin}/v1.0${known.path}?${query}`;
    const same = link(`$skiptoken=p${id}.${index}&n=${++this.#made}`);
    let value = known.rows[index] ?? [];
    if (fault?.kind === 'endless') return { status: 200, body: { value, '@odata.nextLink': same } };
    if (fault?.kind === 'empty-page') return { status: 200, body: { value: [], '@odata.nextLink': same } };
    if (fault?.kind === 'duplicate-rows') value = [...value, ...value.slice(0, 3)];
    const isLast = index >= known.rows.length - 1;
    return {
      status: 200,
      body: isLast
        ? { value, '@odata.deltaLink': link(known.next) }
        : { value, '@odata.nextLink': link(`$skiptoken=p${id}.${index + 1}`) },
    };
  }
}

export const syncStateNotFound = (): GraphReply =>
  problem(410, 'SyncStateNotFound', 'The sync state generation is not found.');

const folderRow = (folder: MailFolder): unknown =>
  folder.isDeleted
    ? { id: folder.id, '@removed': { reason: 'deleted' } }
    : { id: folder.id, displayName: folder.displayName, parentFolderId: folder.parentId };

const wholeMail = (mail: Mail): unknown => ({
  ...(mailRow(mail) as object),
  internetMessageId: `<${mail.id}@contoso.example>`,
  from: { emailAddress: { name: 'Müller, Anna', address: 'anna@contoso.example' } },
  toRecipients: [{ emailAddress: { name: 'Tax', address: 'tax@contoso.example' } }],
  body: { contentType: 'text', content: mail.text ?? '' },
});

function attachment({ attachments = [] }: Mail, index: string | undefined): GraphReply {
  const type = (kind: string) => `#microsoft.graph.${kind}Attachment`;
  if (index === undefined) {
    const value = attachments.map(({ kind, name }, i) => ({ '@odata.type': type(kind), id: String(i), name }));
    return { status: 200, body: { value } };
  }
  const one = attachments[Number(index)];
  if (one === undefined) return problem(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
  if (one.kind === 'reference') return problem(405, 'ErrorInvalidRequest', 'Not a file.');
  return one.isRefused ? problem(403, 'ErrorAccessDenied', 'Access is denied.') : { status: 200, body: one.bytes };
}

const removedRow = (mail: Mail): unknown => ({
  id: mail.id,
  '@removed': { reason: mail.isDeleted ? 'deleted' : 'changed' },
});

const mailRow = (mail: Mail): unknown => ({
  id: mail.id,
  subject: mail.subject,
  receivedDateTime: new Date(mail.receivedAt).toISOString(),
  parentFolderId: mail.folderId,
  isDraft: mail.isDraft,
  isRead: mail.isRead,
  webLink: `https://outlook.office365.example/owa/?ItemID=${encodeURIComponent(mail.id)}`,
});
