// Notices on their way: each is a file of the lake, made once, sent to every channel until it was taken or too many tries have failed.
// Invariants: N1 an id is told once, however often it is put. N2 a channel that has taken a notice gets it again only if the process dies between
// the send and the record of it. N3 a channel that fails holds up no other, and a notice that cannot be sent none after it. N4 what is kept does not grow:
// notices go after KEEP_MS, and MAX_PER_ROUND are sent at a time.
import type { NoticeList, NoticeStatus } from '../api/notices.ts';
import { codeOf, TerminalError } from '../errors.ts';
import { noticeFolder, noticePath } from '../paths.ts';
import { createJson } from '../pipeline/records.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { Channel, Notice } from './notice.ts';

const KEEP_MS = 30 * 24 * 3_600_000;
const GIVE_UP_TRIES = 8;
const FIRST_WAIT_MS = 5 * 60_000;
const MAX_PER_ROUND = 20;
const MAX_SHOWN = 50;

interface NoticeRecord extends Notice {
  createdAt: string;
  tries: number;
  /** Epoch ms of the last try; 0 before the first. */
  triedAt: number;
  sent: NoticeStatus['sent'];
  failed: NoticeStatus['failed'];
  isFinal: boolean;
}

export interface NoticeBoxDeps {
  lake: LakeStore;
  clock: Clock;
  logger: Logger;
  channels: readonly Channel[];
}

export class NoticeBox {
  readonly #deps: NoticeBoxDeps;

  constructor(deps: NoticeBoxDeps) {
    this.#deps = deps;
  }

  /** Is there anywhere to send to? */
  get hasChannels(): boolean {
    return this.#deps.channels.length > 0;
  }

  /** N1. @returns false when it was put before */
  async put(notice: Notice): Promise<boolean> {
    const { lake, clock } = this.#deps;
    const state = { tries: 0, triedAt: 0, sent: {}, failed: {}, isFinal: false };
    const record: NoticeRecord = { ...notice, createdAt: new Date(clock.now()).toISOString(), ...state };
    return await createJson(lake, noticePath(notice.id), record);
  }

  /** Send what waits and is due. @returns how many were taken by every channel, and how many by none after the last try */
  async sendDue(): Promise<{ sent: number; givenUp: number }> {
    const { lake, clock, logger } = this.#deps;
    const done = { sent: 0, givenUp: 0 };
    let tried = 0;
    for await (const file of lake.list(noticeFolder)) {
      if (clock.now() - file.lastModified > KEEP_MS) {
        await lake.delete(file.path); // N4
        continue;
      }
      if (tried >= MAX_PER_ROUND) continue;
      const found = await this.#read(file.path);
      if (found === undefined || found.record.isFinal || !isDue(found.record, clock.now())) continue;
      tried++;
      const record = await this.#send(found.record);
      if (!(await this.#keep(file.path, record, found.etag))) continue;
      const isSent = this.#deps.channels.every(({ name }) => name in record.sent);
      if (isSent) done.sent++;
      else if (record.isFinal) {
        done.givenUp++;
        logger.error('notice.given-up', { notice: record.id, channels: Object.keys(record.failed).join(',') });
      }
    }
    return done;
  }

  /** Send at once, without a record: to see whether a channel works. @returns by channel: null, or why not */
  async trySend(notice: Notice): Promise<Record<string, string | null>> {
    const answers: Record<string, string | null> = {};
    for (const channel of this.#deps.channels)
      answers[channel.name] = await channel.send(notice).then(
        () => null,
        (error: unknown) => wordsOf(error),
      );
    return answers;
  }

  async list(): Promise<NoticeList> {
    const files: { path: string; lastModified: number }[] = [];
    for await (const file of this.#deps.lake.list(noticeFolder)) files.push(file);
    files.sort((a, b) => b.lastModified - a.lastModified || (a.path < b.path ? -1 : 1));
    const notices: NoticeStatus[] = [];
    for (const { path } of files.slice(0, MAX_SHOWN)) {
      const found = await this.#read(path);
      if (found === undefined) continue;
      const { id, kind, title, createdAt, sent, failed, isFinal } = found.record;
      const isSent = isFinal && Object.keys(failed).length === 0;
      notices.push({
        id,
        kind,
        title,
        createdAt,
        sent,
        failed,
        state: isSent ? 'sent' : isFinal ? 'given-up' : 'waiting',
      });
    }
    return { channels: this.#deps.channels.map(({ name }) => name), notices };
  }

  async #send(record: NoticeRecord): Promise<NoticeRecord> {
    const sent = { ...record.sent };
    const failed: Record<string, string> = {};
    let mayRetry = false;
    for (const channel of this.#deps.channels) {
      if (channel.name in sent) continue; // N2
      try {
        await channel.send(record);
        sent[channel.name] = new Date(this.#deps.clock.now()).toISOString();
      } catch (error) {
        failed[channel.name] = wordsOf(error); // N3
        mayRetry ||= !(error instanceof TerminalError); // a token that cannot be had passes too
        this.#deps.logger.warn('notice.failed', { notice: record.id, channel: channel.name, code: codeOf(error) });
      }
    }
    const tries = record.tries + 1;
    const isFinal = Object.keys(failed).length === 0 || !mayRetry || tries >= GIVE_UP_TRIES;
    return { ...record, tries, triedAt: this.#deps.clock.now(), sent, failed, isFinal };
  }

  /** @returns false when another host has sent it too, and keeps the record (N3) */
  async #keep(path: string, record: NoticeRecord, etag: string): Promise<boolean> {
    try {
      await this.#deps.lake.write(path, JSON.stringify(record), { ifMatch: etag });
      return true;
    } catch (error) {
      if (codeOf(error) === 'lake.conflict') return false;
      throw error;
    }
  }

  /** Undefined: gone meanwhile, or damaged, which is told. */
  async #read(path: string): Promise<{ record: NoticeRecord; etag: string } | undefined> {
    const found = await this.#deps.lake.readIfExists(path);
    if (found === undefined) return undefined;
    try {
      return { record: parseRecord<NoticeRecord>(found.bytes, path, isNoticeRecord), etag: found.etag };
    } catch {
      this.#deps.logger.error('record.corrupt', { record: path });
      return undefined;
    }
  }
}

/** The wait doubles: 5, 10, 20 minutes and so on, about ten hours in all. */
const isDue = ({ tries, triedAt }: NoticeRecord, nowMs: number): boolean =>
  tries === 0 || nowMs - triedAt >= FIRST_WAIT_MS * 2 ** (tries - 1);

/** Messages of channels hold no address (their W1, E1); those of other code may. */
const wordsOf = (error: unknown): string =>
  /^notice\./.test(codeOf(error)) && error instanceof Error ? error.message : `failed with ${codeOf(error)}`;

const isNoticeRecord = (value: Record<string, unknown>): boolean =>
  typeof value.id === 'string' &&
  typeof value.title === 'string' &&
  Array.isArray(value.lines) &&
  typeof value.tries === 'number' &&
  typeof value.sent === 'object';
