// Incoming webhooks: a card for workflows of Teams, text for Slack and all who take its form (Mattermost, Rocket.Chat, Google Chat read `text` too).
// Invariants: W1 the address is a secret: it stands in no error and no log. W2 redirects are not followed, and nothing waits longer than TIMEOUT_MS.
// W3 words of the lake (labels) cannot act as markup.
// https://learn.microsoft.com/power-automate/… "When a Teams webhook request is received"; https://api.slack.com/messaging/webhooks
import { RetryableError, TerminalError } from '../errors.ts';
import { type Channel, type Notice, textOf } from './notice.ts';

const TIMEOUT_MS = 15_000;

export type WebhookForm = 'teams' | 'text';

/** @param url  of the setting NOTIFY_WEBHOOK */
export function webhookChannel(url: string, form: WebhookForm = formOf(url), post: typeof fetch = fetch): Channel {
  return {
    name: 'webhook',
    async send(notice) {
      let status: number;
      try {
        const response = await post(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(form === 'teams' ? cardOf(notice) : { text: escaped(textOf(notice)) }),
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        status = response.status;
      } catch {
        throw new RetryableError('notice.unavailable', 'the webhook did not answer'); // W1: the cause names the address
      }
      if (status >= 200 && status < 300) return;
      const words = `the webhook answered with HTTP ${status}`;
      if (status === 429 || status >= 500) throw new RetryableError('notice.unavailable', words);
      throw new TerminalError('notice.refused', words);
    },
  };
}

/** Workflows of Teams take cards only. */
export function formOf(url: string): WebhookForm {
  const { hostname } = new URL(url);
  return /(^|\.)(logic\.azure\.(com|us|cn)|powerplatform\.com|powerautomate\.com|webhook\.office\.com)$/.test(hostname)
    ? 'teams'
    : 'text';
}

/** W3: of Slack's markup; others show the escapes of these three as they are meant too. */
const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** W3: cards read Markdown. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&');

function cardOf({ title, lines, link }: Notice): unknown {
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            block(plain(title), { weight: 'Bolder', size: 'Medium' }),
            ...lines.filter((line) => line !== '').map((line) => block(plain(line), { spacing: 'Small' })),
          ],
          ...(link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open Sluice', url: link }] }),
        },
      },
    ],
  };
}
