// One run: live while it works, explained when it has ended.
import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { Guide } from '../../../shared/api/guide.ts';
import type { RunReport } from '../../../shared/api/insights.ts';

import '../../style/runs.css';
import '../../style/run.css';
import { sendJson } from '../api.ts';
import { count, duration, money, percent, significant, when } from '../format.ts';
import { links } from '../links.ts';
import { Facts, StatusBadge, Tile } from '../parts/basics.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useNow } from '../parts/now.ts';
import { Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { UncheckedNote } from '../parts/unchecked-note.tsx';
import { type Resource, useResource } from '../resource.ts';
import { canOperate } from '../session.ts';
import { toast, toastError } from '../toasts.tsx';
import { words } from '../words/run.ts';
import { words as runsWords } from '../words/runs.ts';
import { Codes } from './run/codes.tsx';
import { outcomesOf } from './run/flow.ts';
import { BrokenLaw, Funnel } from './run/funnel.tsx';
import { Bill, Ledger } from './run/ledger.tsx';
import { Notes } from './run/notes.tsx';
import { CompareWith, Lineage, StoredRequest } from './run/origin.tsx';
import { ConfidenceHistogram, Formats, Labels, QuotaUse } from './run/report.tsx';
import { RerunDialog } from './run/rerun.tsx';
import { calledOf } from './runs/run-link.tsx';
import { documentsPerSecond, isActive, runName, shortId, tookSeconds } from './runs/run-list.ts';
import { StepsProgress } from './runs/step-meter.tsx';
import type { RunStatus } from './runs/steps.ts';

export function RunView() {
  const { params } = useRoute();
  const runId = params.runId ?? '';
  const path = `runs/${encodeURIComponent(runId)}`;
  const run = useResource<RunStatus>(path, (data) => (data === undefined || isActive(data) ? 1000 : 0));
  useTitle(words.titled(run.data === undefined ? shortId(runId) : calledOf(run.data)));
  const report = useReport(path, run.data);
  return (
    <Show resource={run} what={words.theRun}>
      {(status) => (
        <div class="stack">
          <Head run={status} report={report.data} onChanged={run.reload} />
          <Notes run={status} report={report.data} onChanged={run.reload} />
          <BrokenLaw run={status} outcomes={outcomesOf(status, report.data)} />
          <Numbers run={status} />
          <h2 class="visually-hidden">{words.whereDocumentsWent}</h2>
          <div class="grid two">
            <Funnel run={status} outcomes={outcomesOf(status, report.data)} />
            <section class="card" aria-labelledby="steps-title">
              <h3 id="steps-title">{words.steps}</h3>
              <StepsProgress run={status} />
              <RunFacts run={status} />
            </section>
          </div>
          {isActive(status) ? (
            <InWork run={status} />
          ) : (
            <Show resource={report} what={words.theReport}>
              {(explained) => <Explained run={status} report={explained} />}
            </Show>
          )}
        </div>
      )}
    </Show>
  );
}

/** The lineage event is written a moment after the end. */
const LINEAGE_MS = 60_000;

/** The report of a run in work is empty: it is read when the run has ended, and once more for the lineage where that is just being written. */
function useReport(path: string, run: RunStatus | undefined): Resource<RunReport> {
  const hasEnded = run !== undefined && !isActive(run);
  return useResource<RunReport>(hasEnded ? `${path}/report` : null, (data) => {
    const isFresh = run?.endedAt != null && Date.now() - Date.parse(run.endedAt) < LINEAGE_MS;
    return data?.lineage === null && isFresh ? 3000 : 0;
  });
}

function Head({ run, report, onChanged }: { run: RunStatus; report: RunReport | undefined; onChanged: () => void }) {
  const [open, setOpen] = useState<'cancel' | 'rerun' | undefined>(undefined);
  const close = () => setOpen(undefined);
  return (
    <div class="view-head">
      <div>
        <h1 class="run-title">{runName(run)}</h1>
        <p class="row">
          <StatusBadge status={run.state} /> {words.startedAt(runsWords.kinds[run.kind], when(run.createdAt))}{' '}
          <span class="dim">{words.id(run.runId)}</span>
        </p>
      </div>
      <div class="row">
        <a class="button" href={links.documents({ run: run.runId })}>
          {words.documentsOfRun}
        </a>
        {canOperate.value && isActive(run) && (
          <button type="button" class="danger" onClick={() => setOpen('cancel')}>
            {words.cancel}
          </button>
        )}
        {canOperate.value && run.state === 'completed' && (
          <button type="button" onClick={() => setOpen('rerun')}>
            {words.rerun}
          </button>
        )}
      </div>
      {open === 'cancel' && <CancelDialog run={run} onClose={close} onCancelled={onChanged} />}
      {open === 'rerun' && <RerunDialog run={run} report={report} onClose={close} />}
    </div>
  );
}

interface CancelProps {
  run: RunStatus;
  onClose: () => void;
  onCancelled: () => void;
}

function CancelDialog({ run, onClose, onCancelled }: CancelProps) {
  const cancel = async () => {
    onClose();
    try {
      await sendJson('POST', `runs/${encodeURIComponent(run.runId)}/cancel`);
      toast(words.stops);
      onCancelled();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Dialog title={words.cancelThis} onClose={onClose}>
      <div class="stack">
        <p>{words.cancelNote(money(run.costUsd))}</p>
        <div class="row end">
          <button type="button" onClick={onClose}>
            {words.letItRun}
          </button>
          <button type="button" class="danger" onClick={() => void cancel()}>
            {words.cancelRun}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function Numbers({ run }: { run: RunStatus }) {
  const nowMs = useNow(isActive(run) ? 1000 : 60_000);
  const speed = documentsPerSecond(run, nowMs);
  const took = duration(tookSeconds(run, nowMs));
  return (
    <div class="tiles">
      <Tile name={words.documents} value={count(run.documents)} note={words.inBatches(run.batches)} />
      {isActive(run) ? (
        <Tile
          name={words.remaining}
          value={run.remainingSeconds === null ? '–' : duration(run.remainingSeconds)}
          note={run.remainingSeconds === null ? words.notKnownYet(took) : words.atThisSpeed(took)}
        />
      ) : (
        <Tile
          name={words.took}
          value={took}
          note={run.endedAt === null ? undefined : words.endedAt(when(run.endedAt))}
        />
      )}
      <Tile name={words.speed} value={speed === null ? '–' : significant(speed)} note={words.perSecond} />
      <Tile
        name={words.llmShare}
        value={run.documents === 0 ? '–' : percent(run.asked / run.documents, 1)}
        note={words.documentsAsked(run.asked)}
      />
      <Tile
        name={words.cost}
        value={money(run.costUsd)}
        note={run.quote === null ? words.noQuote : words.quoted(money(run.quote.usdLow), money(run.quote.usdHigh))}
      />
    </div>
  );
}

const RunFacts = ({ run }: { run: RunStatus }) => (
  <Facts
    facts={[
      [
        words.model,
        run.modelVersion === null ? words.none : <a href={links.model(run.modelVersion)}>{run.modelVersion}</a>,
      ],
      [words.taxonomy, run.taxonomyVersion],
    ]}
  />
);

const InWork = ({ run }: { run: RunStatus }) => (
  <>
    <p class="note">{words.shownAtEnd}</p>
    {run.quote !== null && (
      <section class="card">
        <Bill quote={run.quote} usd={run.costUsd} />
      </section>
    )}
  </>
);

function UncheckedOfLake() {
  const { data } = useResource<Guide>('guide');
  return <UncheckedNote unchecked={data?.unchecked} />;
}

function Explained({ run, report }: { run: RunStatus; report: RunReport }) {
  const hasFormats = Object.keys(run.formats).length > 0;
  const isByDescriptions = run.modelVersion === null && (run.encoder?.decided ?? 0) > 0;
  return (
    <>
      {isByDescriptions && <UncheckedOfLake />}
      <h2 class="visually-hidden">{words.decisions}</h2>
      <div class="grid two">
        {report.labels.length > 0 && <Labels report={report} />}
        {report.labels.length > 0 && <ConfidenceHistogram report={report} />}
        {run.state === 'completed' && <Codes report={report} />}
        {hasFormats && <Formats run={run} />}
      </div>
      <h2 class="visually-hidden">{words.moneyAndQuota}</h2>
      <div class="grid two">
        <Ledger run={run} report={report} />
        {report.quota.slices.length > 0 && <QuotaUse report={report} />}
      </div>
      <h2 class="visually-hidden">{words.fromWhereToWhere}</h2>
      <Lineage lineage={report.lineage} />
      <div class="grid two">
        <StoredRequest report={report} />
        {run.state === 'completed' && <CompareWith run={run} />}
      </div>
    </>
  );
}
