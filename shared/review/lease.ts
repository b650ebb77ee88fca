// Who is looking at a document that waits for a person, and who has put it aside: one small file a document.
// Invariants: V1 a document is leased to one holder at a time. V2 a lease and a skip run out by themselves, so a closed window keeps nothing.
// L1 the file is created or replaced by compare-and-swap only, so neither a lease nor a skip is lost to another's. L2 a skip creates no file:
// a document that was decided meanwhile, whose lease is gone, leaves nothing behind. L3 a damaged lease is nobody's, and the next one replaces it.
// L4 an end further ahead than a lease or a skip lasts was written before the clock was set back, and is not believed.

import { RetryableError, SluiceError } from '../errors.ts';
import { reviewLeasePath } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import type { LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord, type RecordCheck } from '../record-json.ts';

interface Held {
  holder: string;
  /** Epoch ms. */
  until: number;
}

interface LeaseFile extends Held {
  /** Holders who do not want the document now. */
  skips?: Held[];
}

type LeaseServices = Pick<PipelineServices, 'lake' | 'clock' | 'config'>;

/** A document that somebody put aside comes back to them after this time, or after a lease's where that is longer. */
const SKIP_SECONDS = 3600;
const MAX_ATTEMPTS = 20;

/** Lease a document. @returns its end in epoch ms; undefined when somebody else holds it, or the holder has put it aside */
export async function tryLease(
  { lake, clock, config }: LeaseServices,
  documentId: string,
  holder: string,
): Promise<number | undefined> {
  const found = await readLease(lake, documentId);
  const now = clock.now();
  const skips = liveSkips(found?.lease, now, skipMs(config));
  if (skips.some((skip) => skip.holder === holder)) return undefined;
  const leaseMs = config.REVIEW_LEASE_SECONDS * 1000;
  if (found !== undefined && found.lease.holder !== holder && isLive(found.lease, now, leaseMs)) return undefined;
  const until = now + leaseMs;
  return (await replaceLease(lake, documentId, found?.etag, { holder, until, skips })) ? until : undefined;
}

/**
 * Put a document aside: it is free for others at once, and not shown to this holder for a while. Harmless for a document nobody was shown.
 * @throws {RetryableError} lake.conflict when others kept changing the lease
 */
export async function skipDocument(services: LeaseServices, documentId: string, holder: string): Promise<void> {
  const { lake, clock, config } = services;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const found = await readLease(lake, documentId);
    if (found === undefined) return; // L2
    const now = clock.now();
    const others = liveSkips(found.lease, now, skipMs(config)).filter((skip) => skip.holder !== holder);
    const until = now + skipMs(config);
    const next: LeaseFile = {
      holder: found.lease.holder,
      until: found.lease.holder === holder ? 0 : found.lease.until,
      skips: [...others, { holder, until }],
    };
    if (await replaceLease(lake, documentId, found.etag, next)) return;
  }
  throw new RetryableError('lake.conflict', `the lease of document ${documentId} kept changing`, {
    ids: { documentId },
  });
}

const isLease: RecordCheck = ({ holder, until, skips }) =>
  typeof holder === 'string' && typeof until === 'number' && (skips === undefined || Array.isArray(skips));

const skipMs = (config: LeaseServices['config']): number => Math.max(SKIP_SECONDS, config.REVIEW_LEASE_SECONDS) * 1000;

/** L4. */
const isLive = ({ until }: Held, now: number, longestMs: number): boolean => until > now && until - now <= longestMs;

/**
 * The holder's window closes: what it holds of these documents is free at once. Who changes a lease at the same moment is let be: a lease
 * that stays runs out by itself (V2).
 */
export async function releaseDocuments(
  { lake }: Pick<LeaseServices, 'lake'>,
  documentIds: readonly string[],
  holder: string,
): Promise<void> {
  for (const documentId of new Set(documentIds)) {
    const found = await readLease(lake, documentId);
    if (found?.lease.holder === holder && found.lease.until > 0)
      await replaceLease(lake, documentId, found.etag, { ...found.lease, until: 0 });
  }
}

const liveSkips = (lease: LeaseFile | undefined, now: number, longestMs: number): Held[] =>
  (lease?.skips ?? []).filter((skip) => isLive(skip, now, longestMs));

async function readLease(lake: LakeStore, documentId: string): Promise<{ lease: LeaseFile; etag: string } | undefined> {
  const path = reviewLeasePath(documentId);
  const found = await lake.readIfExists(path);
  if (found === undefined) return undefined;
  try {
    return { lease: parseRecord<LeaseFile>(found.bytes, path, isLease), etag: found.etag };
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return { lease: { holder: '', until: 0 }, etag: found.etag }; // L3
  }
}

/** L1. @returns false when somebody was faster */
async function replaceLease(
  lake: LakeStore,
  documentId: string,
  etag: string | undefined,
  { skips = [], ...lease }: LeaseFile,
): Promise<boolean> {
  const file: LeaseFile = skips.length === 0 ? lease : { ...lease, skips };
  const condition = etag === undefined ? { ifAbsent: true } : { ifMatch: etag };
  try {
    await lake.write(reviewLeasePath(documentId), JSON.stringify(file), condition);
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.conflict') return false;
    throw error;
  }
}
