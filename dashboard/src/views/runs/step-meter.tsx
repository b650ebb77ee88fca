// Progress of a run through its five steps, small for lists and large for the run itself.
import { count, percent } from '../../format.ts';
import { Progress } from '../../parts/basics.tsx';
import { words } from '../../words/runs.ts';
import { isActive, undecided } from './run-list.ts';
import { type RunStatus, STEPS, stepMeaning, stepName, stepShare } from './steps.ts';

/** Five small bars, one a step. */
export function StepMeter({ run }: { run: RunStatus }) {
  const said = STEPS.map((step) => `${stepName(step)} ${percent(stepShare(run, step))}`).join(', ');
  return (
    <span class="steps" role="img" aria-label={words.stepsSaid(said)} title={said}>
      {STEPS.map((step) => {
        const share = stepShare(run, step);
        return (
          <span key={step} class={`step ${run.state}${share === 1 ? ' done' : ''}`}>
            <span style={{ width: `${share * 100}%` }} />
          </span>
        );
      })}
    </span>
  );
}

/** One row a step, with counts. */
export function StepsProgress({ run }: { run: RunStatus }) {
  return (
    <ol class="step-rows">
      {STEPS.map((step) => (
        <li key={step}>
          <span class="step-name" title={stepMeaning(step)}>
            {stepName(step)}
          </span>
          <Progress
            done={Math.min(run.documents, run.steps[step])}
            total={run.documents}
            label={words.step(stepName(step))}
          />
          <span class="step-count">
            {count(run.steps[step])}
            <span class="dim"> / {count(run.documents)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Labelled, in review, failed and open as one bar. */
export function OutcomeBar({ run }: { run: RunStatus }) {
  const parts = [
    { name: words.outcome.labelled, tone: 'good', value: run.labelled },
    { name: words.outcome.review, tone: 'warn', value: run.review },
    { name: words.outcome.failed, tone: 'bad', value: run.failed },
    { name: isActive(run) ? words.outcome.inWork : words.outcome.undecided, tone: 'plain', value: undecided(run) },
  ].filter(({ value }) => value > 0);
  const said = parts.map(({ name, value }) => `${count(value)} ${name}`).join(', ');
  return (
    <span class="outcomes" role="img" aria-label={said || words.noDocuments} title={said}>
      {parts.map(({ name, tone, value }) => (
        <span key={name} class={tone} style={{ flexGrow: value }} />
      ))}
    </span>
  );
}
