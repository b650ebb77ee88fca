// `sluice whatif`: what another model or another bar would have decided. With --apply the runs that would change are re-run.
import { randomUUID } from 'node:crypto';
import { type WhatIfReport, whatIfSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import type { RerunRequest } from '../../shared/api/runs.ts';
import { whatIf } from '../../shared/insight/whatif.ts';
import { atLake } from '../at-lake.ts';
import { answer, bar, clearBar, money, note, progressLine, screenWidth } from '../console.ts';
import { formatTable } from '../table.ts';
import { filterOf } from './export.ts';
import { openApi, type RemoteOptions } from './runs.ts';

export interface WhatIfOptions extends RemoteOptions {
  model?: string;
  accept?: number;
  review?: number;
  apply: boolean;
  [filter: string]: unknown;
}

export async function whatIfCommand(options: WhatIfOptions): Promise<void> {
  const request = parseRequest(whatIfSchema, {
    ...(options.model === undefined ? {} : { modelVersion: options.model }),
    ...(options.accept === undefined ? {} : { accept: options.accept }),
    ...(options.review === undefined ? {} : { review: options.review }),
    filter: filterOf(options),
  });
  const report = await atLake(options, {
    api: (api) => api.ask<WhatIfReport>('POST', '/api/whatif', request),
    app: (app) => whatIf(app, request),
  });
  answer(options, report, () => describe(report));
  if (options.apply) await apply(report, options);
}

/** One re-run for each run that would change, from its stored features or texts. */
async function apply(report: WhatIfReport, options: WhatIfOptions): Promise<void> {
  const api = openApi(options);
  const request: Partial<RerunRequest> = {
    from: 'score',
    modelVersion: report.modelVersion,
    acceptThreshold: report.accept,
    requestId: randomUUID(),
  };
  for (const runId of report.runs) {
    const started = await api.rerun(runId, request);
    const run = await api.follow(started.runId, (status) => bar(progressLine(status)));
    clearBar();
    note(
      `${runId} → ${run.runId}: ${run.state}, ${run.labelled} labelled, ${run.review} to review, ${money(run.costUsd)}`,
    );
    if (run.state !== 'completed') throw new Error(`run ${run.runId} ${run.state}: ${run.error?.message ?? ''}`);
  }
}

function describe(report: WhatIfReport): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const { againstPeople: people } = report;
  const cost = report.extraCostUsd === null ? 'at a price not known yet' : `for about ${money(report.extraCostUsd)}`;
  const lines = [
    `model ${report.modelVersion}, accept from ${report.accept}: ${report.documents} documents scored again${report.unavailable > 0 ? `, ${report.unavailable} no longer kept` : ''}`,
    `decided by the model alone: ${percent(report.coverage.before)} → ${percent(report.coverage.after)}`,
    `${report.flipped} would change, ${report.newlyAsked} would be asked to the LLM for the first time ${cost}`,
    ...(people.documents === 0
      ? []
      : [
          `of ${people.documents} decided by people the model would decide ${people.accepted}, ${people.right} as they did`,
        ]),
  ];
  const changes = report.matrix.filter(({ from, to }) => from !== to);
  if (changes.length > 0)
    lines.push(
      '',
      formatTable(
        [{ title: 'now' }, { title: 'then' }, { title: 'documents', align: 'right' }],
        changes.map(({ from, to, documents }) => [from, to, String(documents)]),
        screenWidth(),
      ),
    );
  return `${lines.join('\n')}\n`;
}
