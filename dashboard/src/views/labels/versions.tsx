// Versions of the labels: which one is in use, and any of them as the beginning of the next.
import type { TaxonomyEntry, TaxonomyList } from '../../../../shared/pipeline/taxonomies.ts';
import { count, when } from '../../format.ts';
import { Badge, TableBox } from '../../parts/basics.tsx';
import { BrokenRecords } from '../../parts/broken-records.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/labels.ts';

interface VersionsProps {
  list: TaxonomyList;
  canEdit: boolean;
  onTake: (entry: TaxonomyEntry) => void;
}

export function Versions({ list: { taxonomies, broken }, canEdit, onTake }: VersionsProps) {
  if (taxonomies.length + broken.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="label-versions">
      <h2 id="label-versions">{words.versions}</h2>
      <p class="dim">{words.versionsNote}</p>
      <BrokenRecords records={broken} />
      <TableBox label={words.versionsOf}>
        <table>
          <Head columns={[words.version, '', number(words.labels), words.stored, '']} />
          <tbody>
            {taxonomies.map((entry) => (
              <tr key={entry.version}>
                <td class="name">{entry.version}</td>
                <td>{entry.isCurrent && <Badge tone="good">{words.inUse}</Badge>}</td>
                <td class="number">{count(entry.labels)}</td>
                <td>{when(entry.storedAt)}</td>
                <td>
                  <button type="button" class="quiet" onClick={() => onTake(entry)}>
                    {canEdit ? words.editFrom : words.show}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}
