// The model's text → results by document number. Nothing is guessed: what is not clearly an answer for a document is missing.
// Invariants: A1 results are matched by id, never by order. A2 contradictory results for one id are no result.
//             Those of an answer that may count from 0 are none. A3 cut text yields its complete elements only. A4 a quote that is not in the document is dropped.
import { UNSURE } from './prompt.ts';

export interface FoundResult {
  /** Index into the taxonomy's labels, or null for UNSURE. */
  label: number | null;
  /** As stated by the model, or from token probabilities. 0..1. */
  confidence: number;
  quote: string | null;
  /** null when the model gave no quote. */
  quoteVerified: boolean | null;
}

export interface ReadResults {
  /** By number of the document in the prompt, from 1. */
  found: Map<number, FoundResult>;
  /** The text was one whole JSON value. */
  isWhole: boolean;
  unknownIds: number;
  conflicts: number;
  invalid: number;
}

/** Spellings → label index; lower-case, NFC. */
export type LabelIndex = ReadonlyMap<string, number | null>;

/** Codes first, then names and aliases (servers that do not enforce the schema answer with names). */
export function labelIndex(
  codes: readonly string[],
  labels: readonly { name: string; aliases?: readonly string[] | undefined }[],
): LabelIndex {
  const index = new Map<string, number | null>();
  labels.forEach(({ name, aliases }, i) => {
    for (const spelling of [name, ...(aliases ?? [])]) if (!index.has(fold(spelling))) index.set(fold(spelling), i);
  });
  codes.forEach((code, i) => {
    index.set(fold(code), i);
  });
  return index.set(fold(UNSURE), null);
}

/**
 * Read an answer.
 * @param texts          the documents as they were shown, in order
 * @param probabilities  of each result's label in order of appearance, where the model gives them
 */
export function readResults(
  content: string,
  texts: readonly string[],
  labels: LabelIndex,
  probabilities: readonly number[] = [],
): ReadResults {
  const { elements, isWhole } = elementsOf(content);
  const scale = isFractions(content, elements) ? 1 : 100;
  const read: ReadResults = { found: new Map(), isWhole, unknownIds: 0, conflicts: 0, invalid: 0 };
  const contradicted = new Set<number>();
  const first = firstId(elements, texts.length);
  if (first === undefined) return { ...read, unknownIds: elements.length };
  elements.forEach((element, at) => {
    const { id: rawId, label: rawLabel, confidence: stated, quote: rawQuote } = element;
    const told = idOf(rawId);
    const id = told === undefined ? undefined : told - first + 1;
    const text = id === undefined ? undefined : texts[id - 1];
    if (id === undefined || text === undefined) {
      read.unknownIds++;
      return;
    }
    const label = typeof rawLabel === 'string' ? labels.get(fold(rawLabel)) : undefined;
    const confidence = statedNumber(stated);
    if (label === undefined || confidence === undefined) {
      read.invalid++;
      return;
    }
    const earlier = read.found.get(id);
    if (earlier !== undefined && earlier.label !== label) {
      contradicted.add(id);
      read.conflicts++;
    }
    if (earlier !== undefined) return;
    const quote = typeof rawQuote === 'string' && rawQuote.trim() !== '' ? rawQuote.trim() : null;
    const quoteVerified = quote === null ? null : isQuoteOf(quote, text);
    read.found.set(id, {
      label,
      confidence: probabilities[at] ?? Math.min(1, Math.max(0, confidence / (isPercent(stated) ? 100 : scale))),
      quote: quoteVerified === true ? quote : null,
      quoteVerified,
    });
  });
  for (const id of contradicted) read.found.delete(id);
  return read;
}

const idOf = (id: unknown): number | undefined => {
  if (typeof id === 'number') return id;
  return typeof id === 'string' && /^\d{1,6}$/.test(id.trim()) ? Number(id) : undefined;
};

/**
 * The number of the first document as the answer counts: 1 as asked, or 0 where all are there from 0 on and none as asked.
 * @returns undefined when it may be either: no number says then which document is meant
 */
function firstId(elements: readonly Element[], count: number): 0 | 1 | undefined {
  const ids = new Set(elements.map(({ id }) => idOf(id)));
  if (!ids.has(0) || ids.has(count)) return 1;
  return Array.from({ length: count }, (_, i) => i).every((id) => ids.has(id)) ? 0 : undefined;
}

