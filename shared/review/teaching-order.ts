// Documents that wait for people in the order that teaches a model most: each likely label in turn, and of texts that nearly repeat each other, or one
// that was decided, one before all others. Within a label those come first that say most about the others as long as no model has scored them, and the
// least certain once one has: before there is a model its uncertainty is that of nobody.
// Invariant: O1 nothing is left out: copies come last, in their order.
import { minhashOrWords, resemblance, type Signature } from '../features/minhash.ts';
import { readKeptTexts } from '../insight/document-text.ts';
import type { Row } from '../lake/tables.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { coverageOrder } from './coverage-order.ts';

/** Candidates whose texts are compared at most. */
export const MAX_COMPARED = 200;
/** Documents that people have decided, the newest, whose likes say little new. */
const MAX_DECIDED = 100;
/** Resemblance from which texts are near copies, as trainings group them: of runs of five words, and of the words of a short text. */
const NEAR = { long: 0.5, short: 0.7 };

/** @param rows  of `latest_results` */
export async function inTeachingOrder({ query, services }: DecisionLake, rows: readonly Row[]): Promise<Row[]> {
  const { rows: decided } = await query(
    `SELECT document_id, run_id, batch_id FROM latest_results WHERE decided_by = 'human' AND status = 'labelled'
      ORDER BY processed_at DESC, document_id LIMIT ${MAX_DECIDED}`,
  );
  const texts = await readKeptTexts(services, [...rows, ...decided]);
  const textOf = (row: Row) => texts.get(String(row.document_id));
  return teachingOrder(
    rows,
    textOf,
    decided.flatMap((row) => textOf(row) ?? []),
  );
}

/** @param textOf  undefined where the text is no longer kept @param decided  texts that people have decided */
export function teachingOrder(
  rows: readonly Row[],
  textOf: (row: Row) => string | undefined,
  decided: readonly string[] = [],
): Row[] {
  const unknown = rows.filter(({ model_version: model }) => model == null);
  const scored = rows.filter(({ model_version: model }) => model != null);
  const covering = coverageOrder(
    unknown.map((row) => textOf(row) ?? ''),
    decided,
  ).map((at) => unknown[at]!); // a permutation of its places
  const sorted = labelsInTurn([...covering, ...scored.toSorted((a, b) => marginOf(a) - marginOf(b))]);
  const seen: Signature[] = decided.flatMap((text) => minhashOrWords(text) ?? []);
  const contents = new Set<string>();
  const [first, copies]: [Row[], Row[]] = [[], []];
  for (const row of sorted) {
    const content = typeof row.content_sha256 === 'string' ? row.content_sha256 : undefined;
    const signature = minhashOrWords(textOf(row) ?? '');
    const isCopy =
      (content !== undefined && contents.has(content)) ||
      (signature !== undefined && seen.some((other) => isNear(signature, other)));
    (isCopy ? copies : first).push(row);
    if (content !== undefined) contents.add(content);
    if (signature !== undefined && !isCopy) seen.push(signature);
  }
  return [...first, ...copies]; // O1
}

/** How far the likeliest label is ahead of the next: 0 where nobody knows. */
function marginOf({ top_labels_json: json }: Row): number {
  const [best, next] = JSON.parse(typeof json === 'string' ? json : '[]') as { probability: number }[]; // the score step's
  return (best?.probability ?? 0) - (next?.probability ?? 0);
}

/** The first of each proposed label, then the second of each: rare labels are taught too. */
function labelsInTurn(rows: readonly Row[]): Row[] {
  const places = new Map<unknown, number>();
  const placed = rows.map((row) => {
    const place = places.get(row.label) ?? 0;
    places.set(row.label, place + 1);
    return { row, place };
  });
  return placed.sort((a, b) => a.place - b.place).map(({ row }) => row); // stable: within a turn in the order given
}

const isNear = (a: Signature, b: Signature): boolean =>
  a.kind === b.kind && resemblance(a.places, b.places) >= NEAR[a.kind];
