// Labels that an encoder gave by descriptions alone, as long as nobody knows how often they are right.
// Invariants: U1 only checks of what descriptions had decided alone count, of the descriptions that are in use, each document once. U2 of an encoder's
// languages only what was measured is said (known-sentences.ts); what is not known is left out.
import type { UncheckedDescriptions } from '../api/unchecked.ts';
import { TerminalError } from '../errors.ts';
import type { QueryLake } from '../lake/query.ts';
import { isUnderstood } from '../models/encoder/known-sentences.ts';
import type { EncoderManifest } from '../models/encoder/manifest.ts';
import { MIN_CHECKED } from '../pipeline/cold-threshold.ts';
import { readPlan } from '../pipeline/records.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { checksPerWeek } from './spot-checks.ts';

export interface UncheckedSources {
  services: Pick<PipelineServices, 'lake' | 'config'>;
  query: QueryLake;
  /** Absent: nothing is said of languages. */
  encoders?: { manifest(version: string): Promise<EncoderManifest> };
}

const BY_DESCRIPTIONS = "decided_by = 'encoder' AND model_version IS NULL AND status = 'labelled'";

/** null: descriptions decided nothing that stands, or enough of it was checked. */
export async function uncheckedDescriptions(sources: UncheckedSources): Promise<UncheckedDescriptions | null> {
  const { rows } = await sources.query(`WITH alone AS (SELECT * FROM latest_results WHERE ${BY_DESCRIPTIONS}),
    newest AS (SELECT max_by(taxonomy_version, processed_at) AS taxonomy, max_by(run_id, processed_at) AS run FROM alone),
    spoken AS (SELECT language, count(*) AS documents FROM alone WHERE language IS NOT NULL GROUP BY 1),
    said AS (SELECT feedback.document_id, max_by(feedback.label = results.label, feedback.created_at) AS is_right
      FROM feedback ASOF JOIN results
        ON feedback.document_id = results.document_id AND feedback.created_at > results.processed_at
      WHERE feedback.label IS NOT NULL AND results.decided_by = 'encoder' AND results.model_version IS NULL
        AND results.taxonomy_version = (SELECT taxonomy FROM newest) GROUP BY 1)
    SELECT (SELECT count(*) FROM alone) AS documents, (SELECT run FROM newest) AS run,
      (SELECT count(*) FROM said) AS checked, (SELECT count(*) FROM said WHERE is_right) AS agreed,
      (SELECT max_by(language, documents) FROM spoken) AS language, (SELECT max(documents) FROM spoken) AS speaking`);
  const [row = {}] = rows;
  const [documents, checked, right] = [row.documents, row.checked, row.agreed].map(Number) as [number, number, number];
  // No more than a week's draw and than there are, or the warning could not be answered.
  const perWeek = checksPerWeek(sources.services.config.SPOT_CHECK_INTERVAL);
  const wanted = Math.min(MIN_CHECKED, perWeek, documents + checked);
  if (documents === 0 || checked >= wanted) return null;
  const isSpoken = typeof row.language === 'string' && 2 * Number(row.speaking) > documents;
  const foreign = isSpoken ? await foreignTo(sources, String(row.run), String(row.language)) : null;
  return {
    ...{ documents, checked, right, wanted },
    foreign: foreign && { ...foreign, documents: Number(row.speaking) },
  };
}

/** U2. */
async function foreignTo({ services, encoders }: UncheckedSources, run: string, language: string) {
  try {
    const { encoder } = await readPlan(services.lake, run);
    const manifest = encoder == null ? undefined : await encoders?.manifest(encoder);
    if (encoder == null || manifest?.kind !== 'onnx' || manifest.understands === undefined) return null;
    const { understands } = manifest;
    if (isUnderstood(understands, language) !== false) return null;
    const known = Object.keys(understands).filter((one) => isUnderstood(understands, one));
    return { encoder, language, understands: known };
  } catch (error) {
    if (error instanceof TerminalError) return null; // run or encoder is no longer kept whole: that has alarms of its own
    throw error;
  }
}
