// `sluice compare-runs`: what two runs decided differently, and why.

import type { RunComparison } from '../../shared/api/runs.ts';
import { compareRuns } from '../../shared/insight/compare-runs.ts';
import { type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, screenWidth } from '../console.ts';
import { documentName } from '../document-name.ts';
import { formatTable } from '../table.ts';

export async function compareCommand(a: string, b: string, options: LakeOptions): Promise<void> {
  const comparison = await lookAt(options, {
    api: (api) => api.ask<RunComparison>('GET', `/api/runs/${encodeURIComponent(a)}/compare/${encodeURIComponent(b)}`),
    app: (app) => compareRuns(app.query, a, b),
  });
  answer(options, comparison, () => describe(comparison));
}

function describe({ documents, flipped, byReason, byLabel, flips }: RunComparison): string {
  const reasons = Object.entries(byReason).map(([reason, count]) => `${count} by ${reason}`);
  const width = screenWidth();
  const lines = [
    `${documents.a} and ${documents.b} documents, ${documents.shared} in both: ${documents.same} the same, ${flipped} flipped${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
  ];
  if (byLabel.length > 0)
    lines.push(
      '',
      formatTable(
        [{ title: 'from' }, { title: 'to' }, { title: 'documents', align: 'right' }],
        byLabel.map((row) => [row.from, row.to, String(row.documents)]),
        width,
      ),
      '',
      formatTable(
        [
          { title: 'document', flexible: true, cut: 'middle' },
          { title: 'before' },
          { title: 'after' },
          { title: 'why' },
        ],
        flips.map((flip) => [
          documentName(flip.path, flip.archivePath),
          outcome(flip.before),
          outcome(flip.after),
          flip.reason,
        ]),
        width,
      ),
    );
  return `${lines.join('\n')}\n`;
}

const outcome = ({ status, label }: { status: string; label: string | null }): string =>
  status === 'labelled' ? String(label) : status;
