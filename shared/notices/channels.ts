// The channels that the settings name. Addresses and passwords stay in them.
import type { Config } from '../config.ts';
import { acsChannel, smtpChannel } from './email.ts';
import type { Channel } from './notice.ts';
import { webhookChannel } from './webhook.ts';

const ACS_SCOPE = 'https://communication.azure.com/.default';

/** @param tokenProvider  tokens of the app's identity, by scope */
export function openChannels(config: Config, tokenProvider: (scope: string) => () => Promise<string>): Channel[] {
  const { NOTIFY_WEBHOOK, NOTIFY_EMAIL_TO, NOTIFY_EMAIL_FROM, NOTIFY_SMTP, NOTIFY_ACS_ENDPOINT } = config;
  const channels: Channel[] = [];
  if (NOTIFY_WEBHOOK !== undefined) channels.push(webhookChannel(NOTIFY_WEBHOOK));
  if (NOTIFY_EMAIL_TO !== undefined && NOTIFY_EMAIL_FROM !== undefined) {
    const envelope = { from: NOTIFY_EMAIL_FROM, to: NOTIFY_EMAIL_TO.split(',').map((address) => address.trim()) };
    if (NOTIFY_SMTP !== undefined) channels.push(smtpChannel(NOTIFY_SMTP, envelope));
    else if (NOTIFY_ACS_ENDPOINT !== undefined)
      channels.push(acsChannel(NOTIFY_ACS_ENDPOINT, envelope, tokenProvider(ACS_SCOPE)));
  }
  return channels;
}
