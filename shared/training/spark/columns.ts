// Columns of a pipeline's stages: which stage makes a column, and from which one.
import type { Stage } from './pipeline-files.ts';

/** A stage and which of its columns is meant: stages such as StringIndexer take lists of them. */
export interface ColumnMaker {
  readonly stage: Stage;
  readonly index: number;
}

/** The latest of `stages` that makes the column. */
export function makerOf(stages: readonly Stage[], column: string): ColumnMaker | undefined {
  for (const stage of stages.toReversed()) {
    const index = outputsOf(stage).indexOf(column);
    if (index >= 0) return { stage, index };
  }
  return undefined;
}

export function outputsOf({ params }: Stage): string[] {
  const many = list(params.outputCols);
  return many.length > 0 ? many : [text(params.outputCol)].filter((name) => name !== '');
}

export function inputsOf({ params }: Stage): string[] {
  const many = list(params.inputCols);
  return many.length > 0 ? many : [text(params.inputCol)].filter((name) => name !== '');
}

/** The parameter that is first among the names; Spark and xgboost spell them differently. */
export function columnParam({ params }: Stage, fallback: string, ...names: string[]): string {
  return names.map((name) => text(params[name])).find((name) => name !== '') ?? fallback;
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Spark writes NaN and infinities as strings. */
export const numberOr = (value: unknown, fallback: number): number =>
  value === undefined || value === null ? fallback : Number(value);
