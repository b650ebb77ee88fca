// HTTP route templates: `runs/{id}`, `{id?}`, `{id:int}`, `{id:length(64)}`, `{version:regex(^v\\d+$)}`, `{*rest}`.
// Invariants: R1 a template says whether a path fits, never how well: the first function by name whose route fits answers, as in Azure
//             (there functions are sorted by name, and the router takes the first route that matches). R2 literals match without case;
//             parameter values are decoded once, but for an escaped slash, which stays as it is (HttpRequest.Path of ASP.NET Core).
// Constraints: https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints

type Holds = (value: string) => boolean;

const WHOLE = /^[+-]?\d+$/;
const FRACTION = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const number = (value: string): number => (WHOLE.test(value) ? Number(value) : Number.NaN);

/** By name; arguments are the texts between the brackets. Undefined: the constraint does not take these arguments. */
const CONSTRAINTS: Readonly<Record<string, (args: readonly string[], text: string) => Holds | undefined>> = {
  int: () => (value) => number(value) >= -(2 ** 31) && number(value) < 2 ** 31,
  long: () => (value) => WHOLE.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value),
  guid: () => (value) => /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i.test(value),
  bool: () => (value) => /^(true|false)$/i.test(value),
  alpha: () => (value) => /^[a-z]*$/i.test(value),
  decimal: () => (value) => FRACTION.test(value),
  double: () => (value) => FRACTION.test(value),
  float: () => (value) => FRACTION.test(value),
  required: () => (value) => value !== '',
  minlength: ([least]) => bounded(least, (bound) => (value) => value.length >= bound),
  maxlength: ([most]) => bounded(most, (bound) => (value) => value.length <= bound),
  length: ([least, most]) =>
    bounded(least, (low) => bounded(most ?? least, (high) => (value) => value.length >= low && value.length <= high)),
  min: ([least]) => bounded(least, (bound) => (value) => number(value) >= bound),
  max: ([most]) => bounded(most, (bound) => (value) => number(value) <= bound),
  range: ([least, most]) =>
    bounded(least, (low) => bounded(most, (high) => (value) => number(value) >= low && number(value) <= high)),
  regex: (_args, text) => {
    const expression = new RegExp(text, 'i');
    return (value) => expression.test(value);
  },
};

function bounded(text: string | undefined, make: (bound: number) => Holds | undefined): Holds | undefined {
  return text === undefined || Number.isNaN(number(text)) ? undefined : make(number(text));
}

type Segment =
  | { kind: 'literal'; text: string }
  | { kind: 'parameter'; name: string; optional: boolean; constraints: readonly Holds[] }
  | { kind: 'rest'; name: string };

/** A compiled template. */
export interface Route {
  template: string;
  /** Parameter values when the path fits; undefined otherwise. `path` has no leading slash and is not decoded. */
  match(path: string): Record<string, string> | undefined;
}

/** Compile a template. @throws when it uses an unknown constraint, or text beside a parameter in one segment */
export function compileRoute(template: string): Route {
  const segments = splitTemplate(template).map((part) => parseSegment(part, template));
  return {
    template,
    match: (path) =>
      matchSegments(
        segments,
        path.split('/').filter((part) => part !== ''),
      ),
  };
}

/** Segments of a template; a slash inside braces belongs to a constraint. */
function splitTemplate(template: string): string[] {
  return (template.match(/(?:\{[^{}]*\}|[^/{}])+/g) ?? []).filter((part) => part !== '');
}

function parseSegment(part: string, template: string): Segment {
  if (!/[{}]/.test(part)) return { kind: 'literal', text: part.toLowerCase() };
  const match = /^\{(\*{0,2})([^{}:?=]+)((?::[^{}]+)?)\??\}$/.exec(part);
  if (!match) throw new Error(`Route "${template}": "${part}" is not supported by the local host.`);
  const [, stars, name = '', constrained = ''] = match;
  if (stars) return { kind: 'rest', name };
  const optional = part.endsWith('?}');
  const text = optional ? constrained.replace(/\?$/, '') : constrained;
  const constraints = [...text.matchAll(/:([a-z]+)(?:\(((?:\([^()]*\)|[^()])*)\))?/gi)].map(
    ([whole, kind = '', inner = '']) => {
      const holds = CONSTRAINTS[kind.toLowerCase()]?.(
        inner.split(',').map((one) => one.trim()),
        inner,
      );
      if (!holds)
        throw new Error(`Route "${template}": the constraint "${whole.slice(1)}" is not supported by the local host.`);
      return holds;
    },
  );
  return { kind: 'parameter', name, optional, constraints };
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  let at = 0;
  for (const segment of segments) {
    const part = parts[at];
    if (segment.kind === 'rest') {
      const rest = decode(parts.slice(at).join('/'));
      if (rest === undefined) return undefined;
      if (rest !== '') values[segment.name] = rest;
      return values;
    }
    if (part === undefined) {
      if (segment.kind === 'parameter' && segment.optional) continue;
      return undefined;
    }
    const decoded = decode(part);
    if (decoded === undefined) return undefined;
    if (segment.kind === 'literal') {
      if (decoded.toLowerCase() !== segment.text) return undefined;
    } else {
      if (!segment.constraints.every((holds) => holds(decoded))) return undefined;
      values[segment.name] = decoded;
    }
    at++;
  }
  return at === parts.length ? values : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return undefined; // a malformed escape fits no route
  }
}
