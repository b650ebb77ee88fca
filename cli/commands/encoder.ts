// `sluice encoder`: what is there, taking one in after it was tried, choosing.
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Pooling } from '../../shared/models/encoder/manifest.ts';
import { readEncoderFolder } from '../../shared/models/encoder/read-folder.ts';
import { type EncoderList, tryEncoder } from '../../shared/models/encoder/registry.ts';
import { type ChosenEncoder, useEncoder as useEncoderOf } from '../../shared/pipeline/use-encoder.ts';
import { atLake, type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, note, print, printJson, screenWidth, UsageError, warn } from '../console.ts';
import { withApp } from '../local-app.ts';
import { formatTable } from '../table.ts';

type Common = LakeOptions;

export interface ImportEncoderOptions extends Common {
  name?: string;
  modelFile?: string;
  pooling?: Pooling;
  maxTokens?: number;
  windows: number;
  documentPrefix?: string;
  labelPrefix?: string;
  use: boolean;
}

export async function listEncoders(options: Common): Promise<void> {
  const { encoders, broken } = await lookAt(options, {
    api: (api) => api.ask<EncoderList>('GET', '/api/encoders'),
    app: (app) => app.encoders.list(),
  });
  for (const { message } of broken) note(warn(message));
  if (options.json) return printJson({ encoders, broken });
  if (encoders.length === 0)
    return note(
      'No encoder yet. `sluice encoder import <folder>` takes one in, `sluice encoder use <name>` a deployment of EMBEDDING_DEPLOYMENTS; docs/models.md names three good ones.',
    );
  const rows = encoders.map((encoder) => [
    encoder.version,
    encoder.inUse ? 'in use' : '',
    String(encoder.dimensions),
    encoder.kind === 'deployment' ? `deployment of ${encoder.model}` : `${encoder.windows} × ${encoder.maxTokens}`,
    encoder.kind === 'deployment'
      ? ''
      : `${(encoder.artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6).toFixed(1)} MB`,
    encoder.createdAt.slice(0, 16).replace('T', ' '),
  ]);
  const columns = ['encoder', '', 'dimensions', 'tokens', 'size', 'since'].map((title) => ({ title }));
  print(formatTable(columns, rows, screenWidth()));
}

export async function importEncoder(folder: string, options: ImportEncoderOptions): Promise<void> {
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file; an encoder is a folder`);
  const { name = basename(resolve(folder)), modelFile, pooling, maxTokens, windows } = options;
  if (!options.json) note('Trying the encoder…');
  const read = readEncoderFolder((path) => readIfThere(join(folder, path)), {
    ...{ name, model: modelFile, pooling, maxTokens, windows },
    prefixes: { document: options.documentPrefix, label: options.labelPrefix },
  });
  if (!options.json) note('Trying it in a thread, as runs use it…');
  await tryEncoder(read);
  await withApp(options.data, async ({ encoders }) => {
    const version = await encoders.register(read);
    if (options.use) await encoders.use(version);
    const { description, notices } = read;
    if (options.json) {
      printJson({ version, ...description, inUse: options.use, notices });
      return;
    }
    const { dimensions, pooling: pooled } = description;
    const lines = [
      `${version}: ${dimensions} dimensions, ${description.windows} windows of ${description.maxTokens} tokens, pooling ${pooled}`,
      ...notices,
      options.use
        ? 'In use: the next `sluice train` gives its model a second local stage; labels without a model are decided by their descriptions.'
        : `Use it with \`sluice encoder use ${version}\`.`,
    ];
    print(lines.join('\n'));
  });
}

export async function useEncoder(version: string, options: Common): Promise<void> {
  const wanted = version === 'none' ? null : version;
  const chosen = await atLake(options, {
    api: (api) => api.ask<ChosenEncoder>('POST', '/api/encoders/use', { version: wanted }),
    app: (app) => useEncoderOf(app, wanted),
  });
  answer(options, chosen, () => describeChoice(chosen));
}

function describeChoice({ inUse, deployment }: ChosenEncoder): string {
  if (inUse === null)
    return 'No encoder is used for trainings and cold starts. Models that were trained with one keep theirs.';
  if (deployment === undefined) return `${inUse} is in use`;
  const { name, model, dimensions } = deployment;
  return [
    `${inUse} is in use: deployment ${name} of ${model}, vectors of ${dimensions} numbers`,
    'Texts that the words are unsure of are sent to it, redacted, and its calls are paid; what the limits of run and day do not pay for is decided without.',
  ].join('\n');
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
