// How sure label descriptions must be to decide alone, and how that is known: at first by the demo, then by what people said of their decisions.
// Invariants: H1 only decisions about what the same descriptions and the same encoder had proposed count, once per document, with the person's last
// word. H2 below MIN_CHECKED decisions nothing moves. H3 decisions about unsure documents say nothing against sure ones: the threshold rises only where
// enough that lie above it were checked.
// People see unsure documents first, so shares of right ones come out too low rather than too high.
import type { Row } from '../lake/tables.ts';
import { type HeldOut, THRESHOLD_GRID } from '../models/held-out.ts';
import { countAccepted } from '../models/threshold.ts';
import { chooseAccept, DECIDES_NOTHING } from '../training/accept.ts';
import type { ColdAccept } from './cold-accept.ts';
import type { Plan } from './records.ts';
import type { PipelineServices } from './services.ts';

/** Confidence from which a description decides while nobody has checked; measured on the demo's documents (docs/models.md). */
const UNCHECKED_ACCEPT = 0.4;
/** Of few labels one always leads: it must lead by so much over an even share. */
const CLEARLY = 1.3;
/** What a trained model aims at without being told. */
const AIM = { precision: 0.95, confidence: 0.95 };
/** Decisions below which nothing is said of how often descriptions are right. */
export const MIN_CHECKED = 20;

/** Who scored a run's documents, as column `scored_by` of feedback holds it: a model, or descriptions read by an encoder; null: nobody. */
export const scoredBy = ({ modelVersion, taxonomyVersion, encoder }: ScoredWith): string | null =>
  modelVersion ?? (typeof encoder === 'string' ? `descriptions/${taxonomyVersion}/${encoder}` : null);
type ScoredWith = Pick<Plan, 'modelVersion' | 'taxonomyVersion' | 'encoder'>;

export const uncheckedAccept = (labels: number): number => Math.max(UNCHECKED_ACCEPT, CLEARLY / labels);

/** The threshold for a run without a model, from everything that was decided before it. */
export async function coldAccept(
  services: PipelineServices,
  scored: ScoredWith & { encoder: string },
  labels: number,
): Promise<ColdAccept> {
  return thresholdOf(await services.tables.readFeedback(), scoredBy(scored), labels);
}

/** @param rows  of table feedback, with PEOPLE_COLUMNS */
export function thresholdOf(rows: readonly Row[], by: string | null, labels: number): ColdAccept {
  const last = new Map<string, Row>();
  for (const row of rows) {
    if (row.scored_by !== by || typeof row.label !== 'string' || typeof row.scored_confidence !== 'number') continue;
    const known = last.get(String(row.document_id));
    if (known === undefined || String(row.created_at) > String(known.created_at))
      last.set(String(row.document_id), row);
  }
  const checked = [...last.values()];
  const right = checked.filter(isRight).length;
  const unchecked = { accept: uncheckedAccept(labels), basis: 'unchecked', checked: checked.length, right } as const;
  if (checked.length < MIN_CHECKED) return unchecked;
  const held = heldOut(checked);
  const { threshold, basis } = chooseAccept(held, AIM);
  if (basis === 'guarantee') return { ...unchecked, accept: threshold, basis };
  const seen = looseWhereRight(held, AIM.precision);
  if (seen !== null) return { ...unchecked, accept: seen, basis: 'empirical' };
  const above = countAccepted(held, unchecked.accept).accepted; // H3
  return above < MIN_CHECKED ? unchecked : { ...unchecked, accept: DECIDES_NOTHING, basis: 'missed' };
}

/** The loosest threshold above which so many were right, not looser than what was checked: told as what people agreed with, promised to nobody. */
function looseWhereRight(held: HeldOut, precision: number): number | null {
  let best: number | null = null;
  let most = 0;
  for (const threshold of THRESHOLD_GRID) {
    const { accepted, correct } = countAccepted(held, threshold);
    if (accepted < MIN_CHECKED || accepted === most || correct / accepted < precision) continue;
    best = threshold;
    most = accepted;
  }
  return best;
}

const isRight = (row: Row): boolean => row.label === row.scored_label;

const heldOut = (rows: readonly Row[]): HeldOut => ({
  confidence: Float64Array.from(rows, (row) => Number(row.scored_confidence)),
  predicted: new Int32Array(rows.length),
  isRight: Uint8Array.from(rows, (row) => Number(isRight(row))),
  groups: sameContents(rows),
});

/** Copies of one file are one witness. */
function sameContents(rows: readonly Row[]): number[] {
  const first = new Map<string, number>();
  return rows.map(({ content_sha256: content, document_id: id }, at) => {
    const key = typeof content === 'string' && content !== '' ? content : `document ${String(id)}`;
    if (!first.has(key)) first.set(key, at);
    return first.get(key) ?? at;
  });
}
