// Labels that people changed most, from what was proposed to what they decided.
import type { TrustReport } from '../../../../shared/api/insights.ts';

import { count } from '../../format.ts';
import { links } from '../../links.ts';
import { TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';

export function Corrections({ corrections }: { corrections: TrustReport['corrections'] }) {
  if (corrections.length === 0) return null;
  return (
    <section class="stack">
      <h3>What people changed</h3>
      <TableBox label="Corrections">
        <table>
          <Head columns={['Proposed', 'Decided', number('Decisions')]} />
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
