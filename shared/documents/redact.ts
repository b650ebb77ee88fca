// Personal and payment identifiers out of a text before it leaves for an LLM.
// Invariants: D1 an identifier with a checksum is replaced only when it holds. D2 what is replaced is counted by kind.
// D3 redacting a redacted text changes nothing.
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
}

interface Span {
  kind: PiiKind;
  start: number;
  end: number;
}

const MAX_PASSES = 8;

/** Replace identifiers. Where two kinds overlap, the earlier kind of PII_KINDS wins. */
export async function redact(text: string, options: RedactOptions = {}): Promise<Redacted> {
  const counts = Object.fromEntries(PII_KINDS.map((kind) => [kind, 0])) as Record<PiiKind, number>; // every kind is a key
  // A replacement may part two numbers that ran into each other and hid: until nothing more is found.
  let current = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const spans = await findAll(current, options);
    if (spans.length === 0) break;
    for (const { kind } of spans) counts[kind] += 1;
    current = replaced(current, spans);
  }
  return { text: current, counts };
}

async function findAll(text: string, options: RedactOptions): Promise<Span[]> {
  const kinds = new Set(options.kinds ?? PII_KINDS);
  const spans: Span[] = [];
  for (const kind of PII_KINDS) {
    if (!kinds.has(kind)) continue;
    for (const span of await find(kind, text, options.region ?? 'US'))
      if (!spans.some((s) => s.start < span.end && span.start < s.end)) spans.push(span);
  }
  return spans.sort((a, b) => a.start - b.start);
}

function replaced(text: string, spans: readonly Span[]): string {
  const out: string[] = [];
  let at = 0;
  for (const { kind, start, end } of spans) {
    out.push(text.slice(at, start), `[${kind.toUpperCase()}]`);
    at = end;
  }
  out.push(text.slice(at));
  return out.join('');
}

async function find(kind: PiiKind, text: string, region: string): Promise<Span[]> {
  switch (kind) {
    case 'email':
      return matches(kind, text, /[\p{L}\p{N}][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu);
    case 'iban':
      return await findIbans(text);
    case 'card':
      return await findCards(text);
    case 'phone':
      return await findPhones(text, region);
    default:
      return (await checksOf(kind)).flatMap((check) => checked(kind, text, check));
  }
}

function matches(kind: PiiKind, text: string, pattern: RegExp): Span[] {
  return [...text.matchAll(pattern)].map((m) => ({ kind, start: m.index, end: m.index + m[0].length }));
}

const CONTEXT_CHARS = 48;

function checked(kind: PiiKind, text: string, { pattern, isValid, context }: Check): Span[] {
  return [...text.matchAll(pattern)].flatMap((m) => {
    if (!isValid(m[0].replace(/[\s./-]/g, '').toUpperCase(), m[0])) return [];
    if (context !== undefined && !context.test(text.slice(Math.max(0, m.index - CONTEXT_CHARS), m.index))) return [];
    return [{ kind, start: m.index, end: m.index + m[0].length }];
  });
}

const SHORTEST_IBAN = 15;

/** An IBAN may be followed by capitals or digits of the next word: the longest prefix whose check digits hold. */
async function findIbans(text: string): Promise<Span[]> {
  const isIBAN = await load('isIBAN');
  return [...text.matchAll(/\b[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]){11,30}/g)].flatMap((m) => {
    for (let end = m[0].length; end >= SHORTEST_IBAN; end--) {
      const part = m[0].slice(0, end);
      if (/[A-Z0-9]$/.test(part) && isIBAN(part.replace(/\s/g, '')))
        return [{ kind: 'iban' as const, start: m.index, end: m.index + end }];
    }
    return [];
  });
}

async function findCards(text: string): Promise<Span[]> {
  const isCreditCard = await load('isCreditCard');
  return [...text.matchAll(/(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-]|[.,]\d)/g)].flatMap((m) =>
    isCreditCard(m[0].replace(/[ -]/g, ''))
      ? [{ kind: 'card' as const, start: m.index, end: m.index + m[0].length }]
      : [],
  );
}

async function findPhones(text: string, region: string): Promise<Span[]> {
  const { findPhoneNumbersInText, isSupportedCountry } = await import('libphonenumber-js');
  const found = findPhoneNumbersInText(text, isSupportedCountry(region) ? { defaultCountry: region } : {});
  return found.map(({ startsAt, endsAt }) => ({ kind: 'phone', start: startsAt, end: endsAt }));
}

type Validator = (text: string) => boolean;

/** One function of validator: the package as a whole loads a hundred. */
async function load(name: 'isIBAN' | 'isCreditCard'): Promise<Validator> {
  const { default: validator } = await import('validator');
  return (text) => validator[name](text);
}
