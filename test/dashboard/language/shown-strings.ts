// Finds texts that a source of the page shows without its catalogue, by syntax tree: TypeScript 7 has no parser in its process, so it is the one
// that Vite builds the page with.
// Invariants: X1 text between tags, and in attributes that are read or heard, is always found. X2 elsewhere a string is found when it reads as
// words: letters with a space, a capital word, a sentence's end. X3 what is found is shown or named in the test with its reason.
import { parseSync } from 'rolldown/utils';

export interface Shown {
  line: number;
  text: string;
}

interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

/** Attributes of elements that people read or hear; all others of elements are technical. */
const READ = new Set(['title', 'alt', 'placeholder', 'label', 'aria-label', 'aria-valuetext', 'aria-roledescription']);

/** Attributes of components that are never shown. */
const TECHNICAL = new Set(
  'class className id key tone kind href path state order component type d width height viewBox keys'.split(' '),
);

/** Properties whose texts are shown. */
const NAMED = new Set('name title text note hint label caption message what unit placeholder remedy detail'.split(' '));

/** Elements whose text is typed or pressed as it stands. */
const VERBATIM = new Set(['code', 'kbd', 'pre']);

/** Functions whose texts are for machines, or for the console. */
const PLUMBING = new Set('split replace replaceAll querySelector querySelectorAll RegExp warn lazy'.split(' '));

/** Queries of media and transforms of SVG. */
const CODE = /^\((min|max)-width: |^(translate|rotate)\(/;
const LETTERS = /\p{L}{2}/u; // one alone is a key
const WORDS = /\p{L}.*\s|\s.*\p{L}|^\p{Lu}\p{Ll}|\p{L}[.!?:…]$/u;

/** All texts of a source that are shown without the catalogue. */
export function findShown(file: string, code: string): Shown[] {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found: Shown[] = [];
  visit(program as unknown as Node, [], (text, at) => {
    found.push({ line: code.slice(0, at).split('\n').length, text: text.replace(/\s+/g, ' ').trim() });
  });
  return found;
}

function visit(node: Node, above: readonly Node[], tell: (text: string, at: number) => void): void {
  if (isTechnical(node, above)) return;
  const text = textOf(node);
  if (text !== undefined && isShown(text, node, above)) tell(text, node.start);
  const path = [...above, node];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'type' || key === 'key' || key === 'typeAnnotation' || key === 'typeArguments') continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && 'type' in child) visit(child as Node, path, tell);
  }
}

/** The text a node has of itself; its holes are left out. */
function textOf(node: Node): string | undefined {
  if (node.type === 'JSXText') return String(node.value);
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral')
    return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('0'); // a hole is no space
  return undefined;
}

/** Is nothing of this part ever shown? */
function isTechnical(node: Node, above: readonly Node[]): boolean {
  const parent = above.at(-1);
  if (/^(Import|ExportAll|TS(?!As|Satisfies|NonNull))/.test(node.type)) return true;
  if (node.type === 'JSXAttribute') {
    const name = nameOf(node.name);
    const element = nameOf((parent as { name?: unknown }).name);
    return /^[a-z]/.test(element)
      ? !READ.has(name)
      : TECHNICAL.has(name) || (/^on[A-Z]/.test(name) === false && name.startsWith('data-'));
  }
  if (node.type === 'JSXElement') return VERBATIM.has(nameOf((node.openingElement as Node).name));
  if (parent === undefined) return false;
  if (parent.type === 'SwitchCase') return parent.test === node;
  if (parent.type === 'BinaryExpression') return parent.operator !== '+';
  if (parent.type === 'MemberExpression') return parent.property === node && node.type === 'Literal';
  if (parent.type === 'CallExpression' || parent.type === 'NewExpression') {
    const callee = parent.callee as Node;
    const name = nameOf(callee.type === 'MemberExpression' ? callee.property : callee);
    return node !== callee && PLUMBING.has(name);
  }
  return parent.type === 'TaggedTemplateExpression';
}

function isShown(text: string, node: Node, above: readonly Node[]): boolean {
  if (!LETTERS.test(text) || CODE.test(text)) return false;
  if (node.type === 'JSXText') return true; // X1
  if (WORDS.test(text)) return true; // X2
  // A single small word is shown where it is a child of an element, in an attribute that is read, or has a name that is.
  let inner = node;
  for (const outer of [...above].reverse()) {
    if (outer.type === 'JSXAttribute') return true; // technical ones were left out
    if (outer.type === 'JSXExpressionContainer') {
      inner = outer;
      continue;
    }
    if (outer.type === 'JSXElement' || outer.type === 'JSXFragment') return inner.type === 'JSXExpressionContainer';
    if (outer.type === 'Property') return NAMED.has(nameOf(outer.key));
    if (!/^(Conditional|Logical|Parenthesized|TSAs|TSSatisfies|Binary)Expression$|^(Array|Template)/.test(outer.type))
      return false;
    inner = outer;
  }
  return false;
}

function nameOf(node: unknown): string {
  const { name, value, property } = (node ?? {}) as { name?: unknown; value?: unknown; property?: unknown };
  return typeof name === 'string'
    ? name
    : typeof value === 'string'
      ? value
      : property === undefined
        ? ''
        : nameOf(property);
}
