// How well each label is recognised, and from which confidence it is accepted.
import type { LabelMetrics } from '../../../../shared/models/bundle.ts';
import { count, percent } from '../../format.ts';
import { Meter, TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/model.ts';
import { thresholdText } from './threshold.ts';

interface LabelsTableProps {
  perLabel: readonly LabelMetrics[];
  /** The model's labels, in the order of `acceptByLabel`. */
  labels: readonly string[];
  acceptByLabel: readonly (number | null)[] | null;
}

export function LabelsTable({ perLabel, labels, acceptByLabel }: LabelsTableProps) {
  const own = (label: string) => acceptByLabel?.[labels.indexOf(label)] ?? null;
  const rows = [...perLabel].sort((a, b) => Number(a.support === 0) - Number(b.support === 0) || a.f1 - b.f1);
  return (
    <TableBox label={words.labels}>
      <table>
        <caption class="visually-hidden">{words.labelsCaption}</caption>
        <Head
          columns={[
            words.label,
            number(words.precision),
            number(words.recall),
            number(words.f1),
            number(words.documents),
            ...(acceptByLabel === null ? [] : [number(words.acceptsFrom)]),
          ]}
        />
        <tbody>
          {rows.map(({ label, precision, recall, f1, support }) => {
            const accepts = own(label);
            // None of it was held out: nothing is known, which is not nought.
            const known = (value: number) => (support === 0 ? '–' : percent(value, 1));
            return (
              <tr key={label}>
                <th scope="row" class="label-name">
                  {label}
                </th>
                <td class="number">{known(precision)}</td>
                <td class="number">{known(recall)}</td>
                <td class="number">
                  {support === 0 ? (
                    '–'
                  ) : (
                    <span class="confidence">
                      <Meter value={f1} label={`${words.f1} ${percent(f1, 1)}`} tone={f1 < 0.7 ? 'warn' : 'accent'} />
                      {percent(f1, 1)}
                    </span>
                  )}
                </td>
                <td class="number">{count(support)}</td>
                {acceptByLabel !== null && (
                  <td class="number">{accepts === null ? words.alwaysAsked : thresholdText(accepts)}</td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableBox>
  );
}
