// The confusions that happen most, as a list: where a better description or more examples help.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { topConfusions } from '../../charts/matrix.ts';
import { count, percent } from '../../format.ts';
import { TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/model.ts';

export function Confusions({ evaluation }: { evaluation: NonNullable<ModelReport['evaluation']> }) {
  const confusions = topConfusions(evaluation.labels, evaluation.confusion);
  return (
    <div class="stack">
      <h2>{words.confusions}</h2>
      {confusions.length === 0 ? (
        <p class="dim">{words.noConfusions}</p>
      ) : (
        <TableBox label={words.confusions}>
          <table>
            <Head columns={[words.is, words.takenFor, number(words.documents), number(words.ofItsLabel)]} />
            <tbody>
              {confusions.map(({ truth, predicted, rows, share }) => (
                <tr key={`${truth}\0${predicted}`}>
                  <td>{truth}</td>
                  <td>{predicted}</td>
                  <td class="number">{count(rows)}</td>
                  <td class="number">{percent(share, 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </div>
  );
}
