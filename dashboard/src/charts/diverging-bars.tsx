// Bars to both sides of nothing, two a row: what speaks for one thing, and what the same says of another.
import { scaleLinear } from 'd3-scale';
import { words } from '../words/charts.ts';
import type { BarKind } from './bars.tsx';
import { Figure } from './figure.tsx';
import { Legend } from './legend.tsx';
import { toneClass } from './tone.ts';

export interface DivergingRow {
  name: string;
  /** One value per kind, of either sign. */
  values: readonly [number, number];
}

interface DivergingBarsProps {
  title: string;
  caption?: string;
  kinds: readonly [BarKind, BarKind];
  rows: readonly DivergingRow[];
  format: (value: number) => string;
}

const ROW = 34;
const BAR = 11;
/** Room for a number beside the longest bar. */
const NUMBER = 46;

export function DivergingBars({ title, caption, kinds, rows, format }: DivergingBarsProps) {
  const all = rows.flatMap(({ values }) => values);
  const domain = [Math.min(0, ...all), Math.max(0, Number.MIN_VALUE, ...all)];
  return (
    <Figure
      title={title}
      {...(caption === undefined ? {} : { caption })}
      table={{
        columns: [words.term, ...kinds.map(({ name }) => name)],
        rows: rows.map(({ name, values }) => [name, ...values.map(format)]),
      }}
    >
      {(width) => {
        const names = Math.min(170, Math.max(84, width * 0.3));
        const left = names + (domain[0] === 0 ? 0 : NUMBER);
        const x = scaleLinear(domain, [left, width - NUMBER]);
        const maxChars = Math.floor(names / 7);
        return (
          <>
            <svg width={width} height={rows.length * ROW + 4} role="img" aria-label={title}>
              <line class="axis-line" x1={x(0)} x2={x(0)} y1={0} y2={rows.length * ROW + 4} />
              {rows.map(({ name, values }, i) => (
                <g key={name}>
                  <text class="tick end strong" x={names - 8} y={i * ROW + 21}>
                    {name.length > maxChars ? `${name.slice(0, maxChars - 1)}…` : name}
                    <title>{name}</title>
                  </text>
                  {values.map((value, kind) => {
                    const at = x(value);
                    const y = i * ROW + 5 + kind * (BAR + 2);
                    return (
                      <g key={kinds[kind]?.name}>
                        <rect
                          class={`bar ${toneClass(kinds[kind]?.tone ?? 1)}`}
                          x={Math.min(x(0), at)}
                          y={y}
                          width={Math.max(1, Math.abs(at - x(0)))}
                          height={BAR}
                        >
                          <title>{`${name}, ${kinds[kind]?.name}: ${format(value)}`}</title>
                        </rect>
                        <text class={value < 0 ? 'tick end' : 'tick'} x={at + (value < 0 ? -5 : 5)} y={y + BAR - 1}>
                          {format(value)}
                        </text>
                      </g>
                    );
                  })}
                </g>
              ))}
            </svg>
            <Legend entries={kinds} />
          </>
        );
      }}
    </Figure>
  );
}
