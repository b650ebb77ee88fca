// When people have decided enough for a training to be worth its time, and what it is expected to give: at 20, 50, 100, 200, 500 … decisions.
// Invariants: O1 an estimate is made once for each mark, and kept. O2 it rests on the newest decisions whose texts are there, MAX_JUDGED at most, so that
// it takes seconds whatever the lake holds.
import type { TrainingOffer } from '../api/training.ts';
import type { QueryLake } from '../lake/query.ts';
import type { ModelRegistry } from '../models/registry.ts';
import { runPaths, trainingOfferPath } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import type { LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord } from '../record-json.ts';
import type { ExpectedGain, JudgedDecision } from '../training/expected-gain.ts';

interface OfferingApp {
  lake: LakeStore;
  registry: Pick<ModelRegistry, 'list'>;
  services: Pick<PipelineServices, 'parquet'>;
  query: QueryLake;
}

/** O2 */
const MAX_JUDGED = 400;
/** Characters of a text that are judged. */
const MAX_CHARACTERS = 8000;

interface KeptOffer {
  mark: number;
  gain: ExpectedGain | null;
}

/** The largest of 20, 50, 100, 200, 500, 1000 … that is not above a number of decisions; 0: none is. */
export function markBelow(decided: number): number {
  let reached = 0;
  for (let ten = 10; ten <= decided; ten *= 10)
    for (const mark of [2 * ten, 5 * ten, 10 * ten]) if (mark <= decided) reached = Math.max(reached, mark);
  return reached;
}

export function markAbove(decided: number): number {
  for (let ten = 10; ; ten *= 10) for (const mark of [2 * ten, 5 * ten, 10 * ten]) if (mark > decided) return mark;
}

export async function trainingOffer(app: OfferingApp): Promise<TrainingOffer> {
  const { rows } = await app.query(
    'SELECT count(DISTINCT document_id) AS decided FROM feedback WHERE label IS NOT NULL',
  );
  const decided = Number(rows[0]?.decided ?? 0);
  const learnt = Math.max(0, ...(await app.registry.list()).map(({ training }) => Number(training.rowsHuman ?? 0)));
  const mark = markBelow(decided);
  const isDue = mark > learnt;
  return {
    ...{ decided, learnt, isDue, mark },
    nextAt: markAbove(decided),
    gain: isDue ? await gainAt(app, mark) : null,
  };
}

/** O1 */
async function gainAt(app: OfferingApp, mark: number): Promise<ExpectedGain | null> {
  const known = await readKept(app.lake);
  if (known?.mark === mark) return known.gain;
  const { expectedGain } = await import('../training/expected-gain.ts'); // all of training, for a question that is asked now and then
  const gain = expectedGain(await readDecided(app));
  await app.lake.write(trainingOfferPath, JSON.stringify({ mark, gain } satisfies KeptOffer));
  return gain;
}

async function readKept(lake: LakeStore): Promise<KeptOffer | undefined> {
  if ((await lake.stat(trainingOfferPath)) === undefined) return undefined;
  try {
    return parseRecord<KeptOffer>(
      await lake.read(trainingOfferPath),
      trainingOfferPath,
      ({ mark }) => Number(mark) > 0,
    );
  } catch (error) {
    if (isCorruptRecord(error)) return undefined; // made anew
    throw error;
  }
}

/** The newest decisions, one for each document, with what was proposed before and the text they are about. */
async function readDecided({ query, lake, services }: OfferingApp): Promise<JudgedDecision[]> {
  const { rows } = await query(`
    WITH decided AS (
      SELECT document_id,
        last(label ORDER BY created_at, feedback_id) AS label,
        last(content_sha256 ORDER BY created_at, feedback_id) AS content,
        first(scored_label ORDER BY created_at, feedback_id) AS proposed,
        max(created_at) AS decided_at
      FROM feedback GROUP BY document_id
    )
    SELECT d.document_id, d.label, d.proposed, r.run_id, r.batch_id
    FROM decided d JOIN latest_results r ON r.document_id = d.document_id
    WHERE d.label IS NOT NULL AND (d.content IS NULL OR d.content = r.content_sha256)
    ORDER BY d.decided_at DESC, d.document_id LIMIT ${MAX_JUDGED}`);
  const decisions: JudgedDecision[] = [];
  for (const batch of Map.groupBy(rows, (row) => `${row.run_id}\0${row.batch_id}`).values()) {
    const path = runPaths.extracted(String(batch[0]!.run_id), String(batch[0]!.batch_id)); // a group has a row
    if ((await lake.stat(path)) === undefined) continue; // the run's files were cleaned up
    const texts = new Map(
      (await services.parquet.read(path, ['document_id', 'text'])).map((row) => [row.document_id, row.text]),
    );
    for (const { document_id: id, label, proposed } of batch) {
      const text = String(texts.get(String(id)) ?? '').slice(0, MAX_CHARACTERS);
      if (text.trim() === '') continue;
      decisions.push({ text, label: String(label), proposed: typeof proposed === 'string' ? proposed : null });
    }
  }
  return decisions;
}
