// `sluice costs`, `trust`, `report`, `erase`: what was paid, how far decisions can be trusted, a run explained; a document out of the lake.
import type { CostReport, RunReport, TrustReport } from '../../shared/api/insights.ts';
import { costReport } from '../../shared/insight/cost-report.ts';
import { runReport } from '../../shared/insight/run-report.ts';
import { trustReport } from '../../shared/insight/trust-report.ts';
import { type Erasure, eraseDocument } from '../../shared/upkeep/erase.ts';
import { atLake, type LakeOptions, lookAt, queryOf } from '../at-lake.ts';
import { answer, money, note, screenWidth, UsageError, warn } from '../console.ts';
import { describeUnchecked } from '../describe-unchecked.ts';
import { documentName } from '../document-name.ts';
import { formatTable, type TableColumn } from '../table.ts';

const width = (): number => screenWidth();
const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);
const numbers = (...titles: string[]): TableColumn[] => titles.map((title) => ({ title, align: 'right' as const }));

export async function costsCommand(options: LakeOptions & { days: number }): Promise<void> {
  const report = await atLake(options, {
    api: (api) => api.ask<CostReport>('GET', `/api/costs${queryOf({ days: options.days })}`),
    app: async (app) => costReport(app, options.days, await app.spentTodayUsd()),
  });
  answer(options, report, () => describeCosts(report, options.days));
}

function describeCosts({ days, labels, deployments, total, budget }: CostReport, period: number): string {
  const perThousand = total.perThousandUsd === null ? '' : `, ${money(total.perThousandUsd)} for a thousand`;
  const limit = budget.perDayUsd === null ? 'no limit a day' : `of ${money(budget.perDayUsd)} a day`;
  return [
    `last ${period} days: ${money(total.costUsd)} for ${total.documents} documents, ${total.asked} asked${perThousand}`,
    `today: ${money(budget.spentTodayUsd)}, ${limit}`,
    ...section(
      [{ title: 'day' }, ...numbers('documents', 'asked', 'calls', 'cost', 'wasted')],
      days.map((d) => [
        d.date,
        String(d.documents),
        String(d.asked),
        String(d.calls),
        money(d.costUsd),
        money(d.wastedUsd),
      ]),
    ),
    ...section(
      [{ title: 'label', flexible: true }, ...numbers('documents', 'asked', 'cost')],
      labels.map((l) => [l.label, String(l.documents), String(l.asked), money(l.costUsd)]),
    ),
    ...section(
      [{ title: 'deployment', flexible: true }, ...numbers('calls', 'tokens', 'cost')],
      deployments.map((d) => [d.deployment, String(d.calls), String(d.tokens), money(d.costUsd)]),
    ),
  ].join('\n');
}

export async function trustCommand(options: LakeOptions & { days: number }): Promise<void> {
  const report = await lookAt(options, {
    api: (api) => api.ask<TrustReport>('GET', `/api/trust${queryOf({ days: options.days })}`),
    app: (app) => trustReport(app, options.days),
  });
  answer(options, report, () => describeTrust(report, options.days));
  if (!options.json) for (const line of describeUnchecked(report.unchecked, options, screenWidth())) note(warn(line));
}

function describeTrust(
  { escalation, agreement, corrections, promise, spotChecks }: TrustReport,
  period: number,
): string {
  const sum = (key: 'documents' | 'byModel' | 'asked' | 'review' | 'failed') =>
    escalation.reduce((total, day) => total + day[key], 0);
  const documents = sum('documents');
  return [
    `last ${period} days: runs decided ${documents} times on a readable document, ${percent(sum('byModel'), documents) || 'none'} by the model alone, ${sum('asked')} asked, ${sum('review')} left to people, ${sum('failed')} not readable`,
    promise === null
      ? 'no model decides: there is no promise to check'
      : `model ${promise.modelVersion} ${promise.basis === 'guarantee' ? 'promises' : 'aims at'} ${percent(promise.precision, 1)}; people checked ${promise.checked}${promise.checked === 0 ? '' : `, ${percent(promise.right, promise.checked)} right`}`,
    ...describeSpotChecks(spotChecks),
    ...section(
      [{ title: 'proposed by' }, ...numbers('decisions', 'kept', 'agreement')],
      agreement.map((a) => [a.proposedBy, String(a.decisions), String(a.kept), percent(a.kept, a.decisions)]),
    ),
    ...section(
      [{ title: 'proposed', flexible: true }, { title: 'decided', flexible: true }, ...numbers('decisions')],
      corrections.map((c) => [c.from, c.to, String(c.decisions)]),
    ),
  ].join('\n');
}

