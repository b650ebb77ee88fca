// The app's orchestrators, activities and entities by name, as the Durable extension looks them up: exact first, then without regard to case.
import type { CoreApi, RegisteredFunction } from './core-api.ts';
import { isDurableTrigger } from './invoke.ts';

export class DurableRegistry {
  readonly #core: CoreApi;

  constructor(core: CoreApi) {
    this.#core = core;
  }

  /** @param type  trigger in lower case: orchestrationtrigger, activitytrigger, entitytrigger */
  find(type: string, name: string): RegisteredFunction | undefined {
    const { functions } = this.#core;
    const exact = functions.get(name);
    if (exact && isDurableTrigger(exact.trigger.type, type)) return exact;
    const lower = name.toLowerCase();
    for (const fn of functions.values()) {
      if (fn.metadata.name.toLowerCase() === lower && isDurableTrigger(fn.trigger.type, type)) return fn;
    }
    return undefined;
  }

  /** Why a function cannot be called, in the extension's words; undefined when it can. */
  problemWith(kind: 'activity' | 'orchestrator', name: string): string | undefined {
    const type = kind === 'activity' ? 'activitytrigger' : 'orchestrationtrigger';
    if (this.find(type, name)) return undefined;
    const known = [...this.#core.functions.values()]
      .filter((fn) => isDurableTrigger(fn.trigger.type, type))
      .map((fn) => `'${fn.metadata.name}'`);
    const additional = `The following are the known ${kind} functions: ${known.join(', ')}.`;
    return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: ${additional}`;
  }
}
