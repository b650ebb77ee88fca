// What infra/spark/train_xgboost.py leaves → a bundle: the booster over the features of the model whose pipeline it was trained on.
import { z } from 'zod';
import { TerminalError } from '../../errors.ts';
import type { ModelBundle } from '../../models/bundle.ts';
import { createXgboostBundle } from '../../models/foreign-bundle.ts';
import { decodeIdf } from '../../models/idf-file.ts';

const descriptionSchema = z.object({
  labels: z.array(z.string()).min(2),
  width: z.int().positive(),
  absent: z.enum(['missing', 'zero']),
  missing: z.number().nullable(),
  rounds: z.enum(['best', 'all']),
  rows: z.int().nonnegative().optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
});

export interface BoosterFiles {
  /** booster.ubj */
  booster: Uint8Array;
  /** xgboost.json */
  description: Uint8Array;
}

/**
 * @param source  the exported model: labels, features and IDF are taken from it
 * @returns a bundle without metrics; judgeForeignModel adds them, and with them the right to be promoted
 * @throws {TerminalError} model.corrupt, model.feature-mismatch, model.width-mismatch
 */
export async function importBooster(files: BoosterFiles, source: ModelBundle): Promise<ModelBundle> {
  const trained = parseDescription(files.description);
  const { labels, width, taxonomyVersion, features } = source.description;
  if (trained.width !== width || trained.labels.join('\0') !== labels.join('\0'))
    throw new TerminalError(
      'model.feature-mismatch',
      `The booster needs ${trained.width} features and ${trained.labels.length} labels; the source model has ${width} and ${labels.length}, or other names`,
    );
  const { absent, rounds, missing } = trained;
  return await createXgboostBundle(
    {
      bytes: files.booster,
      labels,
      taxonomyVersion,
      features,
      idf: source.artifacts['idf.bin'] === undefined ? null : decodeIdf(source.artifacts['idf.bin']),
      training: { ...trained.parameters, origin: 'spark-xgboost', rows: trained.rows ?? null },
    },
    { absent, rounds, missing: missing ?? Number.NaN },
  );
}

function parseDescription(bytes: Uint8Array): z.infer<typeof descriptionSchema> {
  try {
    return descriptionSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new TerminalError('model.corrupt', 'xgboost.json is no JSON or lacks fields', { cause });
  }
}
