// Lines over a number axis: training curves, coverage against precision, reliability.
import { scaleLinear } from 'd3-scale';
import { curveLinear, curveStepAfter, line } from 'd3-shape';
import { words } from '../words/charts.ts';
import { AxisX, AxisY, frameOf } from './axes.tsx';
import { Figure, type FigureTable } from './figure.tsx';
import { Legend } from './legend.tsx';
import { type Tone, toneClass } from './tone.ts';

export interface Series {
  name: string;
  tone: Tone;
  /** [x, y] in axis units, in x order. */
  points: readonly (readonly [x: number, y: number])[];
  /** Dots at the points; sizes 0..1 scale them. */
  dots?: readonly number[] | true;
  isStepped?: boolean;
  isDashed?: boolean;
}

interface Axis {
  name: string;
  format: (value: number) => string;
  /** Default: from the data. */
  domain?: readonly [number, number];
}

interface LineChartProps {
  title: string;
  caption?: string;
  series: readonly Series[];
  x: Axis;
  y: Axis;
  /** Vertical lines with a name, at x; the name stands at the top unless said otherwise. */
  marks?: readonly { x: number; name: string; side?: 'bottom' }[];
  /** Horizontal lines with a name, at y; the name stands at the right unless said otherwise. */
  levels?: readonly { y: number; name: string; side?: 'left' }[];
  height?: number;
  table?: FigureTable;
}

export function LineChart({
  title,
  caption,
  series,
  x,
  y,
  marks = [],
  levels = [],
  height = 240,
  table,
}: LineChartProps) {
  const all = series.flatMap(({ points }) => points);
  const domainX = x.domain ?? extent(all.map(([value]) => value));
  const domainY = y.domain ?? extent([0, ...all.map(([, value]) => value)]);
  return (
    <Figure
      title={title}
      {...(caption === undefined ? {} : { caption })}
      table={table ?? { columns: [words.line, x.name, y.name], rows: rowsOf(series, x, y) }}
    >
      {(width) => {
        const frame = frameOf(width, height);
        const sx = scaleLinear(domainX, [frame.left, frame.width - frame.right]);
        const sy = scaleLinear(domainY, [frame.height - frame.bottom, frame.top]).nice(4);
        const path = (one: Series) =>
          line<readonly [number, number]>(
            ([px]) => sx(px),
            ([, py]) => sy(py),
          ).curve(one.isStepped ? curveStepAfter : curveLinear)([...one.points]) ?? '';
        return (
          <>
            <svg width={width} height={height} role="img" aria-label={words.by(title, y.name, x.name)}>
              <AxisY frame={frame} scale={sy} label={y.name} format={y.format} />
              <AxisX frame={frame} scale={sx} label={x.name} format={x.format} />
              {levels.map((level) => (
                <g key={level.name} class="mark">
                  <line x1={frame.left} x2={frame.width - frame.right} y1={sy(level.y)} y2={sy(level.y)} />
                  <text
                    class={level.side === 'left' ? 'tick' : 'tick end'}
                    x={level.side === 'left' ? frame.left + 6 : frame.width - frame.right}
                    y={sy(level.y) - 4}
                  >
                    {level.name}
                  </text>
                </g>
              ))}
              {marks.map((mark) => {
                const at = sx(mark.x);
                const isRight = at > width * 0.6;
                return (
                  <g key={mark.name} class="mark">
                    <line x1={at} x2={at} y1={frame.top} y2={frame.height - frame.bottom} />
                    <text
                      class={`tick ${isRight ? 'end' : ''}`}
                      x={at + (isRight ? -4 : 4)}
                      y={mark.side === 'bottom' ? frame.height - frame.bottom - 6 : frame.top + 10}
                    >
                      {mark.name}
                    </text>
                  </g>
                );
              })}
              {series.map((one) => (
                <g key={one.name} class={toneClass(one.tone)}>
                  <path class={`curve ${one.isDashed ? 'dashed' : ''}`} d={path(one)} />
                  {one.dots !== undefined &&
                    one.points.map(([px, py], i) => (
                      <circle
                        key={`${px}/${py}`}
                        class="dot"
                        cx={sx(px)}
                        cy={sy(py)}
                        r={one.dots === true ? 3 : 2 + 5 * Math.sqrt(one.dots?.[i] ?? 0)}
                      >
                        <title>{`${x.format(px)}: ${y.format(py)}`}</title>
                      </circle>
                    ))}
                </g>
              ))}
            </svg>
            {series.length > 1 && <Legend entries={series.map(({ name, tone }) => ({ name, tone }))} />}
          </>
        );
      }}
    </Figure>
  );
}

function extent(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

const rowsOf = (series: readonly Series[], x: Axis, y: Axis): (string | number)[][] =>
  series.flatMap(({ name, points }) => points.map(([px, py]) => [name, x.format(px), y.format(py)]));
