// What a schema finds wrong with a value, in words for whoever wrote it: the member, and what it must be. A schema's own texts stand as they are.
import type { z } from 'zod';

export interface Wrong {
  /** Path of the member, parts joined by dots; '' is the value itself. */
  field: string;
  message: string;
}

/** Every wrong member. Of a union those of the form that fits best are told. */
export const issuesOf = (error: Pick<z.core.$ZodError, 'issues'>): Wrong[] =>
  error.issues.flatMap((issue) => wrongsOf(issue));

/** The same in one line. @param root  what the value itself is called */
export const sayIssues = (error: Pick<z.core.$ZodError, 'issues'>, root: string): string =>
  issuesOf(error)
    .map(({ field, message }) => `${field === '' ? root : field}: ${message}`)
    .join('; ');

type Issue = z.core.$ZodIssue;

function wrongsOf(issue: Issue, before: readonly PropertyKey[] = []): Wrong[] {
  const path = [...before, ...issue.path];
  const field = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: field === '' ? key : `${field}.${key}`, message: 'is not known here' }));
  if (issue.code === 'invalid_union') {
    const [closest] = [...issue.errors].sort((a, b) => distance(a) - distance(b));
    if (closest !== undefined && closest.length > 0) return closest.flatMap((inner) => wrongsOf(inner, path));
  }
  return [{ field, message: describe(issue) }];
}

/** How far a value is from a form: what is known to be wrong members, and members that the form does not have. */
const distance = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

/** What zod says where a schema has no text of its own. */
const OWN_WORDS = /^(Invalid|Too (small|big)|Unrecognized)/;
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function describe(issue: Issue): string {
  if (!OWN_WORDS.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type': {
      const need = `must be ${KINDS[issue.expected] ?? issue.expected}`;
      return /received undefined$/.test(issue.message) ? `is missing: it ${need}` : need;
    }
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `must ${amount(issue.origin, `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`)}`;
    case 'too_big':
      return `must ${amount(issue.origin, `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return 'has not the form that is needed';
  }
}

function amount(origin: string, bound: string): string {
  if (origin === 'string') return `have ${bound} characters`;
  return origin === 'array' || origin === 'set' ? `have ${bound} entries` : `be ${bound}`;
}
