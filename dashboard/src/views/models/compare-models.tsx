// Two versions held against each other: metrics with differences, then F1 of every label.
import { useState } from 'preact/hooks';
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { decimal, percent, signed } from '../../format.ts';
import { TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/models.ts';
import { type Better, compareLabels, compareMetrics, comparisonLimit, type MetricRow } from './compare.ts';

/** @param models  at least two, the newest first */
export function CompareModels({ models }: { models: readonly RegisteredModel[] }) {
  const champion = models.find((model) => model.champion);
  const newest = models.find((model) => model !== champion && model.metrics !== null);
  const [chosen, setChosen] = useState<{ a?: string; b?: string }>({});
  const a = models.find(({ version }) => version === chosen.a) ?? champion ?? models[1];
  const b = models.find(({ version }) => version === chosen.b) ?? newest ?? models[0];
  if (a === undefined || b === undefined) return null;
  const limit = comparisonLimit(a, b);
  return (
    <section class="stack" aria-labelledby="compare-title">
      <div class="row">
        <h2 id="compare-title">{words.compare}</h2>
        <VersionSelect
          name={words.version}
          models={models}
          value={a.version}
          onChange={(version) => setChosen({ ...chosen, a: version })}
        />
        <span class="dim">{words.with}</span>
        <VersionSelect
          name={words.otherVersion}
          models={models}
          value={b.version}
          onChange={(version) => setChosen({ ...chosen, b: version })}
        />
      </div>
      {a === b ? (
        <p class="dim">{words.chooseTwo}</p>
      ) : (
        <div aria-live="polite" class="stack">
          {limit !== null && <p class="note">{limit}</p>}
          <div class="grid tops">
            <MetricsTable a={a} b={b} />
            <LabelsTable a={a} b={b} />
          </div>
        </div>
      )}
    </section>
  );
}

function VersionSelect({
  name,
  models,
  value,
  onChange,
}: {
  name: string;
  models: readonly RegisteredModel[];
  value: string;
  onChange: (version: string) => void;
}) {
  return (
    <select
      class="version-select"
      aria-label={name}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {models.map(({ version, champion }) => (
        <option key={version} value={version}>
          {champion ? words.isChampion(version) : version}
        </option>
      ))}
    </select>
  );
}

function MetricsTable({ a, b }: { a: RegisteredModel; b: RegisteredModel }) {
  return (
    <TableBox label={words.metricsOf(a.version, b.version)}>
      <table class="compare">
        <Head columns={[words.metric, number(a.version), number(b.version), number(words.difference)]} />
        <tbody>
          {compareMetrics(a, b).map((row) => (
            <tr key={row.key}>
              <th scope="row" title={words.metrics[row.key].meaning}>
                {words.metrics[row.key].name}
              </th>
              <td class="number">{valueText(row, row.a)}</td>
              <td class="number">{valueText(row, row.b)}</td>
              <td class="number">
                <Difference value={row.difference} better={row.better} isShare={row.isShare} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function LabelsTable({ a, b }: { a: RegisteredModel; b: RegisteredModel }) {
  const rows = compareLabels(a, b);
  if (rows.length === 0) return null;
  return (
    <TableBox label={words.f1Of(a.version, b.version)}>
      <table class="compare">
        <Head columns={[words.f1OfLabel, number(a.version), number(b.version), number(words.difference)]} />
        <tbody>
          {rows.map(({ label, a: x, b: y, difference, better }) => (
            <tr key={label}>
              <th scope="row" class="label-name">
                {label}
              </th>
              <td class="number">{x === null ? words.unknown : percent(x, 1)}</td>
              <td class="number">{y === null ? words.unknown : percent(y, 1)}</td>
              <td class="number">
                <Difference value={difference} better={better} isShare />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

const valueText = ({ isShare }: MetricRow, value: number | null): string =>
  value === null ? '–' : isShare ? percent(value, 1) : decimal(value, 3);

/** Signed, with a word beside the colour. Shares are in percentage points. */
function Difference({ value, better, isShare }: { value: number | null; better: Better | null; isShare: boolean }) {
  if (value === null) return <span class="dim">–</span>;
  const [size, digits] = isShare ? [value * 100, 1] : [value, 3];
  const number = signed(size, digits).replace('-', '−');
  const text = isShare ? words.points(number) : number;
  if (better === null || better === 'same' || Math.round(size * 10 ** digits) === 0)
    return <span class="dim">{text}</span>;
  return (
    <span class={better === 'b' ? 'better' : 'worse'}>
      {text} <span aria-hidden="true">{better === 'b' ? '▲' : '▼'}</span>
      <span class="visually-hidden">{better === 'b' ? words.better : words.worse}</span>
    </span>
  );
}
