// A source as settings and API name it: where documents come from, which of them, and what becomes of those that vanish.
import { z } from 'zod';
import { sourceNameSchema } from './sources.ts';

const glob = z.string().min(1).max(400);

const common = {
  /** Part of paths in the landing container, so it must stay the same. */
  name: sourceNameSchema,
  /** Paths below the library or folder, `*` and `**`; default: everything. */
  include: z.array(glob).max(100).default([]),
  exclude: z.array(glob).max(100).default([]),
  /** File endings without dot; default: all. */
  types: z
    .array(z.string().regex(/^[a-z0-9]{1,10}$/, 'must be an ending without dot'))
    .max(50)
    .default([]),
  /** What becomes of a landed document whose original was deleted: nothing, the landing file goes, or everything that was read and decided too. */
  deletion: z.enum(['keep', 'remove', 'erase']).default('keep'),
  /** Larger files are skipped, visibly. */
  maxBytes: z
    .int()
    .min(1)
    .max(2 ** 40)
    .default(200 * 1024 * 1024),
  /** Minutes between two rounds. */
  everyMinutes: z.int().min(1).max(1440).default(5),
  paused: z.boolean().default(false),
  /** Mails that came before are none of the source's; of a library the files that were there before its first round and have not changed since that day. */
  since: z.iso
    .date()
    .or(z.iso.datetime({ offset: true }))
    .optional(),
};

const folders = z.array(z.string().min(1).max(400)).min(1).max(100);

/** Internal names of columns; labels of a choice column must be among its choices. */
const column = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be the internal name of a column');
const writeBack = z.strictObject({ label: column, confidence: column.optional() });
export type WriteBack = z.infer<typeof writeBack>;

export const sourceEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('sharepoint'),
    /** Address of the site, or of anything in it, as the browser shows it. */
    site: z.url({ protocol: /^https?$/ }).max(2000),
    /** Names of libraries; default: all of the site. */
    libraries: z.array(z.string().min(1).max(300)).max(300).default([]),
    /** Columns of the libraries that label and confidence are written to; default: none. */
    writeBack: writeBack.optional(),
    /** A site that the app must not read, asked for by `check`; default: the tenant's root site. */
    outside: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('onedrive'),
    /** Sign-in name of its owner. */
    user: z.string().min(3).max(320),
    /** Somebody whose OneDrive the app must not read, asked for by `check`. */
    outside: z.string().min(3).max(320).optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('exchange'),
    /** Address of the mailbox, a shared one too. */
    mailbox: z.email().max(320),
    /** Names of folders; all below them are read too. `inbox`, `archive` and `sentitems` are those in every language. */
    folders: folders.default(['inbox']),
    /** A mailbox that the app must not read, asked for by `check`. */
    outside: z.email().max(320).optional(),
  }),
  z
    .strictObject({
      ...common,
      kind: z.literal('imap'),
      host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be the name of a server'),
      port: z.int().min(1).max(65_535).default(993),
      /** Sign-in name. The password stands in the setting SOURCES_PASSWORDS. */
      user: z.string().min(1).max(320),
      /** Names of folders; all below them are read too. */
      folders: folders.default(['INBOX']),
      /** From the first byte on, by STARTTLS, or none, on this machine only. */
      tls: z.enum(['implicit', 'starttls', 'none']).default('implicit'),
    })
    .refine(({ tls, host }) => tls !== 'none' || /^(127\.0\.0\.1|::1|localhost)$/i.test(host), {
      path: ['tls'],
      error: '"none" would send the password readable; it is for a server on this machine',
    }),
]);
export type SourceEntry = z.infer<typeof sourceEntrySchema>;
/** Those on Microsoft Graph. */
export type GraphEntry = Extract<SourceEntry, { kind: 'sharepoint' | 'onedrive' | 'exchange' }>;
