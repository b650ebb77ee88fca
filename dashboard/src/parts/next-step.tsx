// First steps in one line above every view but the list of runs, which tells them whole.
import { useLocation } from 'preact-iso';
import { isGuideAway, nextOf, saidOf, useGuide } from '../guide.ts';
import { BASE, links } from '../links.ts';
import { StepLink } from '../views/runs/guide-card.tsx';
import { words } from '../words/runs.ts';

export function NextStep() {
  const { path } = useLocation();
  const isTold = path === BASE || path === `${BASE}/` || path === links.runs;
  return isTold || isGuideAway.value ? null : <Line path={path} />;
}

function Line({ path }: { path: string }) {
  const guide = useGuide();
  const next = guide && nextOf(guide);
  if (guide === undefined || next === undefined) return null;
  const { title, left } = saidOf(next);
  const isHere = `${BASE}/${next.view}`.split('?')[0] === path && next.id !== 'documents';
  const done = guide.steps.filter(({ state }) => state === 'done').length;
  return (
    <p class="next-step" role="status">
      <a href={links.runs}>{words.nextStep(done, guide.steps.length)}</a>{' '}
      {isHere ? <strong>{title}</strong> : <StepLink step={next} />}
      {left !== null && <span class="dim"> – {left}</span>}
    </p>
  );
}
