// The way from nothing to a trusted model: what is done, what is next and why. Gone when nothing is left, or put away.
import { useState } from 'preact/hooks';
import type { Guide, GuideStep } from '../../../../shared/api/guide.ts';
import { BASE } from '../../links.ts';
import { useResource } from '../../resource.ts';
import { words } from '../../words/runs.ts';

const AWAY = 'sluice.guide-away';
const RENEW_MS = 15_000;
const MARKS = { done: '✓', next: '→', later: '·' };

export function GuideCard() {
  const [isAway, setAway] = useState(() => localStorage.getItem(AWAY) !== null);
  const { data } = useResource<Guide>(isAway ? null : 'guide', RENEW_MS);
  const next = data?.steps.find(({ state }) => state === 'next');
  if (isAway || data === undefined || next === undefined) return null;
  return (
    <section class="card guide" aria-labelledby="guide">
      <div class="row">
        <h2 id="guide">{words.firstSteps}</h2>
        <button
          type="button"
          class="quiet icon"
          aria-label={words.putStepsAway}
          title={words.putAway}
          onClick={() => {
            localStorage.setItem(AWAY, new Date().toISOString());
            setAway(true);
          }}
        >
          ×
        </button>
      </div>
      <ol>
        {data.steps.map((step) => (
          <Step key={step.id} step={step} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step }: { step: GuideStep }) {
  const { state, view } = step;
  const { title, why, left, cost } = saidOf(step);
  return (
    <li class={state} aria-current={state === 'next' ? 'step' : undefined}>
      <span aria-hidden="true">{MARKS[state]}</span>
      <div>
        {state === 'next' ? <a href={`${BASE}/${view}`}>{title}</a> : title}
        <span class="visually-hidden"> ({words.stepStates[state]})</span>
        {left !== null && <span class="dim"> – {left}</span>}
        {state === 'next' && <p class="dim">{words.whyAndCost(why, cost)}</p>}
      </div>
    </li>
  );
}

/** A step in the chosen language. */
function saidOf({
  id,
  title,
  why,
  cost,
  left,
  leftCount,
}: GuideStep): Pick<GuideStep, 'title' | 'why' | 'cost' | 'left'> {
  const told = words.guide[id];
  if (told === undefined) return { title, why, cost, left };
  return { ...told, left: left === null ? null : told.left(leftCount ?? 0) };
}
