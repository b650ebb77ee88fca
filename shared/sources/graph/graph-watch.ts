// Subscriptions of Microsoft Graph to the changes of a drive or a mailbox.
// https://learn.microsoft.com/graph/api/subscription-post-subscriptions
import { z } from 'zod';
import type { Clock } from '../../ports.ts';
import type { Watch } from '../feed.ts';
import { type GraphClient, rowIfThere } from './graph-client.ts';

const subscriptionSchema = z.looseObject({ id: z.string().max(400), expirationDateTime: z.string() });

export interface Watched {
  /** `/drives/{id}/root`, `/users/{user}/messages` */
  resource: string;
  changeType: 'updated' | 'created,deleted';
  /** Longest life that the service gives, minutes. */
  lifeMinutes: number;
}

/** Longest lives, minutes: 42,300 for a drive; 4,230 for mails in the older of two documented limits. */
export const DRIVE_LIFE_MINUTES = 42_000;
export const MAIL_LIFE_MINUTES = 4200;

const HEADERS = { prefer: 'IdType="ImmutableId"' };

export function graphWatch(graph: GraphClient, clock: Clock, { resource, changeType, lifeMinutes }: Watched): Watch {
  const until = (): string => new Date(clock.now() + lifeMinutes * 60_000).toISOString();
  const pathOf = (id: string): string => `/subscriptions/${encodeURIComponent(id)}`;
  return {
    async subscribe(url, clientState) {
      const wanted = { changeType, resource, clientState, expirationDateTime: until() };
      const body = { ...wanted, notificationUrl: url, lifecycleNotificationUrl: url };
      const answer = await graph.json('/subscriptions', { method: 'POST', units: 2, body, headers: HEADERS });
      const { id, expirationDateTime } = subscriptionSchema.parse(answer.body);
      return { id, expiresAt: Date.parse(expirationDateTime) };
    },
    renew: (id) =>
      rowIfThere(async () => {
        const body = { expirationDateTime: until() };
        const answer = await graph.json(pathOf(id), { method: 'PATCH', units: 2, body });
        return Date.parse(subscriptionSchema.parse(answer.body).expirationDateTime);
      }),
    async unsubscribe(id) {
      await rowIfThere(() => graph.json(pathOf(id), { method: 'DELETE', units: 2 }));
    },
  };
}
