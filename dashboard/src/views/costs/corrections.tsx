// Labels that people changed most, from what was proposed to what they decided.
import type { TrustReport } from '../../../../shared/api/insights.ts';

import { count } from '../../format.ts';
import { links } from '../../links.ts';
import { TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/costs.ts';

export function Corrections({ corrections }: { corrections: TrustReport['corrections'] }) {
  if (corrections.length === 0) return null;
  return (
    <section class="stack">
      <h3>{words.peopleChanged}</h3>
      <TableBox label={words.corrections}>
        <table>
          <Head columns={[words.proposed, words.decided, number(words.decisions)]} />
          <tbody>
            {corrections.map(({ from, to, decisions }) => (
              <tr key={`${from}\0${to}`}>
                <td>{from}</td>
                <td>
                  <a href={links.documents({ label: to, decidedBy: 'human' })}>{to}</a>
                </td>
                <td class="number">{count(decisions)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}
