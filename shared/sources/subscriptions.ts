// Subscriptions of sources to change notifications: made before a round, renewed at half of their life, made anew when they have fallen silent.
// Invariants: B1 without a subscription, or when it cannot be had, rounds go by the clock: nothing depends on a notification. B2 a failure here fails no
// round. B3 the client state is a secret: it is in no log, error or answer of the API.
// https://learn.microsoft.com/graph/api/resources/subscription
import { codeOf, SluiceError } from '../errors.ts';
import { sourcePaths } from '../paths.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { Drive, Service } from './feed.ts';

/** What is kept of the subscription of a drive. */
export interface Subscription {
  /** Of the service; null while there is none. */
  id: string | null;
  clientState: string;
  /** ms since the epoch; so are all times here. */
  expiresAt: number;
  renewAt: number;
  /** When something was told last; null: never. */
  toldAt: number | null;
  /** Rounds by the clock in a row that found what had not been told. */
  silentRounds: number;
  /** Why there is none. */
  code: string | null;
  failures: number;
}

export interface SubscriptionsDeps {
  lake: LakeStore;
  clock: Clock;
  logger: Logger;
  /** The setting NOTIFICATIONS_URL; undefined: nothing is subscribed to. */
  url: string | undefined;
  /** 32 hex digits that nobody can guess. */
  secret(): string;
}

const MINUTE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * MINUTE_MS;
/** One round by the clock may be quicker than the notification; so many in a row are not. */
const SILENT_ROUNDS = 3;
const MAX_CAS_TRIES = 10;

export class Subscriptions {
  readonly #deps: SubscriptionsDeps;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return this.#deps.url !== undefined;
  }

  /** See that the drive is subscribed to (B2). */
  async keep(source: string, drive: Drive, service: Service): Promise<void> {
    const { clock, logger, url, secret } = this.#deps;
    const watch = service.watch?.(drive);
    if (url === undefined || watch === undefined) return;
    const now = clock.now();
    const known = await this.read(source, drive.key);
    if (known !== undefined && known.renewAt > now) return;
    try {
      const until = known?.id == null ? undefined : await watch.renew(known.id);
      if (known !== undefined && until !== undefined)
        return await this.change(source, drive.key, (one) => ({
          ...one,
          ...lifeOf(until, now),
          code: null,
          failures: 0,
        }));
      const clientState = `${source}.${drive.key}.${secret()}`;
      // It must be known before it is used: the service may tell something at once.
      const fresh = {
        id: null,
        clientState,
        expiresAt: 0,
        renewAt: 0,
        toldAt: null,
        silentRounds: 0,
        code: null,
        failures: 0,
      };
      await this.#write(source, drive.key, { ...fresh, failures: known?.failures ?? 0 });
      const { id, expiresAt } = await watch.subscribe(notificationUrl(url), clientState);
      await this.change(source, drive.key, (one) => ({ ...one, id, ...lifeOf(expiresAt, now), failures: 0 }));
      logger.info('source.subscribed', { source });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const code = codeOf(error);
      logger.warn('source.subscribe-failed', { source, code });
      const failures = (known?.failures ?? 0) + 1;
      const renewAt = now + Math.min(LONGEST_PAUSE_MS, 5 * MINUTE_MS * 2 ** Math.min(failures - 1, 8));
      await this.change(source, drive.key, (one) => ({ ...one, code, failures, renewAt }));
    }
  }

  /** Whether the drive can be subscribed to: what there is, or one that is made and ended. @returns undefined: it is not wanted, or the service has none */
  async probe(source: string, drive: Drive, service: Service): Promise<{ detail: string } | undefined> {
    const { clock, url, secret } = this.#deps;
    const watch = service.watch?.(drive);
    if (url === undefined || watch === undefined) return undefined;
    const known = await this.read(source, drive.key);
    if (known?.id != null && known.expiresAt > clock.now()) return { detail: 'are subscribed to' };
    // Nobody's client state: what is told meanwhile is ignored.
    const { id } = await watch.subscribe(notificationUrl(url), `check.${secret()}`);
    await watch.unsubscribe(id);
    return { detail: 'can be subscribed to' };
  }

  /**
   * After a round: did changes come without a word? @param previousEndedAt  of the round before
   * @param hasChanges  what this round found; whether it was woken does not matter: the word counts
   */
  async judge(source: string, driveKey: string, previousEndedAt: number | null, hasChanges: boolean): Promise<void> {
    if (!this.isOn || previousEndedAt === null) return;
    const known = await this.read(source, driveKey);
    if (known?.id == null || !hasChanges) return;
    const isTold = known.toldAt !== null && known.toldAt >= previousEndedAt;
    const silentRounds = isTold ? 0 : known.silentRounds + 1;
    if (silentRounds === known.silentRounds) return;
    if (silentRounds < SILENT_ROUNDS) return this.change(source, driveKey, (one) => ({ ...one, silentRounds }));
    this.#deps.logger.warn('source.notifications-silent', { source });
    // The next round asks for another one; the service lets the old one end.
    const again = { id: null, silentRounds: 0, renewAt: 0, code: 'sync.silent' };
    await this.change(source, driveKey, (one) => ({ ...one, ...again }));
  }

  /** End the subscription of a drive that is followed no longer (B2). */
  async drop(source: string, drive: Drive, service: Service): Promise<void> {
    const known = await this.read(source, drive.key);
    const watch = service.watch?.(drive);
    if (known?.id == null || watch === undefined) return;
    try {
      await watch.unsubscribe(known.id);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      this.#deps.logger.warn('source.subscribe-failed', { source, code: codeOf(error) }); // it ends by itself
    }
  }

  async read(source: string, driveKey: string): Promise<Subscription | undefined> {
    return (await this.#stored(source, driveKey))?.value;
  }

  /** Change what is kept, whoever else does; nothing is made of nothing. */
  async change(source: string, driveKey: string, next: (known: Subscription) => Subscription): Promise<void> {
    for (let n = 1; ; n++) {
      const stored = await this.#stored(source, driveKey);
      if (stored === undefined) return;
      try {
        return await this.#write(source, driveKey, next(stored.value), stored.etag);
      } catch (error) {
        if (codeOf(error) !== 'lake.conflict' || n >= MAX_CAS_TRIES) throw error;
      }
    }
  }

  async #stored(source: string, driveKey: string): Promise<{ value: Subscription; etag: string } | undefined> {
    const path = sourcePaths.subscription(source, driveKey);
    const stored = await this.#deps.lake.readIfExists(path);
    return stored && { value: parseRecord<Subscription>(stored.bytes, path), etag: stored.etag };
  }

  async #write(source: string, driveKey: string, subscription: Subscription, etag?: string): Promise<void> {
    const condition = etag === undefined ? {} : { ifMatch: etag };
    await this.#deps.lake.write(sourcePaths.subscription(source, driveKey), JSON.stringify(subscription), condition);
  }
}

export const notificationUrl = (url: string): string => `${url.replace(/\/+$/, '')}/api/source-notifications`;

const lifeOf = (expiresAt: number, now: number): Pick<Subscription, 'expiresAt' | 'renewAt'> => ({
  expiresAt,
  renewAt: now + Math.max(MINUTE_MS, (expiresAt - now) / 2),
});
