// Change notifications as they arrive: anybody can send one, so nothing in them is believed but that a source that is subscribed to may have changed.
// Invariants: T1 a notification wakes a round, by a mark that the timer sees; it carries no content, names no item and never starts two. T2 a wrong
// client state is answered like a right one, ignored and counted. T3 what is kept does not grow with what arrives.
// https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
import { timingSafeEqual } from 'node:crypto';
import { RequestError } from '../api/problem.ts';
import { notificationsSchema } from '../api/source-status.ts';
import { sha256Hex } from '../ids.ts';
import { sourcePaths } from '../paths.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface NotificationsDeps {
  lake: LakeStore;
  clock: Clock;
  logger: Logger;
  subscriptions: Subscriptions;
}

/** Notifications this close to each other write nothing more: the timer looks once a minute. */
const STORM_MS = 1000;
/** Drives that one call may wake. */
const MAX_DRIVES = 100;
const CLIENT_STATE = /^([a-z0-9-]{1,40})\.([0-9a-f]{16})\.[0-9a-f]{32}$/;

/**
 * The token of a handshake, to be sent back as plain text. @throws {RequestError} request.invalid for one that no service sends
 * @param token  URL-decoded
 */
export function echoed(token: string): string {
  if (/^[\x20-\x3b\x3d\x3f-\x7e]{1,1024}$/.test(token)) return token; // printable, without < and >
  throw new RequestError([{ field: 'validationToken', message: 'must be up to 1,024 printable characters' }]);
}

export class Notifications {
  readonly #deps: NotificationsDeps;

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
  }

  /** @returns how many were believed and how many ignored. @throws {RequestError} for what is no notification at all */
  async receive(body: unknown): Promise<{ believed: number; ignored: number }> {
    const parsed = notificationsSchema.safeParse(body);
    if (!parsed.success) throw new RequestError([{ field: 'value', message: 'must be a list of notifications' }]);
    const events = new Map<string, Set<string>>();
    let ignored = 0;
    for (const { clientState, lifecycleEvent } of parsed.data.value) {
      const state = clientState ?? '';
      if (!CLIENT_STATE.test(state) || (!events.has(state) && events.size >= MAX_DRIVES)) ignored++;
      else events.set(state, (events.get(state) ?? new Set()).add(lifecycleEvent ?? 'changed'));
    }
    let believed = 0;
    for (const [clientState, kinds] of events) {
      if (await this.#take(clientState, kinds)) believed++;
      else ignored++;
    }
    if (ignored > 0) this.#deps.logger.warn('source.notifications-ignored', { notifications: ignored }); // T2
    return { believed, ignored };
  }

  async #take(clientState: string, kinds: ReadonlySet<string>): Promise<boolean> {
    const { subscriptions, clock, lake } = this.#deps;
    const [, source = '', drive = ''] = CLIENT_STATE.exec(clientState) ?? [];
    const known = await subscriptions.read(source, drive);
    if (known === undefined || !isEqual(known.clientState, clientState)) return false;
    const now = clock.now();
    const isStorm = kinds.has('changed') && kinds.size === 1 && now - (known.toldAt ?? 0) < STORM_MS;
    if (isStorm) return true; // the mark is there already
    await subscriptions.change(source, drive, (one) => ({
      ...one,
      ...(kinds.has('changed') ? { toldAt: now, silentRounds: 0 } : {}),
      ...(kinds.has('reauthorizationRequired') ? { renewAt: 0 } : {}),
      ...(kinds.has('subscriptionRemoved') ? { id: null, renewAt: 0 } : {}),
    }));
    await lake.write(sourcePaths.woken(source), JSON.stringify({ at: now + STORM_MS })); // T1, T3; also for what the storm leaves out
    return true;
  }
}

/** In a time that says nothing of how much is right. */
const isEqual = (a: string, b: string): boolean =>
  timingSafeEqual(Buffer.from(sha256Hex(a), 'hex'), Buffer.from(sha256Hex(b), 'hex'));
