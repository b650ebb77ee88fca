// `sluice models`: what is registered, who is champion, and models for other tools.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelList } from '../../shared/models/registry.ts';
import { systemClock } from '../../shared/ports.ts';
import { atLake, type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, print, printJson, screenWidth, tellBroken, UsageError } from '../console.ts';
import { lookAtModels } from '../models-of-app.ts';
import { readBundle } from '../read-bundle.ts';
import { formatTable } from '../table.ts';

type Common = LakeOptions;

export async function listModels(options: Common): Promise<void> {
  const { models, broken, history } = await lookAt(options, {
    api: (api) => api.ask<ModelList>('GET', '/api/models'),
    app: ({ registry }) => registry.inspect(),
  });
  tellBroken(broken.map(({ version, ...rest }) => ({ id: version, ...rest })));
  if (options.json) {
    printJson({ models, broken, history });
    return;
  }
  const rows = models.map((model) => [
    model.version,
    model.champion ? 'champion' : '',
    String(model.training.algorithm ?? model.kind), // of linear models the kind is how they are kept
    String(model.labels.length),
    model.metrics === null ? 'not evaluated' : `${(model.metrics.accuracy * 100).toFixed(1)} %`,
    model.taxonomyVersion ?? '',
    model.createdAt.slice(0, 16).replace('T', ' '),
  ]);
  const columns = ['model', '', 'kind', 'labels', 'accuracy', 'taxonomy', 'created'].map((title) => ({
    title,
    flexible: title === 'kind' || title === 'taxonomy',
    cut: 'middle' as const,
  }));
  print(formatTable(columns, rows, screenWidth()));
}

export async function promoteModel(
  version: string,
  options: Common & { reason: string; force: boolean },
): Promise<void> {
  const { reason, force } = options;
  await atLake(options, {
    api: (api) => api.ask('POST', `/api/models/${version}/promote`, { reason, force }),
    app: ({ registry }) => registry.promote(version, reason, { force }),
  });
  answer(options, { champion: version }, () => `${version} is the champion`);
}

export async function rollbackModel(options: Common & { reason: string }): Promise<void> {
  const { reason } = options;
  const { champion } = await atLake(options, {
    api: (api) => api.ask<{ champion: string }>('POST', '/api/models/rollback', { reason }),
    app: async ({ registry }) => ({ champion: await registry.rollback(reason) }),
  });
  answer(options, { champion }, () => `${champion} is the champion again`);
}

/** Write a registered model as a Spark PipelineModel folder. */
export async function exportModel(version: string, folder: string, options: Common): Promise<void> {
  if (existsSync(folder)) throw new UsageError(`${folder} exists already`);
  const { exportSparkPipeline } = await import('../../shared/training/spark/export-pipeline.ts');
  await lookAtModels(options, async (registry) => {
    const files = await exportSparkPipeline(await readBundle(registry, version), { clock: systemClock });
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    answer(
      options,
      { folder, files: files.size },
      () => `${version} written to ${folder}: PipelineModel.load("${folder}")`,
    );
  });
}
