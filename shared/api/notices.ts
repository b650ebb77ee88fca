// What Sluice tells people of itself: the digest of a week, drift of what arrives, and the notices that were sent.
import { z } from 'zod';
import type { SpotShare } from './insights.ts';

/** A share of documents: `part` of `whole`. */
export interface Share {
  part: number;
  whole: number;
}

/** One measure, of late and before. */
export interface DriftMeasure {
  /** unsure: the local stages alone did not decide; foreign: unlike anything labelled; label: the share of one label. */
  what: 'unsure' | 'foreign' | 'label';
  /** Of `label`. */
  label: string | null;
  recent: Share;
  before: Share;
  /** Of a difference as large as this one if nothing had changed. Null below `MIN_DOCUMENTS` on either side. */
  pValue: number | null;
  isSeen: boolean;
}

/** Answer of GET /api/drift: does what arrives still look like what arrived before? */
export interface DriftReport {
  /** YYYY-MM-DD: days from here on are recent. */
  recentFrom: string;
  /** YYYY-MM-DD: the first of those before. */
  from: string;
  measures: DriftMeasure[];
  /** Documents that show what was seen, 20 at most. */
  documents: { documentId: string; path: string; archivePath: string; label: string | null; what: string }[];
  /** Models that decided, of late and before: another model is another reason for a difference. */
  models: { recent: string[]; before: string[] };
}

/** Answer of GET /api/digest: the last days in numbers. */
export interface Digest {
  /** YYYY-MM-DD, both included. */
  from: string;
  to: string;
  documents: number;
  byModel: number;
  asked: number;
  review: number;
  failed: number;
  /** Documents that wait for people now. */
  waiting: number;
  costUsd: number;
  wastedUsd: number;
  /** Decisions of people, and how many kept what was proposed. */
  agreement: { decisions: number; kept: number };
  /** What was measured on documents drawn at random; null without spot checks. */
  spotChecks: SpotShare | null;
  /** What the model in use promises; null without one. */
  promised: number | null;
  labels: { label: string; documents: number }[];
  /** Only what was seen. */
  drift: DriftMeasure[];
}

export const digestSchema = z.strictObject({
  /** Today included, UTC. */
  days: z.coerce.number().int().min(1).max(400).default(7),
});

/** How a notice fared. */
export interface NoticeStatus {
  id: string;
  kind: 'alarm' | 'digest' | 'test';
  title: string;
  createdAt: string;
  /** By channel: when it was taken, ISO 8601. */
  sent: Record<string, string>;
  /** By channel: why the last try failed. */
  failed: Record<string, string>;
  state: 'sent' | 'waiting' | 'given-up';
}

/** Answer of GET /api/notices. */
export interface NoticeList {
  /** Where notices go, without addresses: webhook, email. Empty: nowhere. */
  channels: string[];
  /** The newest first, 50 at most. */
  notices: NoticeStatus[];
}
