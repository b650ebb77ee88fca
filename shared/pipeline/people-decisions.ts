// What people have decided, as runs see it: a decision stands for the same content until a person changes it, wherever that content lies and
// whichever run reads it.
// Invariants: S1 the same content is the same hash, or, where a file could not be read, the same ETag of the same document. S2 a document's own
// decision beats one on a copy; among copies the newest counts. S3 a decision stands under every taxonomy that has its label, and under no other.
import type { Row } from '../lake/tables.ts';
import type { PipelineServices } from './services.ts';
import { loadTaxonomy } from './taxonomies.ts';

/** Columns of table `feedback` that say what was decided about which content. */
export const PEOPLE_COLUMNS = [
  'document_id',
  'run_id',
  'label',
  'content_sha256',
  'source_etag',
  'created_at',
  'scored_label',
  'scored_confidence',
  'scored_by',
] as const;

/** A document as a run or a row knows it. */
export interface ContentOf {
  document_id: string;
  content_sha256: string | null;
  source_etag: string | null;
}

export interface PersonsDecision {
  /** The document it was made on; another one than the asked for is a copy of it. */
  documentId: string;
  label: string;
}

/** The decisions of people by document and by content. */
export class PeopleDecisions {
  readonly #own = new Map<string, PersonsDecision>();
  readonly #byContent = new Map<string, PersonsDecision>();

  /** @param rows  of table `feedback`, with PEOPLE_COLUMNS; erased ones have no label */
  constructor(rows: readonly Row[]) {
    const inOrder = rows.toSorted((a, b) => compareText(String(a.created_at), String(b.created_at)));
    for (const { document_id: id, label, content_sha256: content, source_etag: etag } of inOrder) {
      if (typeof id !== 'string' || typeof label !== 'string') continue;
      const decision: PersonsDecision = { documentId: id, label };
      if (typeof etag === 'string' && etag !== '') this.#own.set(`${id} etag ${etag}`, decision);
      if (typeof content !== 'string' || content === '') continue;
      this.#own.set(`${id} ${content}`, decision);
      this.#byContent.set(content, decision);
    }
  }

  /** The decision that stands for a document with this content (S1, S2). */
  find({ document_id: id, content_sha256: content, source_etag: etag }: ContentOf): PersonsDecision | undefined {
    if (content === null) return etag === null ? undefined : this.#own.get(`${id} etag ${etag}`);
    return this.#own.get(`${id} ${content}`) ?? this.#byContent.get(content);
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Finds what stands under a taxonomy. */
export type FindDecision = (document: ContentOf) => PersonsDecision | undefined;

const indexes = new WeakMap<readonly Row[], PeopleDecisions>();

/** What people have decided until now, for documents that are read under a taxonomy (S3). */
export async function peopleDecisions(services: PipelineServices, taxonomyVersion: string): Promise<FindDecision> {
  const rows = await services.tables.readFeedback();
  const index = indexes.get(rows) ?? new PeopleDecisions(rows);
  indexes.set(rows, index);
  if (rows.length === 0) return () => undefined;
  const labels = new Set((await loadTaxonomy(services.lake, taxonomyVersion)).labels.map(({ name }) => name));
  return (document) => {
    const found = index.find(document);
    return found !== undefined && labels.has(found.label) ? found : undefined;
  };
}

/** The part of a stored row that says which content it is about. */
export const contentOf = (row: Row): ContentOf => ({
  document_id: String(row.document_id),
  content_sha256: typeof row.content_sha256 === 'string' ? row.content_sha256 : null,
  source_etag: typeof row.source_etag === 'string' ? row.source_etag : null,
});
