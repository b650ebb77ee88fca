// Trainings under way, followed live, and how the last ones ended.
import { useEffect, useRef } from 'preact/hooks';
import type { TrainingStatus } from '../../../../shared/pipeline/train-model.ts';
import type { TrainingList } from '../../../../shared/pipeline/trainings.ts';
import { ago, percent, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge } from '../../parts/basics.tsx';
import { BrokenRecords } from '../../parts/broken-records.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { problemOf } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import { words } from '../../words/models.ts';
import { stepsOf } from './training-steps.ts';

const SHOWN = 5;

/** @param onFinished  a training that was seen running has ended */
export function Trainings({
  resource,
  onFinished,
}: {
  resource: Resource<TrainingList>;
  onFinished: (training: TrainingStatus) => void;
}) {
  const { data, error, reload } = resource;
  const running = useRef(new Set<string>());
  useEffect(() => {
    for (const training of data?.trainings ?? []) {
      if (training.state === 'running') running.current.add(training.trainingId);
      else if (running.current.delete(training.trainingId)) onFinished(training);
    }
  }, [data, onFinished]);
  if (data === undefined)
    return error === undefined || error.status === 404 ? null : <ErrorNote error={error} onRetry={reload} />;
  const newest = [...data.trainings].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, SHOWN);
  if (newest.length + data.broken.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="trainings-title">
      <h2 id="trainings-title">{words.trainings}</h2>
      <BrokenRecords records={data.broken} />
      <ul class="trainings">
        {newest.map((training) => (
          <Training key={training.trainingId} training={training} />
        ))}
      </ul>
    </section>
  );
}

function Training({ training }: { training: TrainingStatus }) {
  const { trainingId, state, createdAt, result, error } = training;
  return (
    <li class="card">
      <div class="row">
        <Badge tone={state === 'completed' ? 'good' : state === 'failed' ? 'bad' : 'accent'}>
          {words.states[state] ?? state}
        </Badge>
        <span title={when(createdAt)}>{words.startedAgo(ago(createdAt))}</span>
        <code class="dim path">{trainingId}</code>
        {result !== null && (
          <span>
            {words.made(
              (text) => (
                <a href={links.model(result.version)}>{text}</a>
              ),
              result.version,
              percent(result.accuracy, 1),
              result.iterations,
            )}
          </span>
        )}
      </div>
      {state === 'running' && <Steps training={training} />}
      {error !== null && (
        <p class="training-error">
          <Failed error={error} />
        </p>
      )}
    </li>
  );
}

function Failed({ error: { code, message } }: { error: NonNullable<TrainingStatus['error']> }) {
  const told = problemOf(code, message);
  return (
    <>
      {told.own === undefined ? message : `${told.message}. ${told.remedy}`} <span class="dim">{code}</span>
      {told.own !== undefined && (
        <span class="dim" lang="en">
          {' '}
          {told.own}
        </span>
      )}
    </>
  );
}

function Steps({ training }: { training: TrainingStatus }) {
  return (
    <ol class="steps">
      {stepsOf(training).map(({ name, state, detail }) => (
        <li key={name} aria-current={state === 'now' ? 'step' : undefined}>
          <span aria-hidden="true">{state === 'done' ? '✓ ' : state === 'now' ? '▸ ' : '· '}</span>
          {name}
          {state === 'done' && <span class="visually-hidden"> {words.done}</span>}
          {detail !== null && <span class="dim"> {detail}</span>}
        </li>
      ))}
    </ol>
  );
}
