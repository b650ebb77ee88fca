// `sluice encoder`: what is there, taking one in after it was tried, choosing.
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Pooling } from '../../shared/models/encoder/manifest.ts';
import { readEncoderFolder } from '../../shared/models/encoder/read-folder.ts';
import { note, UsageError, warn } from '../console.ts';
import { withApp } from '../local-app.ts';
import { formatTable } from '../table.ts';

interface Common {
  data: string;
  json: boolean;
}

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
  await withApp(options.data, async ({ encoders: registry }) => {
    const { encoders, broken } = await registry.list();
    for (const { message } of broken) note(warn(message));
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ encoders, broken })}\n`);
      return;
    }
    if (encoders.length === 0) {
      note('No encoder yet. `sluice encoder import <folder>` takes one in; docs/models.md names three good ones.');
      return;
    }
    const rows = encoders.map((encoder) => [
      encoder.version,
      encoder.inUse ? 'in use' : '',
      String(encoder.dimensions),
      `${encoder.windows} × ${encoder.maxTokens}`,
      `${(encoder.artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6).toFixed(1)} MB`,
      encoder.createdAt.slice(0, 16).replace('T', ' '),
    ]);
    const columns = ['encoder', '', 'dimensions', 'tokens', 'size', 'imported'].map((title) => ({ title }));
    process.stdout.write(`${formatTable(columns, rows, process.stdout.columns ?? 120)}\n`);
  });
}

export async function importEncoder(folder: string, options: ImportEncoderOptions): Promise<void> {
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file; an encoder is a folder`);
  const { name = basename(resolve(folder)), modelFile, pooling, maxTokens, windows } = options;
  if (!options.json) note('Trying the encoder…');
  const read = readEncoderFolder((path) => readIfThere(join(folder, path)), {
    ...{ name, model: modelFile, pooling, maxTokens, windows },
    prefixes: { document: options.documentPrefix, label: options.labelPrefix },
  });
  await withApp(options.data, async ({ encoders }) => {
    const version = await encoders.register(read);
    if (options.use) await encoders.use(version);
    const { description, notices } = read;
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ version, ...description, inUse: options.use, notices })}\n`);
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
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}

export async function useEncoder(version: string, options: Common): Promise<void> {
  await withApp(options.data, async ({ encoders }) => {
    await encoders.use(version === 'none' ? null : version);
    const text =
      version === 'none'
        ? 'No encoder is used for trainings and cold starts. Models that were trained with one keep theirs.'
        : `${version} is in use`;
    process.stdout.write(`${options.json ? JSON.stringify({ inUse: version === 'none' ? null : version }) : text}\n`);
  });
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
