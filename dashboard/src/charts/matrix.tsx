// A confusion matrix as a heat map: a row for each true label, a column for each predicted one.

import { words } from '../words/charts.ts';
import { Figure } from './figure.tsx';
import { layoutMatrix, type MatrixLayout, rowShares } from './matrix.ts';

interface MatrixProps {
  title: string;
  caption?: string;
  labels: readonly string[];
  /** [truth][predicted] */
  counts: readonly (readonly number[])[];
  formatCount: (value: number) => string;
  formatShare: (value: number) => string;
}

export function Matrix({ title, caption, labels, counts, formatCount, formatShare }: MatrixProps) {
  const shares = rowShares(counts);
  const largest = Math.max(0, ...counts.flat());
  return (
    <Figure
      title={title}
      {...(caption === undefined ? {} : { caption })}
      table={{
        columns: [words.truthPredicted, ...labels],
        rows: labels.map((label, t) => [label, ...(counts[t] ?? []).map(formatCount)]),
      }}
    >
      {(room) => {
        const layout = layoutMatrix(labels, room, largest);
        return (
          <div class="matrix-scroll">
            <svg
              class="matrix"
              width={layout.width}
              height={layout.height}
              role="img"
              aria-label={words.matrixRead(title)}
            >
              <ColumnNames labels={labels} layout={layout} />
              {labels.map((truth, t) => (
                <g key={truth}>
                  <RowName
                    name={layout.columnNames === 'numbers' ? `${t + 1} ${truth}` : truth}
                    row={t}
                    layout={layout}
                  />
                  {labels.map((predicted, p) => (
                    <Cell
                      key={predicted}
                      at={[t, p]}
                      layout={layout}
                      share={shares[t]?.[p] ?? 0}
                      rows={counts[t]?.[p] ?? 0}
                      texts={[formatCount(counts[t]?.[p] ?? 0), formatShare(shares[t]?.[p] ?? 0)]}
                      names={[truth, predicted]}
                    />
                  ))}
                </g>
              ))}
            </svg>
          </div>
        );
      }}
    </Figure>
  );
}

interface CellProps {
  at: readonly [truth: number, predicted: number];
  layout: MatrixLayout;
  share: number;
  rows: number;
  texts: readonly [rows: string, share: string];
  names: readonly [truth: string, predicted: string];
}

function Cell({ at: [t, p], layout, share, rows, texts, names }: CellProps) {
  const { cellWidth, cellHeight, left, top, cellText } = layout;
  const x = left + p * cellWidth;
  const y = top + t * cellHeight;
  // Errors are a few percent of a row; the root keeps them visible beside the diagonal.
  const ink = Math.sqrt(share);
  const isTwoLines = cellText === 'both' && rows > 0;
  return (
    <g class={`${t === p ? 'c1' : 'c-bad'} ${ink > 0.62 ? 'inked' : ''}`}>
      <rect class="cell" x={x} y={y} width={cellWidth - 1} height={cellHeight - 1} fill-opacity={rows === 0 ? 0 : ink}>
        <title>
          {t === p
            ? words.recognised(names[0], texts[0], texts[1])
            : words.takenFor(names[0], names[1], texts[0], texts[1])}
        </title>
      </rect>
      {cellText !== 'none' && rows > 0 && (
        <text
          class={cellWidth < 32 ? 'middle small' : 'middle'}
          x={x + cellWidth / 2}
          y={y + cellHeight / 2 + (isTwoLines ? -2 : 4)}
        >
          {texts[0]}
        </text>
      )}
      {isTwoLines && (
        <text class="middle small" x={x + cellWidth / 2} y={y + cellHeight / 2 + 12}>
          {texts[1]}
        </text>
      )}
    </g>
  );
}

function ColumnNames({ labels, layout }: { labels: readonly string[]; layout: MatrixLayout }) {
  const { cellWidth, left, top, columnNames } = layout;
  return (
    <g>
      {labels.map((label, p) => {
        const x = left + (p + 0.5) * cellWidth;
        return columnNames === 'numbers' ? (
          <text key={label} class="tick middle" x={x} y={top - 7}>
            {p + 1}
            <title>{label}</title>
          </text>
        ) : (
          <text key={label} class="tick" transform={`translate(${x - 4} ${top - 8}) rotate(-33)`}>
            {clip(label, 22)}
            <title>{label}</title>
          </text>
        );
      })}
    </g>
  );
}

function RowName({ name, row, layout }: { name: string; row: number; layout: MatrixLayout }) {
  const { cellHeight, left, top } = layout;
  return (
    <text class="tick end strong" x={left - 8} y={top + (row + 0.5) * cellHeight + 4}>
      {clip(name, Math.floor((left - 10) / 7))}
      <title>{name}</title>
    </text>
  );
}

const clip = (text: string, chars: number): string => (text.length > chars ? `${text.slice(0, chars - 1)}…` : text);
