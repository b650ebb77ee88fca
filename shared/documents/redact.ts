// Personal and payment identifiers out of a text before it leaves for an LLM.
// Invariants: D1 an identifier with a checksum is replaced only when it holds. D2 what is replaced is counted by kind.
// D3 redacting a redacted text leaves its placeholders as they are; among bare runs of digits a second pass may find what their neighbours hid.
// D4 time is linear in the text, and the event loop is given back after every CHUNK_CHARS.
import { setImmediate } from 'node:timers/promises';
import { type AccountScan, cardFinder, ibanFinder } from './account-numbers.ts';
import { hasPhoneColumn, phoneFinder } from './phone-numbers.ts';
import { type Check, checksOf } from './tax-ids.ts';

export const PII_KINDS = ['email', 'iban', 'card', 'vat', 'ssn', 'ein', 'tax-id', 'phone'] as const;
export type PiiKind = (typeof PII_KINDS)[number];

export interface RedactOptions {
  /** Kinds replaced. Default: all. */
  kinds?: readonly PiiKind[];
  /** ISO 3166 region of phone numbers written without a country code. Default 'US'. */
  region?: string;
}

export interface Redacted {
  /** Identifiers replaced by `[EMAIL]`, `[IBAN]`… */
  text: string;
  counts: Record<PiiKind, number>;
  /** What it took: characters given to the patterns of a kind, and candidates checked. */
  effort: { scanned: number; checked: number };
}

interface Span {
  kind: PiiKind;
  start: number;
  end: number;
}

interface Found {
  spans: Span[];
  checked: number;
}

type Finder = (text: string) => Found;

/** Longest identifier with room: what a chunk sees of the text after it. */
const OVERLAP_CHARS = 512;
/** What a chunk sees of the text before it: telling words stand there. */
const BEFORE_CHARS = 64;
const CHUNK_CHARS = 32 * 1024;
const MAX_PASSES = 8;

/** Replace identifiers. Where two kinds overlap, the earlier kind of PII_KINDS wins. */
export async function redact(text: string, options: RedactOptions = {}): Promise<Redacted> {
  return redactPart(text, 0, text.length, options);
}

/**
 * Replace identifiers in a part of a text as they would be replaced in the whole.
 * An identifier that begins in the part is replaced in full; of one that reaches into it only a rest may be left.
 * @returns the part from `from` on; it ends at `to` or with the identifier that stands there
 */
export async function redactPart(
  text: string,
  from: number,
  to: number,
  options: RedactOptions = {},
): Promise<Redacted> {
  const counts = Object.fromEntries(PII_KINDS.map((kind) => [kind, 0])) as Record<PiiKind, number>; // every kind is a key
  const effort = { scanned: 0, checked: 0 };
  const tally = { counts, effort, find: await finderOf(options, hasPhoneColumn(text)) };
  // Added up, not joined: memory for megabytes at once is asked for by whoever needs them at once.
  let out = '';
  let before = text.slice(Math.max(0, from - BEFORE_CHARS), from);
  for (let at = from; at < to; ) {
    const end = Math.min(to, chunkEnd(text, at));
    const done = redactChunk(before, text.slice(at, end), text.slice(end, end + OVERLAP_CHARS), tally);
    out += done.text;
    before = (before + done.text).slice(-BEFORE_CHARS);
    at = end + done.eaten;
    if (at < to) await setImmediate(); // D4
  }
  return { text: out, counts, effort };
}

/** After a line break where there is one: no identifier spans lines. */
function chunkEnd(text: string, at: number): number {
  const most = at + CHUNK_CHARS;
  if (most >= text.length) return text.length;
  const line = text.lastIndexOf('\n', most - 1);
  return line > at + CHUNK_CHARS / 2 ? line + 1 : most;
}

/** @returns the chunk without identifiers, and how many characters of `rest` belonged to its last one */
function redactChunk(before: string, chunk: string, rest: string, tally: Tally): { text: string; eaten: number } {
  const first = redactOnce(before, chunk, rest, tally);
  if (first.open.length === 0) return first;
  // A replacement may part two numbers that ran into each other and hid: its line is looked at until nothing more is found.
  const { text } = first;
  const out: string[] = [];
  let { eaten } = first;
  let at = 0;
  for (const position of first.open) {
    if (position < at) continue; // in a line that is done
    const start = text.lastIndexOf('\n', position) + 1;
    const newline = text.indexOf('\n', position);
    const end = newline < 0 ? text.length : newline + 1;
    out.push(text.slice(at, start));
    const isLast = end === text.length;
    const line = redactLine(
      (before + text.slice(Math.max(0, start - BEFORE_CHARS), start)).slice(-BEFORE_CHARS),
      text.slice(start, end),
      isLast ? rest.slice(eaten) : '',
      tally,
    );
    out.push(line.text);
    eaten += line.eaten;
    at = end;
  }
  out.push(text.slice(at));
  return { text: out.join(''), eaten };
}

function redactLine(before: string, line: string, rest: string, tally: Tally): { text: string; eaten: number } {
  let text = line;
  let eaten = 0;
  for (let pass = 1; pass < MAX_PASSES; pass++) {
    const next = redactOnce(before, text, rest.slice(eaten), tally);
    text = next.text;
    eaten += next.eaten;
    if (next.open.length === 0) break;
  }
  return { text, eaten };
}

