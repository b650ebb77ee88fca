// Change notifications of the Graph emulator: subscriptions with their handshake, expiry, renewal and silent death. Who notifies is the caller:
// `due` tells what would be sent.
// https://learn.microsoft.com/graph/api/resources/subscription
import { randomUUID } from 'node:crypto';

export interface Subscription {
  id: string;
  resource: string;
  notificationUrl: string;
  clientState: string;
  expirationDateTime: string;
}

const MIN_LIFE_MS = 45 * 60_000;
const MAX_LIFE_MS = 42_300 * 60_000;

export class Subscriptions {
  readonly all = new Map<string, Subscription>();
  /** Sends a POST to a receiver; tests replace it. */
  post: (url: string, body: string, contentType: string) => Promise<{ status: number; body: string }> = async () => ({
    status: 0,
    body: '',
  });
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async handle(method: string, path: string, body: string): Promise<{ status: number; body?: unknown }> {
    const id = path.split('/')[2];
    const wrong = (status: number, code: string, message: string) => ({ status, body: { error: { code, message } } });
    if (id === undefined && method === 'GET') return { status: 200, body: { value: this.#alive() } };
    if (id === undefined && method === 'POST') {
      const asked = JSON.parse(body) as Omit<Subscription, 'id'>;
      const token = `Validation: ${randomUUID()}`;
      const answer = await this.post(
        `${asked.notificationUrl}${asked.notificationUrl.includes('?') ? '&' : '?'}validationToken=${encodeURIComponent(token)}`,
        '',
        'text/plain',
      );
      if (answer.status !== 200 || answer.body !== token)
        return wrong(400, 'ValidationError', 'Subscription validation request timed out.');
      const made = { ...asked, id: randomUUID(), expirationDateTime: this.#bounded(asked.expirationDateTime) };
      this.all.set(made.id, made);
      return { status: 201, body: made };
    }
    const known = this.#alive().find((one) => one.id === id);
    if (known === undefined) return wrong(404, 'ResourceNotFound', 'The subscription is not there.');
    if (method === 'DELETE') {
      this.all.delete(known.id);
      return { status: 204 };
    }
    if (method === 'PATCH') {
      const { expirationDateTime } = JSON.parse(body) as Pick<Subscription, 'expirationDateTime'>;
      known.expirationDateTime = this.#bounded(expirationDateTime);
    }
    return { status: 200, body: known };
  }

  /** Tell the receivers of a resource that something changed. @returns answers by subscription */
  async notify(resource: string): Promise<number[]> {
    const statuses: number[] = [];
    for (const { id, notificationUrl, clientState, resource: own } of this.#alive()) {
      if (own !== resource) continue;
      const value = [{ subscriptionId: id, clientState, changeType: 'updated', resource: own }];
      statuses.push((await this.post(notificationUrl, JSON.stringify({ value }), 'application/json')).status);
    }
    return statuses;
  }

  #alive(): Subscription[] {
    return [...this.all.values()].filter(({ expirationDateTime }) => Date.parse(expirationDateTime) > this.#now());
  }

  #bounded(until: string): string {
    const life = Math.min(MAX_LIFE_MS, Math.max(MIN_LIFE_MS, Date.parse(until) - this.#now()));
    return new Date(this.#now() + life).toISOString();
  }
}
