// Versions of the labels: which one is in use, and any of them as the beginning of the next.
import type { TaxonomyEntry, TaxonomyList } from '../../../../shared/pipeline/taxonomies.ts';
import { count, when } from '../../format.ts';
import { Badge, TableBox } from '../../parts/basics.tsx';
import { BrokenRecords } from '../../parts/broken-records.tsx';
import { Head, number } from '../../parts/table-head.tsx';

interface VersionsProps {
  list: TaxonomyList;
  canEdit: boolean;
  onTake: (entry: TaxonomyEntry) => void;
}

export function Versions({ list: { taxonomies, broken }, canEdit, onTake }: VersionsProps) {
  if (taxonomies.length + broken.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="label-versions">
      <h2 id="label-versions">Versions</h2>
      <p class="dim">
        Decisions keep the version they were made under. Storing one of these again puts it back in use.
      </p>
      <BrokenRecords records={broken} />
      <TableBox label="Versions of the labels">
        <table>
          <Head columns={['Version', '', number('Labels'), 'Stored', '']} />
          <tbody>
            {taxonomies.map((entry) => (
              <tr key={entry.version}>
                <td class="name">{entry.version}</td>
                <td>{entry.isCurrent && <Badge tone="good">in use</Badge>}</td>
                <td class="number">{count(entry.labels)}</td>
                <td>{when(entry.storedAt)}</td>
                <td>
                  <button type="button" class="quiet" onClick={() => onTake(entry)}>
                    {canEdit ? 'Edit from here' : 'Show'}
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
