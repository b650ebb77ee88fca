// Function keys. They exist so that URLs look as in Azure and webhooks carry a code; the local host does not enforce them.
import { randomBytes } from 'node:crypto';
import type { TaskHub } from './task-hub.ts';

/** The system key that guards the durable webhooks in Azure. */
export const DURABLE_SYSTEM_KEY = 'durabletask_extension';
/** The system key that guards the Event Grid blob webhook in Azure. */
export const BLOBS_SYSTEM_KEY = 'blobs_extension';

/** Keys by scope (`host`, `system`, `function:<name>`) and name, created on first use and kept in the task hub. */
export class FunctionKeys {
  readonly #hub: TaskHub;

  constructor(hub: TaskHub) {
    this.#hub = hub;
  }

  get(scope: string, name: string): string {
    return this.#hub.setting(`key:${scope}:${name}`, () => randomBytes(40).toString('base64url'));
  }
}