const VERDICTS = { kept: 'kept', broken: 'not kept', open: 'neither proven nor contradicted', unchecked: 'unchecked' };

/** What was measured on documents drawn at random, in a line or two. */
function describeSpotChecks(checks: TrustReport['spotChecks']): string[] {
  if (checks === null)
    return [
      'no spot checks yet: `sluice spot-check` draws documents that measure how often labels given alone are right',
    ];
  const { drawn, checked, right, low, high, champion, drift } = checks;
  const seen =
    checked === 0 ? '' : `, ${percent(right, checked)} right (95 % interval ${percent(low, 1)} to ${percent(high, 1)})`;
  return [
    `spot checks: ${checked} of ${drawn} drawn documents checked${seen}`,
    ...(champion === null || champion.checked === 0
      ? []
      : [
          `  of model ${champion.modelVersion}: ${champion.right} of ${champion.checked} right; its ${percent(champion.precision, 1)} ${VERDICTS[champion.verdict]}`,
        ]),
    ...(drift?.isSeen === true
      ? [
          `  fewer are right than before: ${percent(drift.recent.right, drift.recent.checked)} in the last two weeks after ${percent(drift.before.right, drift.before.checked)} (p ${drift.pValue.toFixed(3)})`,
        ]
      : []),
  ];
}

export async function reportCommand(runId: string, options: LakeOptions): Promise<void> {
  const report = await lookAt(options, {
    api: (api) => api.ask<RunReport>('GET', `/api/runs/${encodeURIComponent(runId)}/report`),
    app: (app) => runReport(app, runId),
  });
  answer(options, report, () => describeReport(report));
}

/** The report as the terminal shows it. */
export function describeReport({ runId, labels, codes, warnings, decidedBy, ledger }: RunReport): string {
  const { attempts, throttled, costUsd, tokens } = ledger;
  return [
    `run ${runId}: by the model ${decidedBy.model}, by the LLM ${decidedBy.llm}, as duplicates ${decidedBy.duplicate}, by people ${decidedBy.human}`,
    `LLM: ${ledger.calls} calls, ${attempts} attempts, ${throttled} throttled, ${tokens.prompt + tokens.completion} tokens, ${money(costUsd)}`,
    ...section(
      [{ title: 'label', flexible: true }, ...numbers('documents', 'model', 'llm', 'copies', 'people')],
      labels.map((l) => [l.label, ...[l.documents, l.byModel, l.byLlm, l.byDuplicate, l.byHuman].map(String)]),
    ),
    ...section(
      [
        { title: 'code' },
        { title: '' },
        ...numbers('documents'),
        { title: 'for example', flexible: true, cut: 'middle' },
      ],
      codes.map((c) => [
        c.code,
        c.status,
        String(c.documents),
        c.examples[0] === undefined ? '' : documentName(c.examples[0].path, c.examples[0].archivePath),
      ]),
    ),
    ...codes.map(({ code, advice }) => `${code}: ${advice}`),
    ...section(
      [{ title: 'warning' }, ...numbers('documents'), { title: 'for example', flexible: true, cut: 'middle' }],
      warnings.map((w) => [w.warning, String(w.documents), w.example]),
    ),
  ].join('\n');
}

/** Nothing for an empty list. */
const section = (columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : ['', formatTable(columns, rows, width())];

export async function eraseCommand(
  documentId: string,
  options: LakeOptions & { source: 'keep' | 'delete'; yes: boolean },
): Promise<void> {
  if (!options.yes)
    throw new UsageError(
      `erasing cannot be undone: the text, the reasons and the path of the document go${options.source === 'delete' ? ', and so does the file' : '; its file stays (--source delete takes it too)'}. Say --yes to do it`,
    );
  const erasure = await atLake(options, {
    api: (api) => api.ask<Erasure>('DELETE', `/api/documents/${documentId}${queryOf({ source: options.source })}`),
    app: (app) => eraseDocument(app, documentId, { deleteSource: options.source === 'delete' }),
  });
  answer(options, erasure, () => {
    const file = erasure.sourceDeleted ? ', and its file deleted' : '';
    return `erased: ${erasure.rows} decisions, ${erasure.batches} batches, ${erasure.files} old data files${file}`;
  });
}
