// The form that starts a training: which columns a file has, what is missing, and the request it makes.
import type { TrainRequest } from '../../../../shared/api/training.ts';
import { words } from '../../words/models.ts';

export interface TrainForm {
  /** Name of the labelled file; null without one. */
  fileName: string | null;
  textColumn: string;
  labelColumn: string;
  /** Learn from decisions of people and the LLM as well. */
  decisions: boolean;
  /** Percent, as typed. */
  precision: string;
  confidence: string;
  guarantee: boolean;
  promote: boolean;
  /** Version of the taxonomy that labels must be in; null: any label is learnt. */
  taxonomyVersion: string | null;
}

export const EMPTY_FORM: TrainForm = {
  fileName: null,
  textColumn: 'text',
  labelColumn: 'label',
  decisions: false,
  precision: '95',
  confidence: '95',
  guarantee: false,
  promote: false,
  taxonomyVersion: null,
};

/** Bytes of a file's beginning that show its columns. */
export const HEAD_BYTES = 64 * 1024;

/** Names of the columns from a file's beginning; [] where it does not tell (Parquet keeps them at its end). */
export function columnsOf(fileName: string, head: string): string[] {
  const extension = extensionOf(fileName);
  const firstLine = head.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  if (extension === 'csv') return csvCells(firstLine).filter((name) => name !== '');
  if (extension !== 'jsonl' && extension !== 'ndjson') return [];
  try {
    const row: unknown = JSON.parse(firstLine);
    return typeof row === 'object' && row !== null && !Array.isArray(row) ? Object.keys(row) : [];
  } catch {
    return []; // longer than the head, or no JSON: the training names the line
  }
}

/** The most likely columns of a file: usual names, else what is set already. */
export function guessColumns(
  columns: readonly string[],
  form: TrainForm,
): Pick<TrainForm, 'textColumn' | 'labelColumn'> {
  const pick = (usual: readonly string[], present: string) =>
    columns.includes(present)
      ? present
      : (usual
          .map((name) => columns.find((column) => column.toLowerCase() === name))
          .find((name) => name !== undefined) ?? present);
  return {
    textColumn: pick(['text', 'content', 'body', 'document', 'sentence'], form.textColumn),
    labelColumn: pick(['label', 'category', 'class', 'target', 'intent'], form.labelColumn),
  };
}

const READABLE = ['jsonl', 'ndjson', 'csv', 'parquet'];

/** What stands in the way of starting, by field; {} when nothing does. */
export function problemsOf(form: TrainForm): Partial<Record<keyof TrainForm, string>> {
  const problems: Partial<Record<keyof TrainForm, string>> = {};
  if (form.fileName === null && !form.decisions) problems.fileName = words.chooseFile;
  else if (form.fileName !== null && !READABLE.includes(extensionOf(form.fileName)))
    problems.fileName = words.fileKinds;
  if (form.fileName !== null && form.textColumn.trim() === '') problems.textColumn = words.whichText;
  if (form.fileName !== null && form.labelColumn.trim() === '') problems.labelColumn = words.whichLabel;
  for (const name of ['precision', 'confidence'] as const) {
    const value = Number(form[name].replace(',', '.'));
    if (!(value >= 1 && value <= 99.99)) problems[name] = words.percentRange;
  }
  return problems;
}

/** Path below the imports container where a labelled file is put. @param at  tells files of one name apart */
export const uploadPath = (fileName: string, at: Date): string =>
  `training/${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}-${fileName.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '')}`;

/** @param source  path of the uploaded file in imports; null without one */
export function trainRequest(form: TrainForm, source: string | null): Partial<TrainRequest> & { decisions?: true } {
  const share = (text: string) => Math.round(Number(text.replace(',', '.')) * 100) / 10_000;
  return {
    ...(source === null
      ? {}
      : {
          container: 'imports',
          sources: [source],
          textColumn: form.textColumn.trim(),
          labelColumn: form.labelColumn.trim(),
        }),
    ...(form.decisions ? { decisions: true } : {}),
    ...(form.taxonomyVersion === null ? {} : { taxonomyVersion: form.taxonomyVersion }),
    precision: share(form.precision),
    confidence: share(form.confidence),
    guarantee: form.guarantee,
    promote: form.promote,
  };
}

const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

/** Cells of a CSV line (RFC 4180). */
const csvCells = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) =>
    (m[1]?.replaceAll('""', '"') ?? m[2] ?? '').trim(),
  );