interface Tally extends Pick<Redacted, 'counts' | 'effort'> {
  find: Finder;
}

/** One look. `open`: where in the new text tags stand that something touches. */
function redactOnce(
  before: string,
  core: string,
  rest: string,
  { find, counts, effort }: Tally,
): { text: string; eaten: number; open: number[] } {
  const window = before + core + rest;
  const { spans, checked } = find(window);
  effort.scanned += window.length;
  effort.checked += checked;
  const coreEnd = before.length + core.length;
  const out: string[] = [];
  const open: number[] = [];
  let at = before.length;
  let length = 0;
  const push = (part: string) => {
    out.push(part);
    length += part.length;
  };
  for (const span of spans) {
    if (span.start < before.length || span.start >= coreEnd) continue;
    counts[span.kind] += 1;
    push(window.slice(at, span.start));
    if (!standsAlone(window, span)) open.push(length);
    push(`[${span.kind.toUpperCase()}]`);
    at = span.end;
  }
  push(window.slice(at, Math.max(at, coreEnd)));
  return { text: out.join(''), eaten: Math.max(0, at - coreEnd), open };
}

/** Nothing that could belong to another identifier touches it. */
const standsAlone = (text: string, { start, end }: Span): boolean =>
  isFence(text.charCodeAt(start - 1)) && isFence(text.charCodeAt(end));

const FENCES = new Set([...';\t|"\n\r<>:=[]{}'].map((char) => char.charCodeAt(0)));
const isFence = (code: number): boolean => Number.isNaN(code) || FENCES.has(code);

async function finderOf(options: RedactOptions, isPhoneTable: boolean): Promise<Finder> {
  const kinds = PII_KINDS.filter((kind) => (options.kinds ?? PII_KINDS).includes(kind));
  const finders = await Promise.all(kinds.map((kind) => finderOfKind(kind, options.region ?? 'US', isPhoneTable)));
  return (text) => {
    const spans: Span[] = [];
    const taken = new Uint8Array(text.length);
    let checked = 0;
    for (const finder of finders) {
      const found = finder(text);
      checked += found.checked;
      for (const span of found.spans) {
        if (taken.subarray(span.start, span.end).includes(1)) continue;
        taken.fill(1, span.start, span.end);
        spans.push(span);
      }
    }
    return { spans: spans.sort((a, b) => a.start - b.start), checked };
  };
}

async function finderOfKind(kind: PiiKind, region: string, isPhoneTable: boolean): Promise<Finder> {
  switch (kind) {
    case 'email':
      return findEmails;
    case 'iban': {
      const { default: validator } = await import('validator');
      return ofKind(kind, ibanFinder(validator.isIBAN, new Set(validator.ibanLocales)));
    }
    case 'card': {
      const { default: validator } = await import('validator');
      return ofKind(kind, cardFinder(validator.isCreditCard));
    }
    case 'phone': {
      const find = await phoneFinder(region);
      return (text) => {
        const { spans, checks } = find(text, isPhoneTable);
        return { spans: spans.map((span) => ({ kind, ...span })), checked: checks };
      };
    }
    default: {
      const checks = await checksOf(kind);
      return (text) => joined(checks.map((check) => checkedSpans(kind, text, check)));
    }
  }
}

const ofKind =
  (kind: PiiKind, find: (text: string) => AccountScan): Finder =>
  (text) => {
    const { spans, checked } = find(text);
    return { spans: spans.map((span) => ({ kind, ...span })), checked };
  };

const joined = (found: readonly Found[]): Found => ({
  spans: found.flatMap(({ spans }) => spans),
  checked: found.reduce((sum, { checked }) => sum + checked, 0),
});

const MAILBOX_CHARS = 64;
const HOST_CHARS = 320;

/** From each @ outwards: no pattern is tried at every letter. */
function findEmails(text: string): Found {
  const spans: Span[] = [];
  let checked = 0;
  let free = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    checked++;
    const box = /[\p{L}\p{N}][\p{L}\p{N}._%+'-]{0,63}$/u.exec(text.slice(Math.max(free, at - MAILBOX_CHARS), at));
    const host = /^(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/u.exec(text.slice(at + 1, at + 1 + HOST_CHARS));
    if (box === null || host === null) continue;
    free = at + 1 + host[0].length;
    spans.push({ kind: 'email', start: at - box[0].length, end: free });
  }
  return { spans, checked };
}

const CONTEXT_CHARS = 48;

function checkedSpans(kind: PiiKind, text: string, { pattern, isValid, context }: Check): Found {
  const spans: Span[] = [];
  let checked = 0;
  for (const m of text.matchAll(pattern)) {
    checked++;
    if (!isValid(m[0].replace(/[\s./-]/g, '').toUpperCase(), m[0])) continue;
    if (context !== undefined && !context.test(contextOf(text, m.index))) continue;
    spans.push({ kind, start: m.index, end: m.index + m[0].length });
  }
  return { spans, checked };
}

/** The words before a number; our own tags are no words. */
const contextOf = (text: string, at: number): string =>
  text.slice(Math.max(0, at - CONTEXT_CHARS), at).replace(/^[A-Z-]*\]|\[[A-Z-]+\]/g, ' ');
