// One model: how good it is, when its label stands, what another threshold would do, and where it comes from.

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { ModelReport } from '../../../shared/api/insights.ts';

import '../../style/matrix.css';
import '../../style/models.css';
import { Matrix } from '../charts/matrix.tsx';
import { count, percent, when } from '../format.ts';
import { links } from '../links.ts';
import { Badge, Tile } from '../parts/basics.tsx';
import { Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';
import { canOperate, labels as taxonomyLabels } from '../session.ts';
import { AcceptRuleNote } from './model/accept-rule.tsx';
import { Confusions } from './model/confusions.tsx';
import { LabelsTable } from './model/labels-table.tsx';
import { CoverageAgainstPrecision, Reliability, TrainingCurve } from './model/plots.tsx';
import { Promotions, TrainingRecord } from './model/record.tsx';
import { WhatIf } from './model/what-if.tsx';
import { PromoteDialog, RollbackDialog } from './models/champion-actions.tsx';
import { ThresholdOverride } from './models/threshold-override.tsx';
import { trainedOn } from './models/trained-on.ts';
import { KIND_NAMES } from './models/versions-table.tsx';

/** Labels from which the confusion matrix takes the whole width. */
const WIDE_MATRIX = 12;

export function ModelView() {
  const version = useRoute().params.version ?? '';
  useTitle(`Model ${version}`);
  const resource = useResource<ModelReport>(`models/${encodeURIComponent(version)}`, 30_000);
  return (
    <div class="stack">
      <nav aria-label="Above this page">
        <a href={links.models}>All models</a>
      </nav>
      {resource.data === undefined && <h1>Model {version}</h1>}
      <Show resource={resource} what={`model ${version}`}>
        {(report) => <Report key={report.version} report={report} onChanged={resource.reload} />}
      </Show>
    </div>
  );
}

function Report({ report, onChanged }: { report: ModelReport; onChanged: () => void }) {
  const [chosen, setChosen] = useState(report.accept.threshold);
  const { evaluation, objectiveHistory } = report;
  return (
    <>
      <Head report={report} onChanged={onChanged} />
      <LabelsNotInUse report={report} />
      <ThresholdOverride />
      <Tiles report={report} />
      <AcceptRuleNote report={report} />
      {evaluation === null ? (
        <p class="note warn">
          This version was never evaluated, so it is promoted only by force. Import it again with labelled documents it
          was not trained on: <code>sluice models import … --evaluate labelled.jsonl</code>.
        </p>
      ) : (
        <>
          <WhatIf report={report} chosen={chosen} onChange={setChosen} />
          <div class="grid">
            <CoverageAgainstPrecision report={report} chosen={chosen} />
            <Reliability evaluation={evaluation} />
          </div>
          <div class={evaluation.labels.length > WIDE_MATRIX ? 'stack' : 'grid tops'}>
            <Matrix
              title="Confusion matrix"
              caption="Rows are the truth, columns what the model said. Darker cells hold a larger share of their row; red ones are errors."
              labels={evaluation.labels}
              counts={evaluation.confusion}
              formatCount={count}
              formatShare={(share) => percent(share)}
            />
            <Confusions evaluation={evaluation} />
          </div>
          <h2>Labels</h2>
          <LabelsTable perLabel={evaluation.perLabel} labels={report.labels} acceptByLabel={report.acceptByLabel} />
        </>
      )}
      <div class="grid tops">
        {objectiveHistory.length > 1 && <TrainingCurve history={objectiveHistory} />}
        <Promotions report={report} />
      </div>
      <TrainingRecord report={report} />
    </>
  );
}

function Head({ report, onChanged }: { report: ModelReport; onChanged: () => void }) {
  const { version, champion, evaluation, metrics } = report;
  const [dialog, setDialog] = useState<'promote' | 'rollback' | undefined>(undefined);
  const close = () => setDialog(undefined);
  const rows = trainedOn(report.training);
  const isMeasured = evaluation !== null || metrics !== null;
  return (
    <div class="view-head">
      <div>
        <h1 class="row">
          Model {version} {champion && <Badge tone="good">champion</Badge>}
        </h1>
        <p>
          {KIND_NAMES[report.kind]}, created {when(report.createdAt)}, trained{' '}
          {rows === null ? 'elsewhere' : `on ${rows}`}
        </p>
      </div>
      {canOperate.value && (
        <div class="row">
          {champion ? (
            <button type="button" onClick={() => setDialog('rollback')}>
              Roll back…
            </button>
          ) : (
            <button
              type="button"
              class={isMeasured ? 'primary' : undefined}
              title={isMeasured ? undefined : 'This version was never evaluated'}
              onClick={() => setDialog('promote')}
            >
              Promote…
            </button>
          )}
        </div>
      )}
      {dialog === 'promote' && <PromoteDialog version={version} champion={null} onDone={onChanged} onClose={close} />}
      {dialog === 'rollback' && <RollbackDialog champion={version} onDone={onChanged} onClose={close} />}
    </div>
  );
}

/** A model is used only for a taxonomy that has all its labels. */
function LabelsNotInUse({ report }: { report: ModelReport }) {
  const known = new Set(taxonomyLabels.value);
  const strangers = report.labels.filter((label) => !known.has(label));
  if (known.size === 0 || strangers.length === 0) return null;
  return (
    <p class="note warn">
      {strangers.length === 1 ? 'A label' : `${count(strangers.length)} labels`} of this model{' '}
      {strangers.length === 1 ? 'is' : 'are'} not in the current taxonomy ({strangers.slice(0, 5).join(', ')}
      {strangers.length > 5 ? ', …' : ''}): runs with that taxonomy do not use it. Train a version on the current
      labels.
    </p>
  );
}

function Tiles({ report: { metrics, accept } }: { report: ModelReport }) {
  const isSeen = accept.basis !== 'default';
  return (
    <div class="tiles">
      {metrics !== null && (
        <>
          <Tile
            name="Accuracy"
            value={percent(metrics.accuracy, 1)}
            note={`of ${count(metrics.samples)} documents, ${metrics.source}`}
          />
          <Tile name="Macro F1" value={percent(metrics.macroF1, 1)} note="mean over labels" />
          <Tile name="Log loss" value={metrics.logLoss.toFixed(3)} note="lower is better" />
          <Tile name="Calibration error" value={percent(metrics.ece, 1)} note="mean gap, 15 bins" />
        </>
      )}
      <Tile name="Coverage" value={isSeen ? percent(accept.coverage, 1) : '–'} note={`at its threshold`} />
      <Tile
        name="Precision there"
        value={isSeen ? percent(accept.observedPrecision, 1) : '–'}
        note={isSeen ? `of ${count(Math.round(accept.coverage * accept.samples))} accepted` : 'not measured'}
      />
    </div>
  );
}
