// Compare the literal parts of a Bicep resource with the resource's type: unknown and missing properties, closed enumerations, kinds.
// Types come in the compact form of bicep-types.json: s string, b bool, i int, * any, {o} object ('!' marks required keys, x = type of other
// keys), {a} array, {u} union, {l} literal, {d, base, e} object told apart by a key.
import type { Resource, Value } from './bicep.ts';

type Index = number;
type CompactType =
  | string
  | { o: Record<string, Index>; x?: Index }
  | { s: 1; p?: string; a?: number; z?: number }
  | { a: Index }
  | { u: Index[] }
  | { l: string }
  | { d: string; base: Record<string, Index>; e: Record<string, Index> };

export type TypeTable = Record<string, { root: Index; types: CompactType[] }>;

const COMMON = new Set(['parent', 'scope', 'dependsOn', 'name']);

/** Findings, as `path: what is wrong`; undefined when the table does not hold the type. */
export function checkResource(resource: Resource, table: TypeTable): string[] | undefined {
  const entry = table[`${resource.type}@${resource.version}`];
  if (entry === undefined) return undefined;
  const findings: string[] = [];
  new Checker(entry.types, findings).check(resource.body, entry.root, '', COMMON);
  return findings;
}

class Checker {
  readonly #types: readonly CompactType[];
  readonly #findings: string[];

  constructor(types: readonly CompactType[], findings: string[]) {
    this.#types = types;
    this.#findings = findings;
  }

  check(value: Value, index: Index, path: string, skip: ReadonlySet<string> = new Set()): void {
    const type = this.#types[index];
    if (type === undefined || type === '*' || value.kind === 'expression') return;
    if (value.kind === 'either') {
      for (const option of value.options) this.check(option, index, path, skip);
      return;
    }
    if (value.kind === 'literal' && value.value === null) return;
    if (typeof type === 'string') this.#primitive(value, type, path);
    else if ('u' in type) this.#union(value, type.u, path);
    else if ('l' in type) this.#literal(value, [type.l], path);
    else if ('s' in type) this.#text(value, type, path);
    else if ('d' in type) this.#variant(value, type, path, skip);
    else if ('o' in type) this.#object(value, type.o, type.x, path, skip);
    else if ('a' in type) {
      if (value.kind !== 'array') this.#wrong(path, 'an array is needed');
      else for (const [i, item] of value.items.entries()) this.check(item, type.a, `${path}[${i}]`);
    }
  }

  #primitive(value: Value, type: string, path: string): void {
    const names: Record<string, string> = { s: 'string', b: 'boolean', i: 'number' };
    if (value.kind !== 'literal' || typeof value.value !== names[type]) this.#wrong(path, `a ${names[type]} is needed`);
  }

  #text(value: Value, type: { p?: string; a?: number; z?: number }, path: string): void {
    if (value.kind !== 'literal' || typeof value.value !== 'string') {
      this.#wrong(path, 'a string is needed');
      return;
    }
    const { length } = value.value;
    if (length < (type.a ?? 0) || length > (type.z ?? Infinity))
      this.#wrong(path, `${length} characters are not allowed`);
    if (type.p !== undefined && !new RegExp(type.p).test(value.value)) this.#wrong(path, `does not match ${type.p}`);
  }

  #union(value: Value, members: readonly Index[], path: string): void {
    const types = members.map((index) => this.#types[index]);
    const isOpen = types.some((type) => type === 's' || (typeof type === 'object' && 's' in type));
    const literals = types.flatMap((type) => (typeof type === 'object' && 'l' in type ? [type.l] : []));
    if (!isOpen && literals.length === types.length) this.#literal(value, literals, path);
  }

  #literal(value: Value, allowed: readonly string[], path: string): void {
    if (value.kind !== 'literal' || !allowed.includes(String(value.value)))
      this.#wrong(path, `must be one of ${allowed.join(', ')}`);
  }

  #variant(
    value: Value,
    type: { d: string; base: Record<string, Index>; e: Record<string, Index> },
    path: string,
    skip: ReadonlySet<string>,
  ): void {
    if (value.kind !== 'object') {
      this.#wrong(path, 'an object is needed');
      return;
    }
    const chosen = value.entries.get(type.d);
    if (chosen?.kind !== 'literal') {
      this.#wrong(path, `${type.d} must be a literal`);
      return;
    }
    const index = type.e[String(chosen.value)];
    if (index === undefined) {
      this.#wrong(`${path}.${type.d}`, `must be one of ${Object.keys(type.e).join(', ')}`);
      return;
    }
    const variant = this.#types[index];
    if (typeof variant !== 'object' || !('o' in variant)) return;
    this.#object(value, { ...type.base, ...variant.o, [type.d]: -1 }, variant.x, path, skip);
  }

  #object(
    value: Value,
    properties: Record<string, Index>,
    others: Index | undefined,
    path: string,
    skip: ReadonlySet<string>,
  ): void {
    if (value.kind !== 'object') {
      this.#wrong(path, 'an object is needed');
      return;
    }
    const known = new Map(Object.entries(properties).map(([name, index]) => [name.replace(/^!/, ''), index]));
    for (const [key, inner] of value.entries) {
      if (skip.has(key)) continue;
      const index = known.get(key) ?? others;
      if (index === undefined) this.#wrong(path, `unknown property ${key}`);
      else this.check(inner, index, path === '' ? key : `${path}.${key}`);
    }
    for (const name of Object.keys(properties))
      if (name.startsWith('!') && !value.entries.has(name.slice(1)) && !skip.has(name.slice(1)))
        this.#wrong(path, `needs the property ${name.slice(1)}`);
  }

  #wrong(path: string, what: string): void {
    this.#findings.push(`${path === '' ? '(resource)' : path}: ${what}`);
  }
}
