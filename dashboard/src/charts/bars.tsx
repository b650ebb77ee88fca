// Lying bars, one row a name, stacked by kind: labels, failures, cost per label.
import { scaleLinear } from 'd3-scale';
import { BarLink } from './bar-link.tsx';
import { Figure } from './figure.tsx';
import { Legend } from './legend.tsx';
import { type Tone, toneClass } from './tone.ts';

export interface BarKind {
  name: string;
  tone: Tone;
}

export interface BarRow {
  name: string;
  /** One value per kind. */
  values: readonly number[];
  /** Where a click on the row leads. */
  href?: string;
}

interface BarsProps {
  title: string;
  caption?: string;
  kinds: readonly BarKind[];
  rows: readonly BarRow[];
  format: (value: number) => string;
}

const ROW = 26;

export function Bars({ title, caption, kinds, rows, format }: BarsProps) {
  const totals = rows.map(({ values }) => values.reduce((a, b) => a + b, 0));
  const valueRoom = Math.max(64, ...totals.map((total) => format(total).length * 6.6 + 12));
  return (
    <Figure
      title={title}
      {...(caption === undefined ? {} : { caption })}
      table={{
        columns: ['', ...kinds.map(({ name }) => name)],
        rows: rows.map(({ name, values }) => [name, ...values.map(format)]),
      }}
    >
      {(width) => {
        const names = Math.min(180, Math.max(90, width * 0.34));
        const x = scaleLinear([0, Math.max(...totals, Number.MIN_VALUE)], [0, width - names - valueRoom]);
        const maxChars = Math.floor((names - 8) / 7.2);
        return (
          <>
            <svg
              width={width}
              height={rows.length * ROW + 4}
              role={rows.some(({ href }) => href !== undefined) ? 'group' : 'img'}
              aria-label={title}
            >
              {rows.map(({ name, values, href }, i) => {
                let from = names;
                return (
                  <BarLink key={name} href={href}>
                    <text class="tick end strong" x={names - 8} y={i * ROW + 17}>
                      {name.length > maxChars ? `${name.slice(0, maxChars - 1)}…` : name}
                      <title>{name}</title>
                    </text>
                    {values.map((value, kind) => {
                      const size = x(value);
                      const bar = (
                        <rect
                          key={kinds[kind]?.name}
                          class={`bar ${toneClass(kinds[kind]?.tone ?? 1)}`}
                          x={from}
                          y={i * ROW + 4}
                          width={Math.max(value > 0 ? 1 : 0, size)}
                          height={ROW - 8}
                        >
                          <title>{`${name}, ${kinds[kind]?.name}: ${format(value)}`}</title>
                        </rect>
                      );
                      from += size;
                      return bar;
                    })}
                    <text class="tick" x={from + 6} y={i * ROW + 17}>
                      {format(totals[i] ?? 0)}
                    </text>
                  </BarLink>
                );
              })}
            </svg>
            {kinds.length > 1 && <Legend entries={kinds} />}
          </>
        );
      }}
    </Figure>
  );
}
