// Where a document lies: its folder, and the file it came in.

import type { Decision } from '../../../shared/api/answers.ts';
import { links } from '../links.ts';
import { nameOf } from '../result-row.ts';
import { words } from '../words/parts.ts';

export function Place({ row: { path, archivePath: inner } }: { row: Pick<Decision, 'path' | 'archivePath'> }) {
  const { folder, archive } = nameOf(path, inner);
  if (archive === '') return folder === '' ? null : <p class="path">{folder}</p>;
  const isRow = inner?.startsWith('#') === true;
  return (
    <p class="path">
      {isRow ? words.rowOf : /\.(eml|msg|mbox|dat|p7m)$/i.test(archive) ? words.attachmentOf : words.inside}{' '}
      <a href={links.documents({ path: path ?? '' })}>{archive}</a>
      {folder !== '' && ` ${words.inFolder(folder)}`}
    </p>
  );
}
