// Axes of a plot, from d3 scales.
import type { ScaleBand, ScaleLinear } from 'd3-scale';

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Room around a plot for its axes. @param width  CSS pixels */
export const frameOf = (width: number, height = 220, left = 48): Frame => ({
  width,
  height,
  left,
  right: 16,
  top: 12,
  bottom: 38,
});

interface AxisProps {
  frame: Frame;
  scale: ScaleLinear<number, number>;
  label: string;
  format: (value: number) => string;
}

/** Horizontal axis below the plot. */
export function AxisX({ frame, scale, label, format }: AxisProps) {
  const y = frame.height - frame.bottom;
  return (
    <g class="axis">
      <line class="axis-line" x1={frame.left} x2={frame.width - frame.right} y1={y} y2={y} />
      {scale.ticks(Math.max(2, Math.floor(frame.width / 90))).map((tick) => (
        <text key={tick} x={scale(tick)} y={y + 14} class="tick middle">
          {format(tick)}
        </text>
      ))}
      <text class="axis-name middle" x={(frame.left + frame.width - frame.right) / 2} y={frame.height - 6}>
        {label}
      </text>
    </g>
  );
}

/** Vertical axis with light lines across the plot; its name stands above it. */
export function AxisY({ frame, scale, label, format }: AxisProps) {
  return (
    <g class="axis">
      {scale.ticks(4).map((tick) => (
        <g key={tick}>
          <line class="grid-line" x1={frame.left} x2={frame.width - frame.right} y1={scale(tick)} y2={scale(tick)} />
          <text class="tick end" x={frame.left - 6} y={scale(tick) + 4}>
            {format(tick)}
          </text>
        </g>
      ))}
      <title>{label}</title>
    </g>
  );
}

/** Names of columns below the plot, as many as have room. */
export function AxisBand({
  frame,
  scale,
  format,
}: {
  frame: Frame;
  scale: ScaleBand<string>;
  format: (value: string) => string;
}) {
  const y = frame.height - frame.bottom;
  const names = scale.domain();
  const room = Math.max(56, 12 + 6.5 * Math.max(...names.map((name) => format(name).length))); // pixels a name needs
  const every = Math.max(1, Math.ceil((names.length * room) / (frame.width - frame.left - frame.right)));
  return (
    <g class="axis">
      <line class="axis-line" x1={frame.left} x2={frame.width - frame.right} y1={y} y2={y} />
      {names.map((name, i) =>
        i % every === 0 ? (
          <text key={name} class="tick middle" x={(scale(name) ?? 0) + scale.bandwidth() / 2} y={y + 14}>
            {format(name)}
          </text>
        ) : null,
      )}
    </g>
  );
}
