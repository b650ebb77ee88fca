// Classes that a file of another tool names, and what the user calls them. Tools write one number as 1, 1.0 or "1.0", and many keep numbers
// where the user has names.
// Invariants: C1 names given may spell or name the file's numbers; they never put its classes into another order. C2 a number gets the name
// that was said for it (2=Contracts): only 0, 1, 2 … may be named by a mere list, because they count its places.
import { TerminalError } from '../errors.ts';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Labels that are numbers: 1, 1.0, -2.5. */
export const isNumber = (label: string): boolean => NUMBER.test(label.trim());

/** Names of classes that a file keeps as numbers; undefined for 0, 1, 2 …: those only count the classes. */
export function numberNames(values: readonly number[]): string[] | undefined {
  const isCounting = values.every((value, k) => value === k);
  return values.length === 0 || isCounting || !values.every(Number.isFinite) ? undefined : values.map(String);
}

/** 2=Contracts, as a pair. */
const NAMED = /^\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*=\s*(\S.*?)\s*$/i;

/**
 * The labels of a model: those given, where they do not contradict the file's.
 * @param given   names in the classes' order, or `number=name` for every class, in any order
 * @param source  what names the classes, for the message: "The file", "The pipeline"
 * @throws {TerminalError} request.invalid
 */
export function agreedNames(
  own: readonly string[] | undefined,
  given: readonly string[] | undefined,
  source: string,
): readonly string[] | undefined {
  if (given === undefined) return own;
  if (own?.length === given.length && own.every((label, k) => isSpelled(given[k] ?? '', label))) return given;
  const pairs = given.flatMap((text) => {
    const [, number, name] = NAMED.exec(text) ?? [];
    return number === undefined || name === undefined ? [] : [{ number, name }];
  });
  if (pairs.length === given.length && (own ?? []).every(isNumber)) return namesOf(own, pairs, source);
  if (own === undefined) return given;
  if (own.length === given.length && own.every(isNumber) && !given.some(isNumber)) {
    if (own.every((label, k) => Number(label) === k)) return given;
    throw new TerminalError(
      'request.invalid',
      `${source} has the classes ${own.join(', ')}, in this order. Say which is which: --labels "${own.map((label) => `${label}=<name>`).join(',')}"`,
    );
  }
  throw new TerminalError(
    'request.invalid',
    `${source} names its classes ${own.join(', ')}; --labels says ${given.join(', ')}. Leave --labels out`,
  );
}

const isSpelled = (given: string, own: string): boolean =>
  given === own || (isNumber(own) && isNumber(given) && Number(given) === Number(own));

/** Names in the order of the file's classes; without any, the numbers must be 0, 1, 2 …, each once. */
function namesOf(
  own: readonly string[] | undefined,
  pairs: readonly { number: string; name: string }[],
  source: string,
): string[] {
  const classes = own ?? pairs.map((_, k) => String(k));
  const names = classes.flatMap((label) => {
    const said = pairs.filter(({ number }) => Number(number) === Number(label));
    return said.length === 1 ? [said[0]!.name] : [];
  });
  if (names.length === classes.length && pairs.length === classes.length) return names;
  throw new TerminalError(
    'request.invalid',
    `${source} has the classes ${classes.join(', ')}; --labels must name each of them once, and says ${pairs.map(({ number, name }) => `${number}=${name}`).join(', ')}`,
  );
}

/**
 * The numbers that stand for the labels in the file, for the notice of an import.
 * @param given  the names that were given
 * @returns undefined where the file has the same names, or none were given
 */
export function namedNumbers(
  own: readonly string[] | undefined,
  given: readonly string[] | undefined,
  labels: readonly string[],
): string | undefined {
  if (given === undefined || labels.every(isNumber) || own?.join('\0') === labels.join('\0')) return undefined;
  return (own ?? labels.map((_, k) => String(k))).join(', ');
}
