// Classes that a file of another tool names, and what the user calls them. Tools write one number as 1, 1.0 or "1.0", and many keep numbers
// where the user has names.
// Invariant: C1 names given may spell or name the file's numbers; they never put its classes into another order.
import { TerminalError } from '../errors.ts';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Labels that are numbers: 1, 1.0, -2.5. */
export const isNumber = (label: string): boolean => NUMBER.test(label.trim());

/** Names of classes that a file keeps as numbers; undefined for 0, 1, 2 …: those only count the classes. */
export function numberNames(values: readonly number[]): string[] | undefined {
  const isCounting = values.every((value, k) => value === k);
  return values.length === 0 || isCounting || !values.every(Number.isFinite) ? undefined : values.map(String);
}

/**
 * The labels of a model: those given, where they do not contradict the file's.
 * @param source  what names the classes, for the message: "The file", "The pipeline"
 * @throws {TerminalError} request.invalid
 */
export function agreedNames(
  own: readonly string[] | undefined,
  given: readonly string[] | undefined,
  source: string,
): readonly string[] | undefined {
  if (own === undefined || given === undefined) return given ?? own;
  const isSame = (label: string, k: number) =>
    given[k] === label || (isNumber(label) && isNumber(given[k] ?? '') && Number(given[k]) === Number(label));
  const isNamed = own.every(isNumber) && !given.some(isNumber);
  if (own.length === given.length && (isNamed || own.every(isSame))) return given;
  throw new TerminalError(
    'request.invalid',
    `${source} names its classes ${own.join(', ')}; --labels says ${given.join(', ')}. Leave --labels out`,
  );
}

/** The file's numbers behind names that were given; undefined where it has the same names, or none. */
export function namedNumbers(own: readonly string[] | undefined, labels: readonly string[]): string | undefined {
  return own === undefined || labels.every(isNumber) || own.join('\0') === labels.join('\0')
    ? undefined
    : own.join(', ');
}
