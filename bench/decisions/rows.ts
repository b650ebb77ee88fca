// Labelled rows of a data set as the benchmarks read them: JSON Lines, gzip.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface LabelledRow {
  text: string;
  label: string;
  split: string;
}

export function readRows(file: string): LabelledRow[] {
  const bytes = gunzipSync(readFileSync(file));
  const rows: LabelledRow[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const line = bytes.toString('utf8', from, end < 0 ? bytes.length : end); // line by line: all of it is more than a string holds
    if (line !== '') {
      const { text, label, split } = JSON.parse(line) as LabelledRow;
      rows.push({ text, label, split });
    }
    from = end < 0 ? bytes.length : end + 1;
  }
  return rows;
}
