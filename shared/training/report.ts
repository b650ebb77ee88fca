// An evaluation for people: plain text for a terminal, and one HTML page with its plots drawn inline. Neither holds document content.
import type { CoveragePoint, Evaluation } from '../models/metrics.ts';

export interface ReportHead {
  title: string;
  /** Name and value, shown in this order: model version, data set, parameters … */
  facts: readonly (readonly [name: string, value: string])[];
}

/** Text of about 100 columns. */
export function renderText(evaluation: Evaluation, head: ReportHead): string {
  const width = Math.max(5, ...evaluation.perLabel.map(({ label }) => label.length));
  const rows = evaluation.perLabel.map(({ label, precision, recall, f1, support }) =>
    [label.padEnd(width), percent(precision), percent(recall), percent(f1), String(support).padStart(9)].join('  '),
  );
  const curve = curvePoints(evaluation.coverage).map(
    ({ threshold, coverage, precision }) =>
      `  confidence ≥ ${threshold.toFixed(3)}: ${percent(coverage)} accepted, ${percent(precision)} of them right`,
  );
  return [
    head.title,
    ...head.facts.map(([name, value]) => `${name}: ${value}`),
    '',
    summaryLine(evaluation),
    '',
    [''.padEnd(width), 'precision', '  recall', '     F1', 'documents'].join('  '),
    ...rows,
    '',
    'Coverage and precision:',
    ...curve,
    '',
  ].join('\n');
}

/** One self-contained page: no scripts, no requests. */
export function renderHtml(evaluation: Evaluation, head: ReportHead): string {
  const facts = head.facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  const rows = evaluation.perLabel
    .map(
      (label) =>
        `<tr><th scope="row">${escapeHtml(label.label)}</th><td>${percent(label.precision)}</td><td>${percent(label.recall)}</td><td>${percent(label.f1)}</td><td>${label.support}</td></tr>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(head.title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(head.title)}</h1><dl>${facts}</dl><p>${escapeHtml(summaryLine(evaluation))}</p>
<h2>By label</h2><table><thead><tr><th>label</th><th>precision</th><th>recall</th><th>F1</th><th>documents</th></tr></thead><tbody>${rows}</tbody></table>
<div class="plots"><figure>${plotCoverage(evaluation.coverage)}<figcaption>Precision of accepted labels by coverage</figcaption></figure>
<figure>${plotReliability(evaluation)}<figcaption>Accuracy by confidence; on the line the confidence is honest</figcaption></figure></div>
<h2>Confusion</h2><p>Rows: true label. Columns: predicted.</p>${confusionTable(evaluation)}
</body></html>
`;
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'table{border-collapse:collapse}th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #ddd}' +
  'th[scope=row],thead th:first-child{text-align:left}dl{display:grid;grid-template-columns:max-content auto;gap:.1rem 1rem}' +
  'dt{color:#666}dd{margin:0}.plots{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:1rem 0}figcaption{color:#666}' +
  'svg{width:26rem;max-width:100%;height:auto}.wide{overflow-x:auto}';

const summaryLine = ({ samples, accuracy, macroF1, logLoss, ece, unknownLabels }: Evaluation): string =>
  `${samples} documents: accuracy ${percent(accuracy).trim()}, macro F1 ${percent(macroF1).trim()}, log loss ${logLoss.toFixed(4)}, calibration error ${ece.toFixed(4)}${
    unknownLabels > 0 ? `; ${unknownLabels} with a label the model does not know` : ''
  }`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(8);

/** The points nearest to round coverages. */
function curvePoints(curve: readonly CoveragePoint[]): CoveragePoint[] {
  const points = [0.25, 0.5, 0.75, 0.9, 1].map((aim) =>
    curve.reduce<CoveragePoint | undefined>(
      (best, point) =>
        best === undefined || Math.abs(point.coverage - aim) < Math.abs(best.coverage - aim) ? point : best,
      undefined,
    ),
  );
  return [...new Set(points)].filter((point) => point !== undefined);
}

const SIZE = 300;
const LEFT = 45;
const TOP = 10;
const x = (share: number): string => (LEFT + share * SIZE).toFixed(1);
const y = (share: number, from = 0): string => (TOP + (1 - (share - from) / (1 - from)) * SIZE).toFixed(1);

function plotCoverage(curve: readonly CoveragePoint[]): string {
  const lowest = Math.min(0.9, ...curve.map(({ precision }) => precision));
  const from = Math.floor(lowest * 10) / 10;
  const line = curve.map(({ coverage, precision }) => `${x(coverage)},${y(precision, from)}`).join(' ');
  return frame(
    'coverage',
    'precision',
    from,
    `<polyline points="${line}" fill="none" stroke="#0b66c3" stroke-width="2"/>`,
  );
}

function plotReliability({ reliability }: Evaluation): string {
  const most = Math.max(1, ...reliability.map(({ rows }) => rows));
  const dots = reliability
    .filter(({ rows }) => rows > 0)
    .map(
      ({ rows, confidence, accuracy }) =>
        `<circle cx="${x(confidence)}" cy="${y(accuracy)}" r="${(3 + 7 * Math.sqrt(rows / most)).toFixed(1)}" fill="#0b66c3" fill-opacity=".6"><title>${rows} documents</title></circle>`,
    )
    .join('');
  const diagonal = `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="#999" stroke-dasharray="4 4"/>`;
  return frame('confidence', 'accuracy', 0, diagonal + dots);
}

function frame(xTitle: string, yTitle: string, from: number, content: string): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map((share) => {
      const value = from + share * (1 - from);
      return (
        `<text x="${x(share)}" y="${TOP + SIZE + 16}" text-anchor="middle">${Math.round(share * 100)} %</text>` +
        `<text x="${LEFT - 6}" y="${y(value, from)}" text-anchor="end" dominant-baseline="middle">${Math.round(value * 100)} %</text>` +
        `<line x1="${LEFT}" x2="${LEFT + SIZE}" y1="${y(value, from)}" y2="${y(value, from)}" stroke="#eee"/>`
      );
    })
    .join('');
  return `<svg viewBox="0 0 ${LEFT + SIZE + 25} ${TOP + SIZE + 40}" role="img" aria-label="${yTitle} by ${xTitle}" font-size="11" fill="#444">${ticks}<rect x="${LEFT}" y="${TOP}" width="${SIZE}" height="${SIZE}" fill="none" stroke="#bbb"/>${content}<text x="${LEFT + SIZE / 2}" y="${TOP + SIZE + 34}" text-anchor="middle">${xTitle}</text></svg>`;
}

function confusionTable({ labels, confusion }: Evaluation): string {
  const most = Math.max(1, ...confusion.flat());
  const head = labels.map((label) => `<th scope="col">${escapeHtml(label)}</th>`).join('');
  const rows = confusion
    .map((row, i) => {
      const cells = row.map((count, k) => {
        const colour = i === k ? '11,102,195' : '195,60,11';
        const strength = (0.7 * Math.sqrt(count / most)).toFixed(2);
        return `<td style="background:rgba(${colour},${strength})">${count === 0 ? '' : count}</td>`;
      });
      return `<tr><th scope="row">${escapeHtml(labels[i] ?? '')}</th>${cells.join('')}</tr>`;
    })
    .join('');
  return `<div class="wide"><table><thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
