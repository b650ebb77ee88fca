// Spot checks: of what the local stages decided alone, documents drawn at random that people decide without being told what was decided. What a
// model promises becomes a number that was measured.
// Invariants: S1 whether a document is drawn depends on its id, the lake's seed and what else was decided that week, never on its label, its
// confidence or who opened it. S2 one order serves all samples: the first of a week for the share over everything, the first of each label in it for
// rare labels; only the former count for the whole. S3 a decision counts when it came after the machine's, with the person's last word.
// S4 the seed is written once; with it anybody can draw the same documents again.
// Intervals: Clopper & Pearson 1934. Drift: Fisher's exact test, one-sided.
import type { SpotChecks, SpotShare } from '../api/insights.ts';
import { sha256Hex } from '../ids.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import { clopperPearson } from '../models/threshold.ts';
import { spotCheckSeedPath } from '../paths.ts';
import { createJson, readJson } from '../pipeline/records.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { lastDays } from './period.ts';

/** Level of all intervals. */
const LEVEL = 0.05;
const Z = 1.959964;
/** Weeks over which the wanted interval shall be reached. */
const WEEKS = 4;
/** Share that is expected to be right where no model says what it promises. */
const EXPECTED = 0.95;
/** Days that are held against those before, and checks on either side below which nothing is said. */
const RECENT_DAYS = 14;
const MIN_COMPARED = 10;

type SpotServices = Pick<PipelineServices, 'lake' | 'clock' | 'config'>;

/** How documents are drawn. */
export interface SpotDraw {
  seed: string;
  perWeek: number;
  perLabel: number;
}

/** The draw of this lake; its seed is made with the first look at the queue (S4). */
export async function openSpotDraw(services: SpotServices): Promise<SpotDraw> {
  const known = await readSpotDraw(services);
  if (known !== undefined) return known;
  const createdAt = new Date(services.clock.now()).toISOString();
  await createJson(services.lake, spotCheckSeedPath, { seed: sha256Hex(`spot checks ${createdAt}`), createdAt });
  return (await readSpotDraw(services))!; // whoever was first
}

/** Undefined as long as nobody has asked for spot checks. */
export async function readSpotDraw({ lake, config }: SpotServices): Promise<SpotDraw | undefined> {
  const stored = await readJson<{ seed: string }>(lake, spotCheckSeedPath, ({ seed }) => typeof seed === 'string');
  if (stored === undefined) return undefined;
  return {
    seed: stored.seed,
    perWeek: checksPerWeek(config.SPOT_CHECK_INTERVAL),
    perLabel: config.SPOT_CHECKS_PER_LABEL,
  };
}

/** Documents a week that narrow the interval to ± `half` within four weeks, where `share` of them are right. */
export const checksPerWeek = (half: number, share = EXPECTED): number =>
  Math.ceil((Z * Z * share * (1 - share)) / (half * half) / WEEKS);

/**
 * SQL that begins with the drawn documents: relation `drawn` (document_id, label, model_version, processed_at, week, in_week, is_overall, said).
 * @param first  YYYY-MM-DD, the week of which is the first
 */
export const drawnSince = ({ seed, perWeek, perLabel }: SpotDraw, first: string): string => `WITH machine AS (
  SELECT document_id, label, status, decided_by, duplicate_of, model_version, processed_at FROM results
  WHERE decided_by IS DISTINCT FROM 'human'
  QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC) = 1),
alone AS (
  SELECT document_id, label, model_version, processed_at, date_trunc('week', processed_at)::DATE AS week,
    md5(${sqlText(seed)} || document_id) AS ticket
  FROM machine WHERE status = 'labelled' AND label IS NOT NULL AND decided_by IN ('model', 'encoder') AND duplicate_of IS NULL
    AND processed_at >= date_trunc('week', DATE '${first}')),
said AS (
  SELECT alone.document_id, arg_max(feedback.label, feedback.created_at) AS said
  FROM alone JOIN feedback ON feedback.document_id = alone.document_id AND feedback.created_at > alone.processed_at
  WHERE feedback.label IS NOT NULL GROUP BY 1),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY week ORDER BY ticket, document_id) AS in_week,
    row_number() OVER (PARTITION BY week, label ORDER BY ticket, document_id) AS in_label
  FROM alone),
drawn AS (
  SELECT ranked.*, said.said, in_week <= ${perWeek} AS is_overall
  FROM ranked LEFT JOIN said ON said.document_id = ranked.document_id
  WHERE in_week <= ${perWeek} OR in_label <= ${perLabel})`;

