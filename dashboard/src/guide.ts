// First steps, as the list of runs tells them whole and every other view in one line.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Guide, GuideStep } from '../../shared/api/guide.ts';
import { useResource } from './resource.ts';
import { words } from './words/runs.ts';

const AWAY = 'sluice.guide-away';
const RENEW_MS = 10_000;

export const isGuideAway = signal(localStorage.getItem(AWAY) !== null);

export function putGuideAway(): void {
  localStorage.setItem(AWAY, new Date().toISOString());
  isGuideAway.value = true;
}

/** Counts what may have moved a step; views count it up. */
const moves = signal(0);
export const guideMoved = (): void => {
  moves.value++;
};

/** @param isWanted  ask for it also when the first steps were put away, for what else it says */
export function useGuide(isWanted = false): Guide | undefined {
  const { data, reload } = useResource<Guide>(isGuideAway.value && !isWanted ? null : 'guide', RENEW_MS);
  const moved = moves.value;
  useEffect(() => {
    if (moved > 0) reload();
  }, [moved, reload]);
  return data;
}

export const nextOf = ({ steps }: Guide): GuideStep | undefined => steps.find(({ state }) => state === 'next');

/** A step in the chosen language. */
export function saidOf(step: GuideStep): Pick<GuideStep, 'title' | 'why' | 'cost' | 'left'> {
  const { id, title, why, cost, left, leftCount } = step;
  const told = words.guide[`${id}:${step.case}`] ?? words.guide[id];
  if (told === undefined) return { title, why, cost, left };
  return { ...told, left: left === null ? null : told.left(leftCount ?? 0) };
}
