// HTTP route templates: `runs/{id}`, `{id?}`, `{id:int}`, `{*rest}`.
// Invariants: R1 a literal segment beats a constrained parameter, which beats a parameter, which beats a catch-all.
//             R2 literals match without case; parameter values are decoded once.

const CONSTRAINTS: Readonly<Record<string, RegExp>> = {
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  guid: /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i,
  bool: /^(true|false)$/i,
  alpha: /^[a-z]+$/i,
  decimal: /^-?\d+(\.\d+)?$/,
  double: /^-?\d+(\.\d+)?$/,
  float: /^-?\d+(\.\d+)?$/,
};

type Segment =
  | { kind: 'literal'; text: string }
  | { kind: 'parameter'; name: string; optional: boolean; constraint: RegExp | undefined }
  | { kind: 'rest'; name: string };

/** A compiled template. */
export interface Route {
  template: string;
  /** Lower sorts first. */
  rank: string;
  /** Parameter values when the path fits; undefined otherwise. `path` has no leading slash and is not decoded. */
  match(path: string): Record<string, string> | undefined;
}

/** Compile a template. @throws when it uses an unknown constraint */
export function compileRoute(template: string): Route {
  const segments = template
    .split('/')
    .filter((part) => part !== '')
    .map((part) => parseSegment(part, template));
  const rank = segments
    .map((s) => (s.kind === 'literal' ? '0' : s.kind === 'rest' ? '3' : s.constraint ? '1' : '2'))
    .join('');
  return {
    template,
    rank,
    match: (path) =>
      matchSegments(
        segments,
        path.split('/').filter((part) => part !== ''),
      ),
  };
}

function parseSegment(part: string, template: string): Segment {
  const match = /^\{(\*{0,2})([^{}:?=]+)(?::([^{}?=]+))?(?:=[^{}]*)?(\?)?\}$/.exec(part);
  if (!match) return { kind: 'literal', text: part.toLowerCase() };
  const [, stars, name = '', constraintText, optional] = match;
  if (stars) return { kind: 'rest', name };
  const constraint = constraintText === undefined ? undefined : CONSTRAINTS[constraintText.toLowerCase()];
  if (constraintText !== undefined && !constraint)
    throw new Error(`Route "${template}": the constraint "${constraintText}" is not supported by the local host.`);
  return { kind: 'parameter', name, optional: optional !== undefined, constraint };
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
      if (segment.constraint && !segment.constraint.test(decoded)) return undefined;
      values[segment.name] = decoded;
    }
    at++;
  }
  return at === parts.length ? values : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a malformed escape fits no route
  }
}
