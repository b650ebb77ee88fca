// A process that dies in the middle of a round.
import type { Tenant } from './tenant.ts';

type Stores = Pick<Tenant, 'lake' | 'landing'>;

/** Every call to storage fails from the `step`-th on, as for a process that is gone, while `work` runs. @returns how it ended */
export async function killedAt(
  { lake, landing }: Stores,
  step: number,
  work: () => Promise<unknown>,
): Promise<'done' | 'killed'> {
  let left = step;
  let isDead = false;
  const die = () => {
    if (!isDead && left-- > 0) return;
    isDead = true;
    throw new Error('killed');
  };
  lake.beforeCall = die;
  landing.beforeCall = die;
  try {
    await work();
    return 'done';
  } catch {
    return 'killed';
  } finally {
    lake.beforeCall = undefined;
    landing.beforeCall = undefined;
  }
}
