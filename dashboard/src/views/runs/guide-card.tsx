// The way from nothing to a trusted model: what is done, what is next and why. Gone when nothing is left, or put away.
import type { Guide, GuideStep } from '../../../../shared/api/guide.ts';
import { openAddDocuments } from '../../drop/open.ts';
import { isGuideAway, nextOf, putGuideAway, saidOf, useGuide } from '../../guide.ts';
import { BASE } from '../../links.ts';
import { UncheckedNote } from '../../parts/unchecked-note.tsx';
import { canOperate } from '../../session.ts';
import { words } from '../../words/runs.ts';

const MARKS = { done: '✓', next: '→', later: '·' };

/** The steps below a warning that outlasts them. */
export function FirstSteps() {
  const guide = useGuide(true);
  return (
    <>
      <UncheckedNote unchecked={guide?.unchecked} />
      {guide !== undefined && <GuideCard guide={guide} />}
    </>
  );
}

function GuideCard({ guide }: { guide: Guide }) {
  if (isGuideAway.value || nextOf(guide) === undefined) return null;
  return (
    <section class="card guide" aria-labelledby="guide">
      <div class="row">
        <h2 id="guide">{words.firstSteps}</h2>
        <button
          type="button"
          class="quiet icon"
          aria-label={words.putStepsAway}
          title={words.putAway}
          onClick={putGuideAway}
        >
          ×
        </button>
      </div>
      <ol>
        {guide.steps.map((step) => (
          <Step key={step.id} step={step} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step }: { step: GuideStep }) {
  const { state } = step;
  const { title, why, left, cost } = saidOf(step);
  return (
    <li class={state} aria-current={state === 'next' ? 'step' : undefined}>
      <span aria-hidden="true">{MARKS[state]}</span>
      <div>
        {state === 'next' ? <StepLink step={step} /> : title}
        <span class="visually-hidden"> ({words.stepStates[state]})</span>
        {left !== null && <span class="dim"> – {left}</span>}
        {state === 'next' && <p class="dim">{words.whyAndCost(why, cost)}</p>}
      </div>
    </li>
  );
}

/** Where the step is done. Documents are brought where the viewer is, by whoever may. */
export function StepLink({ step }: { step: GuideStep }) {
  const { title } = saidOf(step);
  if (step.id === 'documents' && canOperate.value)
    return (
      <button type="button" class="link" onClick={openAddDocuments}>
        {title}
      </button>
    );
  return <a href={`${BASE}/${step.view}`}>{title}</a>;
}
