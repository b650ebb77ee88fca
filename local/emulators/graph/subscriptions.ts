// Subscriptions of the Graph emulator: the handshake, life and renewal, and what is told. Nothing is told by itself: a test says when, how often and
// whether at all, because notifications come late, twice, or never.
// https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
import { type GraphReply, notFound, problem } from './replies.ts';

export interface GraphSubscription {
  id: string;
  resource: string;
  notificationUrl: string;
  clientState: string;
  expiresAt: number;
}

/** A POST to the notification URL. */
export type Notify = (
  url: string,
  body: string | undefined,
) => Promise<{ status: number; contentType: string; text: string }>;

const MINUTE_MS = 60_000;
/** Longest lives, minutes: of drives, and of mails as the stricter documents have it. */
const lifeOf = (resource: string): number => (resource.startsWith('/drives/') ? 42_300 : 4230);

export class GraphSubscriptions {
  readonly items = new Map<string, GraphSubscription>();
  readonly #now: () => number;
  readonly #notify: Notify | undefined;
  #made = 0;

  constructor(now: () => number, notify: Notify | undefined) {
    this.#now = now;
    this.#notify = notify;
  }

  async handle(method: string, id: string | undefined, body: string): Promise<GraphReply> {
    if (method === 'POST') return this.#create(JSON.parse(body) as Record<string, string>);
    const known = this.items.get(id ?? '');
    if (known === undefined || known.expiresAt <= this.#now()) return notFound();
    if (method === 'DELETE') {
      this.items.delete(known.id);
      return { status: 204 };
    }
    const wanted = Date.parse((JSON.parse(body) as Record<string, string>).expirationDateTime ?? '');
    const refusal = this.#refusal(known.resource, wanted);
    if (refusal !== undefined) return refusal;
    known.expiresAt = wanted;
    return { status: 200, body: row(known) };
  }

  /** Tell every living subscription once. @param events  lifecycle events, or undefined for a change. @returns answers */
  async tell(event?: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed'): Promise<number[]> {
    const statuses: number[] = [];
    for (const { id, clientState, resource, notificationUrl, expiresAt } of this.items.values()) {
      if (expiresAt <= this.#now() || this.#notify === undefined) continue;
      const one = { subscriptionId: id, clientState, resource, tenantId: 'tenant' };
      const value = [event === undefined ? { ...one, changeType: 'updated' } : { ...one, lifecycleEvent: event }];
      statuses.push((await this.#notify(notificationUrl, JSON.stringify({ value }))).status);
    }
    return statuses;
  }

  async #create(wanted: Record<string, string>): Promise<GraphReply> {
    const { resource = '', notificationUrl = '', clientState = '', expirationDateTime = '', changeType } = wanted;
    if (resource.startsWith('/drives/') && changeType !== 'updated')
      return problem(400, 'InvalidRequest', "Only 'updated' is supported for drives.");
    if (clientState.length > 128) return problem(400, 'InvalidRequest', 'clientState is too long.');
    const expiresAt = Date.parse(expirationDateTime);
    const refusal = this.#refusal(resource, expiresAt);
    if (refusal !== undefined) return refusal;
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${++this.#made}`;
    const answer = await this.#notify?.(`${notificationUrl}?validationToken=${encodeURIComponent(token)}`, undefined);
    if (answer?.status !== 200 || answer.text !== token || !answer.contentType.startsWith('text/plain'))
      return problem(400, 'ValidationError', 'Subscription validation request failed.');
    const subscription = { id: `sub-${this.#made}`, resource, notificationUrl, clientState, expiresAt };
    this.items.set(subscription.id, subscription);
    return { status: 201, body: row(subscription) };
  }

  #refusal(resource: string, expiresAt: number): GraphReply | undefined {
    const isFine = expiresAt > this.#now() && expiresAt <= this.#now() + lifeOf(resource) * MINUTE_MS;
    return isFine
      ? undefined
      : problem(400, 'ExtensionError', 'Subscription expiration can only be so many minutes in the future.');
  }
}

const row = ({ id, resource, expiresAt }: GraphSubscription): unknown => ({
  id,
  resource,
  expirationDateTime: new Date(expiresAt).toISOString(),
});
