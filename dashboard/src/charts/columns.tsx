// Standing columns over days or slices of time, stacked by kind, with a level where there is a limit.
import { scaleBand, scaleLinear } from 'd3-scale';
import { AxisBand, AxisY, frameOf } from './axes.tsx';
import type { BarKind } from './bars.tsx';
import { Figure } from './figure.tsx';
import { Legend } from './legend.tsx';
import { toneClass } from './tone.ts';

interface ColumnsProps {
  title: string;
  caption?: string;
  kinds: readonly BarKind[];
  /** One column each, in time order; `key` is unique. */
  columns: readonly { key: string; values: readonly number[] }[];
  format: (value: number) => string;
  formatKey: (key: string) => string;
  level?: { y: number; name: string };
  height?: number;
}

export function Columns({ title, caption, kinds, columns, format, formatKey, level, height = 220 }: ColumnsProps) {
  const totals = columns.map(({ values }) => values.reduce((a, b) => a + b, 0));
  const highest = Math.max(...totals, level?.y ?? 0, Number.MIN_VALUE);
  const ticks = scaleLinear([0, highest], [0, 1]).nice(4).ticks(4).map(format);
  const left = Math.max(48, ...ticks.map((text) => text.length * 6.6 + 12));
  return (
    <Figure
      title={title}
      {...(caption === undefined ? {} : { caption })}
      table={{
        columns: ['', ...kinds.map(({ name }) => name)],
        rows: columns.map(({ key, values }) => [formatKey(key), ...values.map(format)]),
      }}
    >
      {(width) => {
        const frame = { ...frameOf(width, height, left), bottom: 24 };
        const x = scaleBand(
          columns.map(({ key }) => key),
          [frame.left, frame.width - frame.right],
        ).padding(0.25);
        const y = scaleLinear([0, highest], [frame.height - frame.bottom, frame.top]).nice(4);
        const barWidth = Math.min(48, x.bandwidth());
        const inset = (x.bandwidth() - barWidth) / 2;
        return (
          <>
            <svg width={width} height={height} role="img" aria-label={title}>
              <AxisY frame={frame} scale={y} label={title} format={format} />
              <AxisBand frame={frame} scale={x} format={formatKey} />
              {columns.map(({ key, values }) => {
                let below = 0;
                return values.map((value, kind) => {
                  const top = y(below + value);
                  const size = y(below) - top;
                  below += value;
                  return (
                    <rect
                      key={`${key}/${kinds[kind]?.name}`}
                      class={`bar ${toneClass(kinds[kind]?.tone ?? 1)}`}
                      x={(x(key) ?? 0) + inset}
                      y={top}
                      width={barWidth}
                      height={Math.max(0, size)}
                    >
                      <title>{`${formatKey(key)}, ${kinds[kind]?.name}: ${format(value)}`}</title>
                    </rect>
                  );
                });
              })}
              {level !== undefined && (
                <g class="mark">
                  <line x1={frame.left} x2={frame.width - frame.right} y1={y(level.y)} y2={y(level.y)} />
                  <text class="tick end" x={frame.width - frame.right} y={y(level.y) + (y(level.y) < 20 ? 13 : -4)}>
                    {level.name}
                  </text>
                </g>
              )}
            </svg>
            {kinds.length > 1 && <Legend entries={kinds} />}
          </>
        );
      }}
    </Figure>
  );
}