/** The first day whose documents are still drawn: checks of older weeks count, and nobody is asked for more of them. */
export const spotWindow = (nowMs: number): string => lastDays(nowMs, WEEKS * 7).first;

/** What spot checks have shown; null as long as nobody has asked for one. @param days  today and the days before it, UTC */
export async function measureSpotChecks(
  services: SpotServices,
  query: QueryLake,
  days: number,
  promised: { modelVersion: string; precision: number } | null,
): Promise<SpotChecks | null> {
  const draw = await readSpotDraw(services);
  if (draw === undefined) return null;
  const now = services.clock.now();
  const drawn = drawnSince(draw, lastDays(now, days).first);
  const counts = `count(*) AS drawn, count(said) AS checked, count(*) FILTER (WHERE said = label) AS agreed`;
  const shares = async (sql: string) => (await query(`${drawn} ${sql}`)).rows;
  const overall = await shares(`SELECT ${counts} FROM drawn WHERE is_overall`);
  const labels = await shares(`SELECT label, ${counts} FROM drawn GROUP BY 1 ORDER BY 1`);
  const weeks = await shares(`SELECT week, ${counts} FROM drawn WHERE is_overall GROUP BY 1 ORDER BY 1`);
  const recentFrom = new Date(now - RECENT_DAYS * 86_400_000).toISOString();
  const halves = await shares(
    `SELECT processed_at >= TIMESTAMPTZ '${recentFrom}' AS is_recent, ${counts} FROM drawn WHERE is_overall GROUP BY 1`,
  );
  const version = promised === null ? null : sqlText(promised.modelVersion);
  const champion =
    version === null ? [] : await shares(`SELECT ${counts} FROM drawn WHERE is_overall AND model_version = ${version}`);
  const ofChampion = shareOf(champion[0]);
  return {
    perWeek: draw.perWeek,
    perLabel: draw.perLabel,
    seed: draw.seed,
    ...shareOf(overall[0]),
    champion:
      promised === null ? null : { ...promised, ...ofChampion, verdict: verdictOf(ofChampion, promised.precision) },
    labels: labels.map((row) => ({ label: String(row.label), ...shareOf(row) })),
    weeks: weeks.map((row) => ({ week: String(row.week), ...shareOf(row) })),
    drift: driftOf(
      shareOf(halves.find((row) => row.is_recent === false)),
      shareOf(halves.find((row) => row.is_recent === true)),
    ),
  };
}

function shareOf(row: Record<string, unknown> | undefined): SpotShare {
  const [drawn, checked, right] = [Number(row?.drawn ?? 0), Number(row?.checked ?? 0), Number(row?.agreed ?? 0)];
  const [low, high] = clopperPearson(right, checked, LEVEL);
  return { drawn, checked, right, low, high };
}

/** Kept when the whole interval is at or above the promise, broken when all of it is below. */
export function verdictOf(
  { checked, low, high }: SpotShare,
  precision: number,
): 'unchecked' | 'kept' | 'broken' | 'open' {
  if (checked === 0) return 'unchecked';
  return low >= precision ? 'kept' : high < precision ? 'broken' : 'open';
}

/** Are fewer right than before? null: too few checks on either side. */
export function driftOf(before: SpotShare, recent: SpotShare): SpotChecks['drift'] {
  if (before.checked < MIN_COMPARED || recent.checked < MIN_COMPARED) return null;
  const pValue = fisherLess(recent.right, recent.checked, before.right, before.checked);
  return { before, recent, pValue, isSeen: pValue <= LEVEL };
}

/** P(as few or fewer right of the recent ones), all rights being dealt out at random: Fisher's exact test. */
function fisherLess(right: number, checked: number, rightBefore: number, checkedBefore: number): number {
  const rights = right + rightBefore;
  const all = checked + checkedBefore;
  const logFactorial = new Float64Array(all + 1);
  for (let n = 2; n <= all; n++) logFactorial[n] = logFactorial[n - 1]! + Math.log(n);
  const logChoose = (n: number, k: number) => logFactorial[n]! - logFactorial[k]! - logFactorial[n - k]!;
  let sum = 0;
  for (let k = Math.max(0, rights - checkedBefore); k <= right; k++)
    sum += Math.exp(logChoose(checked, k) + logChoose(checkedBefore, rights - k) - logChoose(all, rights));
  return Math.min(1, sum);
}
