// Blob path patterns of bindings: `container/folder/{name}.{ext}` with tokens.
// Invariant: matching is anchored; a token takes as much as it can, the first ones first, and may be empty (BindingTemplateSource of WebJobs).

/** A compiled pattern. */
export interface BlobPattern {
  container: string;
  /** Literal text before the first token: narrows listings. */
  prefix: string;
  /** Token values when the blob's name fits; undefined otherwise. */
  match(blob: string): Record<string, string> | undefined;
}

/** Compile `container` or `container/path-with-{tokens}`. `{{` and `}}` stand for braces. */
export function compileBlobPattern(path: string): BlobPattern {
  const slash = path.indexOf('/');
  const container = slash < 0 ? path : path.slice(0, slash);
  const rest = slash < 0 ? '{name}' : path.slice(slash + 1);
  const names: string[] = [];
  const parts = rest.split(/(\{\{|\}\}|\{[^{}]+\})/);
  let source = '';
  let prefix = '';
  for (const part of parts) {
    if (isToken(part)) {
      names.push(part.slice(1, -1));
      source += '(.*)';
    } else {
      const literal = part === '{{' ? '{' : part === '}}' ? '}' : part;
      source += literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (names.length === 0) prefix += literal;
    }
  }
  const pattern = new RegExp(`^${source}$`, 's');
  return {
    container,
    prefix,
    match(blob) {
      const found = pattern.exec(blob);
      return found ? Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ''])) : undefined;
    },
  };
}

/** Fill a binding's path with tokens such as `{name}`, `{rand-guid}` and `{DateTime}`. @throws when a token has no value */
export function fillPath(
  path: string,
  tokens: Readonly<Record<string, string>>,
  now: Date,
  guid: () => string,
): string {
  return path.replace(/\{([^{}]+)\}/g, (whole, token: string) => {
    const key = Object.keys(tokens).find((name) => name.toLowerCase() === token.toLowerCase());
    if (key !== undefined) return tokens[key] ?? '';
    if (/^rand-guid$/i.test(token)) return guid();
    if (/^datetime$/i.test(token))
      return now
        .toISOString()
        .replace(/\.\d+Z$/, 'Z')
        .replaceAll(':', '-');
    throw new Error(`The binding path "${path}" has no value for ${whole}.`);
  });
}

function isToken(part: string): boolean {
  return part.length > 2 && part.startsWith('{') && part.endsWith('}') && part !== '{{';
}
