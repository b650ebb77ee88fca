// A run by the name people know it by, what it is over and when, wherever only its id is at hand; the id is its title.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getJson } from '../../api.ts';
import { when } from '../../format.ts';
import { links } from '../../links.ts';
import { runName, shortId } from './run-list.ts';
import type { RunStatus } from './steps.ts';

type Named = Pick<RunStatus, 'runId' | 'source' | 'createdAt'>;

/** Runs by id as far as they were asked for; null while one is being asked for, or is not known. */
const runs = signal<ReadonlyMap<string, Named | null>>(new Map());

export function RunLink({ runId }: { runId: string }) {
  return (
    <a href={links.run(runId)} title={runId}>
      {useRunName(runId)}
    </a>
  );
}

/** What a run is called; its id until it is known. */
export function useRunName(runId: string): string {
  useEffect(() => {
    if (runId !== '' && !runs.value.has(runId)) void learn(runId);
  }, [runId]);
  const run = runs.value.get(runId);
  return run == null ? shortId(runId) : calledOf(run);
}

/** Over what, and when. */
export const calledOf = (run: Named): string => `${runName(run)}, ${when(run.createdAt)}`;

async function learn(runId: string): Promise<void> {
  keep(runId, null);
  const run = await getJson<Named>(`runs/${encodeURIComponent(runId)}`).catch(() => null); // an old run that is gone keeps its id
  if (run !== null) keep(runId, run);
}

function keep(runId: string, run: Named | null): void {
  runs.value = new Map(runs.value).set(runId, run);
}
