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
import { words } from '../words/runs.ts';
import { FirstSteps } from './runs/guide-card.tsx';
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
  useTitle(words.title);
  const [page, setPage] = useState<(typeof PAGES)[number]>(PAGES[0]);
  const [isStarting, setIsStarting] = useState(false);
  const runs = useResource<RunsAnswer>(`runs?limit=${page}`, (data) => listPauseMs(data?.runs));
  const hasActive = runs.data?.runs.some(isActive) === true;
  const nowMs = useNow(hasActive ? 1000 : 15_000);
  return (
    <>
      <div class="view-head">
        <h1>{words.title}</h1>
        {canOperate.value && (
          <div class="row">
            <button type="button" onClick={openAddDocuments}>
              {words.addDocuments}
            </button>
            <button type="button" class="primary" onClick={() => setIsStarting(true)}>
              {words.startRun}
            </button>
          </div>
        )}
      </div>
      <Show resource={runs} what={words.theRuns}>
        {(data) => (
          <div class="stack">
            <Totals runs={data.runs} nowMs={nowMs} />
            {canReview.value && <FirstSteps />}
            <BrokenRecords records={data.broken} />
            {data.runs.length + data.broken.length === 0 ? <NoRuns /> : <RunList runs={data.runs} nowMs={nowMs} />}
            {page < PAGES[1] && data.runs.length + data.broken.length >= page && (
              <p>
                <button type="button" onClick={() => setPage(PAGES[1])}>
                  {words.showOlder}
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
        name={words.runningNow}
        value={count(totals.active)}
        tone={totals.active > 0 ? 'good' : 'plain'}
        note={words.runs(totals.active)}
      />
      <DecidedToday sinceMs={sinceMs} runs={totals.runs} />
      <Tile
        name={words.costToday}
        value={money(totals.costUsd)}
        note={budget === null ? words.noDailyBudget : words.dailyBudget(money(budget))}
        href={links.costs}
      />
      {canReview.value ? (
        <Waiting sinceMs={sinceMs} />
      ) : (
        <Tile name={words.sentToReview} value={count(totals.review)} note={words.documents} />
      )}
    </div>
  );
}

/** Documents, each once: two runs over one document are two decisions. What waits for a person is not decided. */
function DecidedToday({ sinceMs, runs }: { sinceMs: number; runs: number }) {
  const { data } = useResource<ResultFacets>(
    `results/facets${queryOf({ from: new Date(sinceMs).toISOString() })}`,
    15_000,
  );
  return (
    <Tile
      name={words.decidedToday}
      value={
        data === undefined ? '–' : count(data.statuses.find(({ status }) => status === 'labelled')?.documents ?? 0)
      }
      note={words.documentsInRuns(runs)}
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
      name={words.waiting}
      value={data === undefined ? '–' : count(data.waiting)}
      tone={data !== undefined && data.waiting > 0 ? 'warn' : 'plain'}
      note={data === undefined ? words.documents : words.decidedByPeople(count(data.decidedByAll))}
      href={links.review}
    />
  );
}

/** An empty lake: what to do first, in order. */
function NoRuns() {
  const hasLabels = session.value?.taxonomy != null;
  if (!canOperate.value)
    return (
      <Empty title={words.noRunYet}>
        <p>{words.needsOperator}</p>
      </Empty>
    );
  return (
    <Empty title={hasLabels ? words.noRunYet : words.nothingYet}>
      {!hasLabels && (
        <p>
          {words.firstLabels((text) => (
            <a href={links.labels}>{text}</a>
          ))}
        </p>
      )}
      <p>
        {words.dropHere(hasLabels, (text) => (
          <a href={links.sources}>{text}</a>
        ))}
      </p>
      <button type="button" class={hasLabels ? 'primary' : ''} onClick={openAddDocuments}>
        {words.addDocuments}
      </button>
      <p class="dim">
        {words.lookAround((text) => (
          <code>{text}</code>
        ))}
      </p>
    </Empty>
  );
}
