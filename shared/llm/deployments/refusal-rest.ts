// How long a deployment rests after a refusal for its quota or its load: as long as it says, else twice as long each time.
import type { Clock, Logger, Random } from '../../ports.ts';
import { type CallErrorClass, LONGEST_HINT_MS } from './call-errors.ts';
import { type ChatReply, TransportFailure } from './client.ts';
import { waitHintMs } from './error-words.ts';
import type { Member } from './pool.ts';

const MAX_BACKOFF_MS = 30_000;
const MAX_BLOCK_MS = 60_000;
/** A service that is busy is not free again at once. */
const LEAST_MS = { capacity: 5000, other: 500 };

/** Let the deployment rest, in all processes. */
export async function restAfterRefusal(
  member: Pick<Member, 'config' | 'quota' | 'refusals'>,
  reply: ChatReply | TransportFailure,
  kind: CallErrorClass,
  { clock, random, logger }: { clock: Clock; random: Random; logger: Logger },
): Promise<void> {
  member.refusals++;
  const hint = reply instanceof TransportFailure ? undefined : waitHintMs(reply, clock.now());
  const own = Math.min(MAX_BACKOFF_MS, 500 * 2 ** member.refusals);
  if (hint !== undefined && hint > LONGEST_HINT_MS)
    logger.error('llm.deployment.long-refusal', { deployment: member.config.name, seconds: Math.round(hint / 1000) });
  const wait = Math.min(MAX_BLOCK_MS, Math.max(kind === 'capacity' ? LEAST_MS.capacity : LEAST_MS.other, hint ?? own));
  await member.quota.block(clock.now() + wait + random.next() * Math.min(1000, wait / 4), kind === 'throttle');
}
