// Labelled rows of a file of this machine, as training and evaluation read them.
import { existsSync, readFileSync } from 'node:fs';
import { readDataset } from '../shared/training/dataset.ts';
import { note, UsageError, warn } from './console.ts';

export interface Example {
  text: string;
  label: string;
}

/** Read labelled rows; bad ones are counted and the first of them told. */
export async function readExamples(file: string, textColumn: string, labelColumn: string): Promise<Example[]> {
  if (!existsSync(file)) throw new UsageError(`${file} does not exist`);
  const examples: Example[] = [];
  const bad: string[] = [];
  const columns = { text: textColumn, label: labelColumn };
  for await (const row of readDataset({ name: file, bytes: readFileSync(file) }, columns)) {
    if ('problem' in row) bad.push(`line ${row.line}: ${row.problem}`);
    else if (row.label === null) bad.push(`line ${row.line}: no label`);
    else examples.push({ text: row.text, label: row.label });
  }
  if (bad.length > 0)
    note(warn(`${bad.length} row(s) left out: ${bad.slice(0, 3).join('; ')}${bad.length > 3 ? '; …' : ''}`));
  return examples;
}
