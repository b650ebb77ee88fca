// A process that can die: afterwards nothing of it reaches the lake or the state table.
import type { LlmDeps } from '../../shared/llm/runtime.ts';
import type { LakeStore, StateTable } from '../../shared/ports.ts';

export interface Mortal {
  deps: LlmDeps;
  isDead(): boolean;
  kill(): void;
}

/** Wrap a process's dependencies. It dies by itself at a half of a lake write when `diesAtHalf` is given: 1 before the first, 2 after it, … */
export function mortal(deps: LlmDeps, diesAtHalf = Number.POSITIVE_INFINITY): Mortal {
  let left = diesAtHalf;
  const isDead = (): boolean => left <= 0;
  const check = (): void => {
    if (isDead()) throw new Error('killed');
  };
  const store: LakeStore = new Proxy(deps.store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'list')
        return (...args: unknown[]) => {
          check();
          return Reflect.apply(member, target, args);
        };
      return async (...args: unknown[]) => {
        check();
        if (name !== 'write') return Reflect.apply(member, target, args);
        left--;
        check();
        const etag: unknown = await Reflect.apply(member, target, args);
        left--;
        check();
        return etag;
      };
    },
  });
  const state: StateTable = {
    async get(key) {
      check();
      return deps.state.get(key);
    },
    async compareAndSwap(key, expected, value) {
      check();
      return deps.state.compareAndSwap(key, expected, value);
    },
    async delete(key) {
      check();
      return deps.state.delete(key);
    },
  };
  return {
    deps: { ...deps, store, state },
    isDead,
    kill() {
      left = 0;
    },
  };
}
