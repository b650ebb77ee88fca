// What somebody looks for in texts: words, beginnings, phrases, and what must not be there.
// Invariants: T1 a question is bounded whatever is typed: so many words, none of them a beginning that half of all words share. T2 nothing that is
// typed is a mistake but having nothing to look for, or too much.
import { RequestError } from '../api/problem.ts';
import { wordsOf } from './words.ts';

/** Words that stand one after the other; a single one is a word. */
export interface Clause {
  terms: readonly string[];
  /** The last word may go on. */
  isBeginning: boolean;
}

export interface TextQuery {
  must: readonly Clause[];
  not: readonly Clause[];
}

const MAX_TERMS = 24;
/** A word of so many letters finds what begins with it too: Steuer, Steuerbescheid. */
const BEGINNING_FROM = 4;
/** The least that may stand before `*`. */
const MIN_BEGINNING = 2;

const PART = /(-)?(?:["“”„«»]([^"“”„«»]*)["“”„«»]?|([^\s"“”„«»]+))/g;

/**
 * `zoll rechnung` both, in any order; `"im Werk"` just so; `zoll*` what begins so; `-entwurf` without. Words of four letters and more find what begins
 * with them too; in quotes they do not.
 * @param field  of the request, for the words of a refusal
 * @throws {RequestError} request.invalid for a question without words, or with too many
 */
export function parseTextQuery(typed: string, field = 'text'): TextQuery {
  const must: Clause[] = [];
  const not: Clause[] = [];
  for (const [, minus, phrase, plain = ''] of typed.matchAll(PART)) {
    const hasStar = phrase === undefined && /[\p{L}\p{N}]\*+$/u.test(plain);
    const terms = [...wordsOf(phrase ?? plain)].map(({ term }) => term);
    const last = terms.at(-1);
    if (last === undefined) continue;
    const isShort = [...last].length < MIN_BEGINNING;
    if (hasStar && isShort) throw refused(field, `needs ${MIN_BEGINNING} letters before *`);
    const goesOn = phrase === undefined && terms.length === 1 && last.length >= BEGINNING_FROM && /\p{L}/u.test(last);
    // What must not be there is meant as it is written: -rat is not against Ratenzahlung.
    const clause = { terms, isBeginning: hasStar || (goesOn && minus === undefined) };
    const among = minus === undefined ? must : not;
    if (!among.some((other) => JSON.stringify(other) === JSON.stringify(clause))) among.push(clause);
  }
  const count = [...must, ...not].reduce((sum, { terms }) => sum + terms.length, 0);
  if (count > MAX_TERMS) throw refused(field, `has ${count} words, at most ${MAX_TERMS} are looked for`);
  if (must.length === 0) throw refused(field, 'has no word that is to be found');
  return { must, not };
}

const refused = (field: string, message: string): RequestError => new RequestError([{ field, message }]);
