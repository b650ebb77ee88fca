// Taking a failed or cancelled run up again: its own request, sent once more. Pure.
import type { RunReport } from '../../../../shared/api/insights.ts';

/** Route below /api/ and body; undefined for runs of uploads, which nobody asked for. */
export function takeUpOf(report: Pick<RunReport, 'request' | 'rerunOf'>): { path: string; body: unknown } | undefined {
  const { request, rerunOf } = report;
  if (request === null) return undefined;
  if (rerunOf === null) return { path: 'runs', body: request };
  const { runId: _, ...body } = request; // of the run that is repeated: it is in the route
  return { path: `runs/${encodeURIComponent(rerunOf)}/rerun`, body };
}
