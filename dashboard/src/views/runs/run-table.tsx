// The list of runs: a table where there is room, cards where there is not.
import { ago, count, duration, money, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Facts, StatusBadge, TableBox } from '../../parts/basics.tsx';
import { useMedia } from '../../parts/media.ts';
import { Head, number } from '../../parts/table-head.tsx';
import { documentsPerSecond, isActive, KIND_NAMES, runName, tookSeconds } from './run-list.ts';
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
    <span class="badge bad" title={`No progress since ${when(run.stalledSince)}`}>
      stalled
    </span>
  );

/** Time left of an active run, time taken of another. */
function timeOf(run: RunStatus, nowMs: number): string {
  if (!isActive(run)) return duration(tookSeconds(run, nowMs));
  return run.remainingSeconds === null ? '–' : `${duration(run.remainingSeconds)} left`;
}

function speedOf(run: RunStatus, nowMs: number): string {
  const speed = documentsPerSecond(run, nowMs);
  return speed === null ? '–' : speed.toLocaleString(undefined, { maximumSignificantDigits: 2 });
}

function RunTable({ runs, nowMs }: { runs: readonly RunStatus[]; nowMs: number }) {
  return (
    <TableBox label="Runs">
      <table class="runs">
        <Head
          columns={[
            'Run',
            'State',
            'Steps',
            { name: 'Outcomes', kind: 'wide-only' },
            number('Documents'),
            number('Labelled'),
            number('Review'),
            number('Failed'),
            number('Docs/s'),
            number('Cost'),
            number('Time'),
          ]}
        />
        <tbody>
          {runs.map((run) => (
            <tr key={run.runId}>
              <th scope="row">
                <div class="run-name">
                  <RunName run={run} />
                  <span class="dim nowrap" title={when(run.createdAt)}>
                    {KIND_NAMES[run.kind]} {ago(run.createdAt, nowMs)}
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
    <ul class="run-cards" aria-label="Runs">
      {runs.map((run) => (
        <li key={run.runId} class="card">
          <div class="run-card-head">
            <span>
              <RunName run={run} /> <span class="dim">{KIND_NAMES[run.kind]}</span>
            </span>
            <RunState run={run} />
          </div>
          <StepMeter run={run} />
          <OutcomeBar run={run} />
          <p class="run-counts">
            {count(run.documents)} documents: {count(run.labelled)} labelled, {count(run.review)} in review,{' '}
            {count(run.failed)} failed
          </p>
          <Facts
            facts={[
              ['Docs/s', speedOf(run, nowMs)],
              ['Cost', money(run.costUsd)],
              ['Time', timeOf(run, nowMs)],
              ['Started', <span title={when(run.createdAt)}>{ago(run.createdAt, nowMs)}</span>],
            ]}
          />
        </li>
      ))}
    </ul>
  );
}
