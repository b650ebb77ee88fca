// All runs, live: what is running, what it brings and costs, and the way to start another.
import { useState } from 'preact/hooks';
import type { ResultFacets, ReviewProgress } from '../../../shared/api/insights.ts';
import type { BrokenRecord } from '../../../shared/record-json.ts';

import '../../style/runs.css';
import { openAddDocuments } from '../drop/open.ts';
import { count, money } from '../format.ts';
import { links, queryOf } from '../links.ts';
import { Tile } from '../parts/basics.tsx';
import { BrokenRecords } from '../parts/broken-records.tsx';
import { useNow } from '../parts/now.ts';
import { Empty, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';
import { canOperate, canReview, session } from '../session.ts';
import { GuideCard } from './runs/guide-card.tsx';
import { isActive, listPauseMs, startOfDay, totalsSince } from './runs/run-list.ts';
import { RunList } from './runs/run-table.tsx';
import { StartRunDialog } from './runs/start-run.tsx';
import type { RunStatus } from './runs/steps.ts';

interface RunsAnswer {
  runs: RunStatus[];
  broken: BrokenRecord[];
}

/** The API gives at most 200. */
const PAGES = [50, 200] as const;

export function RunsView() {
  useTitle('Runs');
  const [page, setPage] = useState<(typeof PAGES)[number]>(PAGES[0]);
  const [isStarting, setIsStarting] = useState(false);
  const runs = useResource<RunsAnswer>(`runs?limit=${page}`, (data) => listPauseMs(data?.runs));
  const hasActive = runs.data?.runs.some(isActive) === true;
  const nowMs = useNow(hasActive ? 1000 : 15_000);
  return (
    <>
      <div class="view-head">
        <h1>Runs</h1>
        {canOperate.value && (
          <div class="row">
            <button type="button" onClick={openAddDocuments}>
              Add documents
            </button>
            <button type="button" class="primary" onClick={() => setIsStarting(true)}>
              Start a run
            </button>
          </div>
        )}
      </div>
      <Show resource={runs} what="the runs">
        {(data) => (
          <div class="stack">
            <Totals runs={data.runs} nowMs={nowMs} />
            {canReview.value && <GuideCard />}
            <BrokenRecords records={data.broken} />
            {data.runs.length + data.broken.length === 0 ? <NoRuns /> : <RunList runs={data.runs} nowMs={nowMs} />}
            {page < PAGES[1] && data.runs.length + data.broken.length >= page && (
              <p>
                <button type="button" onClick={() => setPage(PAGES[1])}>
                  Show older runs
                </button>
              </p>
            )}
          </div>
        )}
      </Show>
      {isStarting && <StartRunDialog onClose={() => setIsStarting(false)} />}
    </>
  );
}

function Totals({ runs, nowMs }: { runs: readonly RunStatus[]; nowMs: number }) {
  const sinceMs = startOfDay(new Date(nowMs));
  const totals = totalsSince(runs, sinceMs);
  const budget = session.value?.budget.perDayUsd ?? null;
  return (
    <div class="tiles">
      <Tile
        name="Running now"
        value={count(totals.active)}
        tone={totals.active > 0 ? 'good' : 'plain'}
        note={totals.active === 1 ? 'run' : 'runs'}
      />
      <DecidedToday sinceMs={sinceMs} runs={totals.runs} />
      <Tile
        name="Cost today"
        value={money(totals.costUsd)}
        note={budget === null ? 'no daily budget is set' : `budget ${money(budget)} a day`}
        href={links.costs}
      />
      {canReview.value ? (
        <Waiting sinceMs={sinceMs} />
      ) : (
        <Tile name="Sent to review today" value={count(totals.review)} note="documents" />
      )}
    </div>
  );
}

/** Documents, each once: two runs over one document are two decisions. */
function DecidedToday({ sinceMs, runs }: { sinceMs: number; runs: number }) {
  const { data } = useResource<ResultFacets>(
    `results/facets${queryOf({ from: new Date(sinceMs).toISOString() })}`,
    15_000,
  );
  return (
    <Tile
      name="Decided today"
      value={data === undefined ? '–' : count(data.total)}
      note={`documents, ${count(runs)} ${runs === 1 ? 'run' : 'runs'}`}
    />
  );
}

function Waiting({ sinceMs }: { sinceMs: number }) {
  const { data } = useResource<ReviewProgress>(
    `review/progress${queryOf({ since: new Date(sinceMs).toISOString() })}`,
    15_000,
  );
  return (
    <Tile
      name="Waiting for review"
      value={data === undefined ? '–' : count(data.waiting)}
      tone={data !== undefined && data.waiting > 0 ? 'warn' : 'plain'}
      note={data === undefined ? 'documents' : `${count(data.decidedByAll)} decided by people today`}
      href={links.review}
    />
  );
}

/** An empty lake: what to do first, in order. */
function NoRuns() {
  const hasLabels = session.value?.taxonomy != null;
  if (!canOperate.value)
    return (
      <Empty title="No run yet">
        <p>Runs show here as soon as documents arrive. Starting one needs the role operator.</p>
      </Empty>
    );
  return (
    <Empty title={hasLabels ? 'No run yet' : 'Nothing here yet'}>
      {!hasLabels && (
        <p>
          First say what documents are sorted into: <a href={links.labels}>write or import your labels</a>.
        </p>
      )}
      <p>
        {hasLabels ? 'Drop' : 'Then drop'} files or a folder anywhere on this page, or{' '}
        <a href={links.sources}>follow a library or a mailbox</a>.
      </p>
      <button type="button" class={hasLabels ? 'primary' : ''} onClick={openAddDocuments}>
        Add documents
      </button>
      <p class="dim">
        To look around with samples instead: <code>npm start</code> in a new data folder.
      </p>
    </Empty>
  );
}
