// Labelled texts of this machine, as training and evaluation read them: rows of a file, or documents in a folder per label.
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDataset } from '../shared/training/dataset.ts';
import { bar, clearBar, note, UsageError, warn } from './console.ts';
import { listFolder, tellSkipped } from './folder-listing.ts';
import { openLocalExtractor } from './local-extractor.ts';
import { fileProblem, readGivenFile } from './local-files.ts';

export interface Example {
  text: string;
  label: string;
}

/**
 * Labelled texts; bad ones are counted and the first of them told.
 * @param source  .jsonl, .csv, .tsv or .parquet; or a folder whose folders are named by labels and hold documents
 * @throws {UsageError} it is not there, or a folder without folders
 */
export async function readExamples(source: string, textColumn: string, labelColumn: string): Promise<Example[]> {
  const bad: string[] = [];
  const examples = isFolder(source)
    ? await readLabelFolders(source, bad)
    : await readRows(source, { text: textColumn, label: labelColumn }, bad);
  if (bad.length > 0) note(warn(`${bad.length} left out: ${bad.slice(0, 3).join('; ')}${bad.length > 3 ? '; …' : ''}`));
  return examples;
}

async function readRows(file: string, columns: { text: string; label: string }, bad: string[]): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const row of readDataset({ name: file, bytes: readGivenFile(file) }, columns)) {
    if ('problem' in row) bad.push(`line ${row.line}: ${row.problem}`);
    else if (row.label === null) bad.push(`line ${row.line}: no label`);
    else examples.push({ text: row.text, label: row.label });
  }
  return examples;
}

/** Each document below <folder>/<label>, at any depth; members of archives and mails have the label of their file. */
async function readLabelFolders(folder: string, bad: string[]): Promise<Example[]> {
  const labels = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  if (labels.length === 0)
    throw new UsageError(
      `${folder} is a folder without folders: it must hold one per label, with that label's documents`,
    );
  const extractor = await openLocalExtractor();
  try {
    const examples: Example[] = [];
    for (const label of labels) {
      const { files } = tellSkipped(await listFolder(join(folder, label)));
      for (const [index, { path, file }] of files.entries()) {
        bar(`reading ${label}: ${index + 1}/${files.length} files`);
        for (const document of await extractor.extract({ name: path, bytes: await readFile(file) }))
          if (document.code === null && document.text.trim() !== '')
            examples.push({ text: document.text, label: label.normalize('NFC') });
          else bad.push(`${label}/${path}: ${document.code ?? 'no text'}`);
      }
    }
    clearBar();
    note(`${folder}: ${examples.length} documents with ${labels.length} labels`);
    return examples;
  } finally {
    await extractor.close();
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(fileProblem(error, path) ?? `${path} cannot be read`);
  }
}
