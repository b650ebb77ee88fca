// Where a document lies: its folder, and the file it came in.
import { links } from '../links.ts';
import { nameOf, type ResultRow } from '../result-row.ts';
import { words } from '../words/parts.ts';

export function Place({
  row: { source_path: path, archive_path: inner },
}: {
  row: Pick<ResultRow, 'source_path' | 'archive_path'>;
}) {
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
