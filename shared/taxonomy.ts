// The user's categories: a versioned set of labels. Its version is derived from its content, so it can't drift from it.
import { z } from 'zod';
import { type ErrorCode, TerminalError } from './errors.ts';
import { canonicalJson, sha256Hex } from './ids.ts';
import { sayIssues } from './issues.ts';
import { lineSchema, linesSchema } from './plain-text.ts';

/** More labels than this are no taxonomy that anything here tells apart. */
export const MAX_LABELS = 1000;
/** Labels an LLM is asked about at most: each call names all of them, and answers get worse. More are decided by the local stages alone. */
export const MAX_ASKED_LABELS = 200;

const schemaOf = (
  line: (maxChars: number) => z.ZodString,
  lines: (maxChars: number, minChars?: number) => z.ZodString,
) => {
  const label = z.strictObject({
    name: line(100),
    /** What belongs here and what does not, as a colleague would explain it. Goes into the prompt. Without one the name has to say it. */
    description: lines(2000, 0).default(''),
    /** Further spellings of the name that answers and data sets may use. */
    aliases: z.array(line(100)).max(20).optional(),
  });
  return z.strictObject({
    name: line(100),
    /** What the documents are and where they come from, in a sentence. Goes into the prompt; without it the prompt names no field. */
    domain: line(300).optional(),
    labels: z.array(label).min(2).max(MAX_LABELS),
  });
};

/** What may be published. */
export const taxonomySchema = schemaOf(lineSchema, linesSchema);
/** What may lie in a lake: earlier versions took any text. */
const anyText = (maxChars: number, minChars = 1) => z.string().trim().min(minChars).max(maxChars);
const storedSchema = schemaOf(anyText, anyText);

export type Label = z.infer<typeof taxonomySchema>['labels'][number];

export interface Taxonomy {
  readonly name: string;
  /** `<name>-<8 hex of the content hash>` */
  readonly version: string;
  readonly domain?: string;
  readonly labels: readonly Label[];
}

/**
 * Parse and check a taxonomy document (`{name, domain?, labels: [{name, description, aliases?}]}`).
 * @throws {TerminalError} request.invalid naming every wrong field
 */
export const parseTaxonomy = (value: unknown): Taxonomy => parse(taxonomySchema, value);

/** One that was published already. */
export const parseStoredTaxonomy = (value: unknown): Taxonomy => parse(storedSchema, value);

function parse(schema: typeof taxonomySchema, value: unknown): Taxonomy {
  const { labels: given } = (value ?? {}) as { labels?: unknown }; // whatever it is
  if (Array.isArray(given) && given.length > MAX_LABELS)
    throw new TerminalError(
      'taxonomy.too-many-labels',
      `taxonomy: need at most ${MAX_LABELS} labels, have ${given.length}`,
    );
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new TerminalError('request.invalid', `taxonomy: ${sayIssues(parsed.error, 'document')}`);
  }
  const taken = new Map<string, string>();
  for (const label of parsed.data.labels) {
    for (const name of [label.name, ...(label.aliases ?? [])]) {
      const key = name.normalize('NFC').toLowerCase();
      const owner = taken.get(key);
      if (owner !== undefined)
        throw new TerminalError(
          'request.invalid',
          `taxonomy: label name "${name}" is used by "${owner}" and "${label.name}"`,
        );
      taken.set(key, label.name);
    }
  }
  const { name, domain, labels } = parsed.data;
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'taxonomy';
  return {
    name,
    // A key that is absent is no part of the hash: versions from before there were domains keep their names.
    version: `${slug}-${sha256Hex(canonicalJson(parsed.data)).slice(0, 8)}`,
    ...(domain === undefined ? {} : { domain }),
    labels,
  };
}

/** What a taxonomy that can be used leaves to wish for: which stages do without it, or know little of it. */
export function noticesOn({ labels }: Taxonomy): { code: ErrorCode; message: string }[] {
  const bare = labels.filter(({ description }) => description === '').map(({ name }) => name);
  return [
    ...(bare.length === 0
      ? []
      : [
          {
            code: 'taxonomy.no-description' as const,
            message: `without a description: ${bare.slice(0, MAX_NAMED).join(', ')}${bare.length > MAX_NAMED ? ` and ${bare.length - MAX_NAMED} more labels` : ''}`,
          },
        ]),
    ...(labels.length <= MAX_ASKED_LABELS
      ? []
      : [
          {
            code: 'route.too-many-labels' as const,
            message: `${labels.length} labels: the LLM is asked about ${MAX_ASKED_LABELS} at most`,
          },
        ]),
  ];
}

const MAX_NAMED = 5;

/** What `parseTaxonomy` takes: a taxonomy without its version. */
export const taxonomyDocument = ({ version: _, ...document }: Taxonomy): Omit<Taxonomy, 'version'> => document;