const isPercent = (stated: unknown): boolean => typeof stated === 'string' && stated.trim().endsWith('%');

function statedNumber(stated: unknown): number | undefined {
  const number = typeof stated === 'string' && stated.trim() !== '' ? Number(stated.replace(/%\s*$/, '')) : stated;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Does the answer state its confidence from 0 to 1? Then no number is above 1 and one at least is written with a point. */
function isFractions(content: string, elements: readonly Element[]): boolean {
  const stated = elements.map((element) => statedNumber(element.confidence)).filter((number) => number !== undefined);
  if (stated.length === 0 || stated.some((number) => number > 1 || number < 0)) return false;
  return stated.some((number) => !Number.isInteger(number)) || /"confidence"\s*:\s*"?[01]\.0/.test(content);
}

/** Is the quote in the text, up to case, spacing, quotation marks and dashes? */
export function isQuoteOf(quote: string, text: string): boolean {
  const wanted = foldText(quote)
    .replace(/^(?:\.\.\.|…|"|')+|(?:\.\.\.|…|"|')+$/g, '')
    .trim();
  return wanted.length > 0 && foldText(text).includes(wanted);
}

/**
 * Probability of each result's label from token probabilities, in order of appearance; empty when they don't fit the text.
 * @param tokens  `choices[0].logprobs.content` of the answer
 */
export function labelProbabilities(content: string, tokens: unknown): number[] {
  if (!Array.isArray(tokens)) return [];
  const spans: { start: number; end: number; logprob: number }[] = [];
  let at = 0;
  for (const { token, logprob } of tokens as { token?: unknown; logprob?: unknown }[]) {
    if (typeof token !== 'string' || typeof logprob !== 'number') return [];
    spans.push({ start: at, end: at + token.length, logprob });
    at += token.length;
  }
  if (at !== content.length) return [];
  return [...content.matchAll(/"label"\s*:\s*"([^"]*)"/g)].map((match) => {
    const start = match.index + match[0].length - 1 - (match[1]?.length ?? 0);
    const end = match.index + match[0].length - 1;
    const sum = spans.filter((s) => s.start < end && s.end > start).reduce((total, s) => total + s.logprob, 0);
    return Math.min(1, Math.exp(sum));
  });
}

type Element = Record<string, unknown>;

/** Elements of the `results` array: all of them, or the complete ones of a text that is cut or wrapped in prose. */
const MOST_TEXTS = 2;

export function elementsOf(content: string, depth = 0): { elements: Element[]; isWhole: boolean } {
  const whole = parseJson(content);
  // A text within a text: some servers pack the answer twice.
  if (typeof whole === 'string' && depth < MOST_TEXTS) return elementsOf(whole, depth + 1);
  if (isRecord(whole) && Array.isArray(whole.results))
    return { elements: whole.results.filter(isRecord), isWhole: true };
  if (isRecord(whole) && 'label' in whole) return { elements: [whole], isWhole: true };
  const elements: Element[] = [];
  // A text may hold several lists, a draft and an answer: all are read, and what contradicts itself is no answer.
  const lists = /"results"\s*:\s*\[/g;
  const bare = content.includes('"results"') ? null : /^\s*(?:```(?:json)?\s*)?\[/.exec(content);
  if (bare !== null) readList(content, bare[0].length, elements);
  while (lists.exec(content) !== null) lists.lastIndex = readList(content, lists.lastIndex, elements);
  return { elements, isWhole: false };
}

/** Complete elements of the list that begins here. @returns where it ends */
function readList(content: string, from: number, elements: Element[]): number {
  let depth = 0;
  let begin = -1;
  let inText = false;
  for (let i = from; i < content.length; i++) {
    const c = content[i];
    if (inText) {
      if (c === '\\') i++;
      else if (c === '"') inText = false;
    } else if (c === '"') inText = true;
    else if (c === '{') {
      if (depth++ === 0) begin = i;
    } else if (c === '}') {
      if (--depth === 0) {
        const element = parseJson(content.slice(begin, i + 1));
        if (isRecord(element)) elements.push(element);
      }
    } else if (c === ']' && depth === 0) return i + 1;
  }
  return content.length;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // expected of models; the caller goes on with what is complete
    throw error;
  }
}

function isRecord(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fold(text: string): string {
  return text.normalize('NFC').trim().toLowerCase();
}

function foldText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2018\u2019\u201a\u2032`´]/g, "'")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, ' ');
}
