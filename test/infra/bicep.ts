// Bicep files as data, for tests: parameters, resources, modules, outputs and literal values, from the tree-sitter grammar.
// The grammar is lenient (it knows no symbols and no types); checks.test.ts and property-check.ts add what it does not see.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';

export const ROOT = join(import.meta.dirname, '../..');

/** A value as far as it is literal; everything else is an expression, accepted as it stands. */
export type Value =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'object'; entries: Map<string, Value> }
  | { kind: 'array'; items: Value[] }
  | { kind: 'either'; options: Value[] }
  | { kind: 'expression'; text: string };

export interface Declaration {
  symbol: string;
  decorators: string[];
  line: number;
}
export interface Parameter extends Declaration {
  type: string;
  hasDefault: boolean;
  initial: Value | undefined;
}
export interface Resource extends Declaration {
  type: string;
  version: string;
  isExisting: boolean;
  isLoop: boolean;
  body: Value;
}
export interface Module extends Declaration {
  path: string;
  body: Value;
}
export interface BicepFile {
  file: string;
  text: string;
  /** Places the grammar could not read, as `line: text`. */
  problems: string[];
  parameters: Parameter[];
  variables: (Declaration & { value: Value })[];
  resources: Resource[];
  modules: Module[];
  outputs: (Declaration & { text: string })[];
}

const require = createRequire(import.meta.url);
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));

/** Every .bicep file below infra/. */
export function bicepFiles(): BicepFile[] {
  return readdirSync(join(ROOT, 'infra'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.bicep'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => parseBicep(relative(ROOT, path), readFileSync(path, 'utf8')));
}

/** Parse one file's text. */
export function parseBicep(file: string, text: string): BicepFile {
  const tree = parser.parse(text);
  if (tree === null) throw new Error(`${file}: the parser returned nothing`);
  const parsed: BicepFile = {
    file,
    text,
    problems: [],
    parameters: [],
    variables: [],
    resources: [],
    modules: [],
    outputs: [],
  };
  findProblems(tree.rootNode, parsed.problems);
  let decorators: string[] = [];
  for (const node of tree.rootNode.namedChildren) {
    if (node === null || node.type === 'comment') continue;
    if (node.type === 'decorators') {
      decorators = node.namedChildren.flatMap((child) => (child === null ? [] : [child.text]));
      continue;
    }
    addDeclaration(parsed, node, decorators);
    decorators = [];
  }
  return parsed;
}

function addDeclaration(parsed: BicepFile, node: Node, decorators: string[]): void {
  const children = node.namedChildren.filter((child): child is Node => child !== null);
  const last = children.at(-1);
  const declaration: Declaration = {
    symbol: children[0]?.text ?? '',
    decorators,
    line: node.startPosition.row + 1,
  };
  if (last === undefined) return;
  const isLoop = last.type === 'for_statement';
  switch (node.type) {
    case 'parameter_declaration': {
      const hasDefault = last.type !== 'type';
      const type = children.find((child) => child.type === 'type')?.text ?? '';
      parsed.parameters.push({ ...declaration, type, hasDefault, initial: hasDefault ? literalOf(last) : undefined });
      break;
    }
    case 'variable_declaration':
      parsed.variables.push({ ...declaration, value: literalOf(last) });
      break;
    case 'output_declaration':
      parsed.outputs.push({ ...declaration, text: last.text });
      break;
    case 'resource_declaration': {
      const [type = '', version = ''] = stringOf(children[1]).split('@');
      const isExisting = node.children.some((child) => child?.type === 'existing');
      parsed.resources.push({ ...declaration, type, version, isExisting, isLoop, body: bodyOf(last) });
      break;
    }
    case 'module_declaration':
      parsed.modules.push({ ...declaration, path: stringOf(children[1]), body: bodyOf(last) });
      break;
    default:
  }
}

/** The object inside `if (…) {…}` or `[for …: {…}]`. */
function bodyOf(node: Node): Value {
  if (node.type === 'if_statement') return literalOf(node.namedChildren.at(-1) as Node);
  if (node.type === 'for_statement') return bodyOf(node.childForFieldName('body') as Node);
  return literalOf(node);
}

function literalOf(node: Node): Value {
  const children = node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');
  switch (node.type) {
    case 'string':
      return children.every((child) => child.type === 'string_content' || child.type === 'escape_sequence')
        ? { kind: 'literal', value: stringOf(node) }
        : { kind: 'expression', text: node.text };
    case 'number':
      return { kind: 'literal', value: Number(node.text) };
    case 'boolean':
      return { kind: 'literal', value: node.text === 'true' };
    case 'null':
      return { kind: 'literal', value: null };
    case 'array':
      return { kind: 'array', items: children.map(literalOf) };
    case 'object':
      return {
        kind: 'object',
        entries: new Map(
          children
            .filter((child) => child.type === 'object_property')
            .map((property) => {
              const [key, ...rest] = property.namedChildren.filter(
                (c): c is Node => c !== null && c.type !== 'comment',
              );
              const value = rest.at(-1);
              return [
                key?.type === 'string' ? stringOf(key) : (key?.text ?? ''),
                value === undefined ? { kind: 'expression', text: property.text } : literalOf(value),
              ] as const;
            }),
        ),
      };
    case 'ternary_expression': {
      const options = [node.childForFieldName('consequence'), node.childForFieldName('alternative')];
      return { kind: 'either', options: options.flatMap((option) => (option === null ? [] : [literalOf(option)])) };
    }
    default:
      return { kind: 'expression', text: node.text };
  }
}

const stringOf = (node: Node | undefined): string =>
  (node?.text ?? '').replace(/^'{3}\n?|'{3}$/g, '').replace(/^'|'$/g, '');

function findProblems(node: Node, problems: string[]): void {
  if (node.type === 'ERROR' || node.isMissing)
    problems.push(`${node.startPosition.row + 1}: ${node.text.slice(0, 60).split('\n')[0] ?? ''}`);
  for (const child of node.children) if (child !== null) findProblems(child, problems);
}

/** The value at a path of keys; undefined when it is not there or not literal so far. */
export function at(value: Value | undefined, ...path: string[]): Value | undefined {
  const [key, ...rest] = path;
  if (key === undefined || value === undefined) return value;
  return value.kind === 'object' ? at(value.entries.get(key), ...rest) : undefined;
}

/** Keys of every object inside a value: through either, union(…) arguments and nested objects. */
export function keysOf(value: Value | undefined): string[] {
  if (value === undefined) return [];
  if (value.kind === 'object') return [...value.entries.keys()];
  if (value.kind === 'either') return value.options.flatMap(keysOf);
  return [];
}
