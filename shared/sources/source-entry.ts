// A source as settings and API name it: where documents come from, which of them, and what becomes of those that vanish.
import { z } from 'zod';
import { TerminalError } from '../errors.ts';

const sourceName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes');

const glob = z.string().min(1).max(400);

const common = {
  /** Part of paths in the landing container, so it must stay the same. */
  name: sourceName,
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
};

export const sourceEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('sharepoint'),
    /** Address of the site, or of anything in it, as the browser shows it. */
    site: z.url({ protocol: /^https?$/ }).max(2000),
    /** Names of libraries; default: all of the site. */
    libraries: z.array(z.string().min(1).max(300)).max(300).default([]),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('onedrive'),
    /** Sign-in name of its owner. */
    user: z.string().min(3).max(320),
  }),
]);
export type SourceEntry = z.infer<typeof sourceEntrySchema>;

/** The setting SOURCES. @throws {TerminalError} config.invalid naming every wrong entry */
export function parseSources(text: string): SourceEntry[] {
  const wrong = (problem: string) => new TerminalError('config.invalid', `SOURCES: ${problem}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
  const parsed = z.array(sourceEntrySchema).safeParse(value);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error));
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`the name "${twice}" is given twice`);
  return parsed.data;
}
