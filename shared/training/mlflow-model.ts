// A model folder of MLflow: the file MLmodel says which library saved it, and where its own files lie.
// Source: MLflow documentation, "Storage Format"; mlflow.{spark, xgboost, onnx}.save_model.
import { join, normalize, sep } from 'node:path';
import { TerminalError } from '../errors.ts';

export const MLMODEL = 'MLmodel';

export interface MlflowModel {
  kind: 'spark' | 'xgboost' | 'onnx';
  /** Of the library's own files, below the folder. */
  path: string;
}

/** Flavours that can be read, and which of their keys names the files. */
const FLAVORS = [
  { kind: 'spark', key: 'model_data', usual: 'sparkml' },
  { kind: 'xgboost', key: 'data', usual: 'model.xgb' },
  { kind: 'onnx', key: 'data', usual: 'model.onnx' },
] as const;

/** @throws {TerminalError} model.corrupt, model.unsupported with the flavours there are */
export async function parseMlmodel(text: string): Promise<MlflowModel> {
  const { parse } = await import('yaml');
  let value: { flavors?: Record<string, Record<string, unknown> | null> } | null;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new TerminalError('model.corrupt', `${MLMODEL} is no YAML`, { cause });
  }
  const flavors = value?.flavors;
  if (flavors === null || typeof flavors !== 'object')
    throw new TerminalError('model.corrupt', `${MLMODEL} names no flavors`);
  for (const { kind, key, usual } of FLAVORS) {
    const flavor = flavors[kind];
    if (flavor === undefined || flavor === null) continue;
    const path = normalize(String(flavor[key] ?? usual));
    if (path.split(sep).includes('..') || path !== join('.', path))
      throw new TerminalError('model.corrupt', `${MLMODEL}: ${kind}.${key} leads out of the folder`);
    return { kind, path };
  }
  throw new TerminalError(
    'model.unsupported',
    `The MLflow model has the flavors ${Object.keys(flavors).join(', ')}; spark, xgboost and onnx are read. Log it with mlflow.onnx or mlflow.xgboost as well`,
  );
}
