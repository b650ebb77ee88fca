// The list of runs: a table where there is room, cards where there is not.
import { ago, count, duration, money, significant, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Facts, StatusBadge, TableBox } from '../../parts/basics.tsx';
import { useMedia } from '../../parts/media.ts';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/runs.ts';
import { documentsPerSecond, isActive, runName, tookSeconds } from './run-list.ts';
import { OutcomeBar, StepMeter } from './step-meter.tsx';
import type { RunStatus } from './steps.ts';

export function RunList({ runs, nowMs }: { runs: readonly RunStatus[]; nowMs: number }) {
  const isNarrow = useMedia('(max-width: 760px)');
  return isNarrow ? <RunCards runs={runs} nowMs={nowMs} /> : <RunTable runs={runs} nowMs={nowMs} />;
}

const RunName = ({ run }: { run: RunStatus }) => (
  <a class="run-id" href={links.run(run.runId)} title={run.runId}>
    {runName(run)}
  </a>
);

const RunState = ({ run }: { run: RunStatus }) =>
  run.stalledSince === undefined ? (
    <StatusBadge status={run.state} />
  ) : (
    <span class="badge bad" title={words.noProgressSince(when(run.stalledSince))}>
      {words.stalled}
    </span>
  );

/** Time left of an active run, time taken of another. */
function timeOf(run: RunStatus, nowMs: number): string {
  if (!isActive(run)) return duration(tookSeconds(run, nowMs));
  return run.remainingSeconds === null ? '–' : words.left(duration(run.remainingSeconds));
}

function speedOf(run: RunStatus, nowMs: number): string {
  const speed = documentsPerSecond(run, nowMs);
  return speed === null ? '–' : significant(speed);
}

function RunTable({ runs, nowMs }: { runs: readonly RunStatus[]; nowMs: number }) {
  return (
    <TableBox label={words.title}>
      <table class="runs">
        <Head
          columns={[
            words.run,
            words.state,
            words.steps,
            { name: words.outcomes, kind: 'wide-only' },
            number(words.columnDocuments),
            number(words.columnLabelled),
            number(words.columnReview),
            number(words.columnFailed),
            number(words.perSecond),
            number(words.cost),
            number(words.time),
          ]}
        />
        <tbody>
          {runs.map((run) => (
            <tr key={run.runId}>
              <th scope="row">
                <div class="run-name">
                  <RunName run={run} />
                  <span class="dim nowrap" title={when(run.createdAt)}>
                    {words.kinds[run.kind]} {ago(run.createdAt, nowMs)}
                  </span>
                </div>
              </th>
              <td>
                <RunState run={run} />
              </td>
              <td>
                <StepMeter run={run} />
              </td>
              <td class="wide-only">
                <OutcomeBar run={run} />
              </td>
              <td class="number">{count(run.documents)}</td>
              <td class="number">{count(run.labelled)}</td>
              <td class="number">
                {run.review > 0 ? (
                  <a href={links.documents({ run: run.runId, status: 'review' })}>{count(run.review)}</a>
                ) : (
                  0
                )}
              </td>
              <td class="number">
                {run.failed > 0 ? (
                  <a href={links.documents({ run: run.runId, status: 'failed' })}>{count(run.failed)}</a>
                ) : (
                  0
                )}
              </td>
              <td class="number">{speedOf(run, nowMs)}</td>
              <td class="number">{money(run.costUsd)}</td>
              <td class="number">{timeOf(run, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function RunCards({ runs, nowMs }: { runs: readonly RunStatus[]; nowMs: number }) {
  return (
    <ul class="run-cards" aria-label={words.title}>
      {runs.map((run) => (
        <li key={run.runId} class="card">
          <div class="run-card-head">
            <span>
              <RunName run={run} /> <span class="dim">{words.kinds[run.kind]}</span>
            </span>
            <RunState run={run} />
          </div>
          <StepMeter run={run} />
          <OutcomeBar run={run} />
          <p class="run-counts">{words.counts(run.documents, run.labelled, run.review, run.failed)}</p>
          <Facts
            facts={[
              [words.perSecond, speedOf(run, nowMs)],
              [words.cost, money(run.costUsd)],
              [words.time, timeOf(run, nowMs)],
              [words.started, <span title={when(run.createdAt)}>{ago(run.createdAt, nowMs)}</span>],
            ]}
          />
        </li>
      ))}
    </ul>
  );
}
