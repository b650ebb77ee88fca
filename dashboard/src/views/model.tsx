// One model: how good it is, when its label stands, what another threshold would do, and where it comes from.

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { ModelReport } from '../../../shared/api/insights.ts';

import '../../style/matrix.css';
import '../../style/models.css';
import { Matrix } from '../charts/matrix.tsx';
import { count, fixed, percent, when } from '../format.ts';
import { links } from '../links.ts';
import { Badge, Tile } from '../parts/basics.tsx';
import { Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';
import { canOperate, labels as taxonomyLabels } from '../session.ts';
import { words } from '../words/model.ts';
import { words as modelsWords } from '../words/models.ts';
import { AcceptRuleNote } from './model/accept-rule.tsx';
import { Confusions } from './model/confusions.tsx';
import { LabelsTable } from './model/labels-table.tsx';
import { CoverageAgainstPrecision, Reliability, TrainingCurve } from './model/plots.tsx';
import { Promotions, TrainingRecord } from './model/record.tsx';
import { WhatIf } from './model/what-if.tsx';
import { PromoteDialog, RollbackDialog } from './models/champion-actions.tsx';
import { ThresholdOverride } from './models/threshold-override.tsx';
import { trainedOn } from './models/trained-on.ts';

/** Labels from which the confusion matrix takes the whole width. */
const WIDE_MATRIX = 12;

export function ModelView() {
  const version = useRoute().params.version ?? '';
  useTitle(words.model(version));
  const resource = useResource<ModelReport>(`models/${encodeURIComponent(version)}`, 30_000);
  return (
    <div class="stack">
      <nav aria-label={words.above}>
        <a href={links.models}>{words.allModels}</a>
      </nav>
      {resource.data === undefined && <h1>{words.model(version)}</h1>}
      <Show resource={resource} what={words.theModel(version)}>
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
          {words.neverEvaluated((text) => (
            <code>{text}</code>
          ))}
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
              title={words.confusionMatrix}
              caption={words.confusionCaption}
              labels={evaluation.labels}
              counts={evaluation.confusion}
              formatCount={count}
              formatShare={(share) => percent(share)}
            />
            <Confusions evaluation={evaluation} />
          </div>
          <h2>{words.labels}</h2>
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
          {words.model(version)} {champion && <Badge tone="good">{modelsWords.champion}</Badge>}
        </h1>
        <p>{words.createdAt(modelsWords.kinds[report.kind], when(report.createdAt), rows)}</p>
      </div>
      {canOperate.value && (
        <div class="row">
          {champion ? (
            <button type="button" onClick={() => setDialog('rollback')}>
              {words.rollBack}
            </button>
          ) : (
            <button
              type="button"
              class={isMeasured ? 'primary' : undefined}
              title={isMeasured ? undefined : words.wasNeverEvaluated}
              onClick={() => setDialog('promote')}
            >
              {words.promote}
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
      {words.strangers(strangers.length, [...strangers.slice(0, 5), ...(strangers.length > 5 ? ['…'] : [])].join(', '))}
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
            name={words.accuracy}
            value={percent(metrics.accuracy, 1)}
            note={words.ofDocuments(metrics.samples, modelsWords.measuredOn[metrics.source])}
          />
          <Tile name={words.macroF1} value={percent(metrics.macroF1, 1)} note={words.meanOverLabels} />
          <Tile name={words.logLoss} value={fixed(metrics.logLoss, 3)} note={words.lowerIsBetter} />
          <Tile name={words.calibrationError} value={percent(metrics.ece, 1)} note={words.meanGap} />
        </>
      )}
      <Tile name={words.coverage} value={isSeen ? percent(accept.coverage, 1) : '–'} note={words.atItsThreshold} />
      <Tile
        name={words.precisionThere}
        value={isSeen ? percent(accept.observedPrecision, 1) : '–'}
        note={isSeen ? words.ofAccepted(Math.round(accept.coverage * accept.samples)) : words.notMeasured}
      />
    </div>
  );
}
