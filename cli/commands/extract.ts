// `sluice extract`: what the pipeline sees of a document. Text, media type, warnings and timing; nothing is stored or sent.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ExtractedDocument } from '../../shared/documents/extracted-document.ts';
import { ERROR_REMEDIES } from '../../shared/errors.ts';
import { bold, dim, note, printDocumentText, printJson, sayWhereSlow, UsageError, warn } from '../console.ts';
import { documentName } from '../document-name.ts';
import { listFolder, tellSkipped } from '../folder-listing.ts';
import { openLocalExtractor } from '../local-extractor.ts';

/** Read files or folders; one block a document, or with --json one line, which is written as soon as the document is read. */
export async function extractCommand(
  paths: readonly string[],
  options: { json: boolean; ocr?: string },
): Promise<void> {
  for (const path of paths) if (!existsSync(path)) throw new UsageError(`${path} does not exist`);
  const extractor = await openLocalExtractor(options.ocr);
  try {
    for (const path of paths) {
      const { files } = tellSkipped(await listFolder(path));
      if (files.length === 0) note(`${path} holds no file to read`);
      for (const file of files) {
        const shown = isFolder(path) ? `${path.replace(/[/\\]+$/, '')}/${file.path}` : path; // as it was given
        const bytes = await readFile(file.file);
        const reading = extractor.extract({ name: file.path, bytes });
        for (const document of await sayWhereSlow(`reading ${shown} …`, reading))
          if (options.json) printJson(line(shown, document));
          else print(shown, document);
      }
    }
  } finally {
    await extractor.close();
  }
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();

const line = (path: string, d: ExtractedDocument) => ({
  path,
  archivePath: d.archivePath,
  status: d.status,
  code: d.code,
  mediaType: d.mediaType,
  language: d.language,
  pages: d.pages,
  chars: d.chars,
  text: d.text,
  warnings: d.warnings,
  ms: Math.round(d.ms),
});

function print(path: string, d: ExtractedDocument): void {
  const name = documentName(path, d.archivePath);
  const facts = [
    d.mediaType,
    d.language,
    d.pages === null ? undefined : `${d.pages} page(s)`,
    `${d.chars} characters`,
    `${Math.round(d.ms)} ms`,
  ];
  note(`${bold(name)} ${dim(facts.filter((fact) => fact !== undefined && fact !== null).join(' · '))}`);
  for (const warning of d.warnings) note(warn(`  ! ${warning}`));
  if (d.code !== null) note(warn(`  ✗ ${d.code}: ${d.message ?? ERROR_REMEDIES[d.code]}`));
  if (d.text !== '') printDocumentText(d.text);
}
