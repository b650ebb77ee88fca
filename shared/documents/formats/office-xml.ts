// What the readers of OOXML parts share: relations between parts, and paragraph text of DrawingML.
import { attribute } from '../markup.ts';
import type { PackageParts } from '../package-parts.ts';
import { writtenDescription } from '../pictures.ts';
import type { TextSink } from '../reading.ts';

export interface Relation {
  id: string;
  /** Last segment of the type URI: slide, notesSlide, officeDocument… */
  kind: string;
  /** Part name within the package; external targets are left out. */
  target: string;
}

/** Relations of a part; '' is the package itself. */
export async function relationsOf(parts: PackageParts, part: string): Promise<Relation[]> {
  const folder = part.includes('/') ? part.slice(0, part.lastIndexOf('/') + 1) : '';
  const file = part.slice(folder.length);
  const relations: Relation[] = [];
  await parts.xml(`${folder}_rels/${file}.rels`, {
    open(name, attributes) {
      if (name !== 'Relationship' || attributes.TargetMode === 'External') return; // links are never followed
      const { Id: id, Type: type, Target: target } = attributes;
      if (id !== undefined && type !== undefined && target !== undefined)
        relations.push({ id, kind: type.slice(type.lastIndexOf('/') + 1), target: resolvePart(folder, target) });
    },
  });
  return relations;
}

function resolvePart(folder: string, target: string): string {
  const segments: string[] = [];
  for (const segment of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/** The main part of a package by its relations; `usual` when they do not tell. */
export async function mainPart(parts: PackageParts, usual: string): Promise<string> {
  const main = (await relationsOf(parts, '')).find((relation) => relation.kind === 'officeDocument')?.target;
  return main !== undefined && parts.has(main) ? main : usual;
}

/** Text of DrawingML (slides, diagrams, charts): a line per paragraph, a tab per table cell. */
export async function addDrawingText(
  parts: PackageParts,
  part: string,
  sink: TextSink,
  skip: (name: string, attributes: Record<string, string>) => boolean = () => false,
  visit?: (name: string, attributes: Record<string, string>, stack: readonly string[]) => void,
): Promise<void> {
  let skipped = 0;
  let inText = 0;
  let cells = 0;
  const stack: string[] = [];
  await parts.xml(part, {
    open(name, attributes) {
      if (skipped > 0 || name === 'Fallback' || skip(name, attributes)) {
        skipped += 1;
        return;
      }
      stack.push(name);
      if (name === 't' || (name === 'v' && stack.at(-2) === 'pt') || name === 'text') inText += 1;
      else if (name === 'tc') {
        if (cells > 0) sink.add('\t');
        cells += 1;
      } else if (name === 'tr' || name === 'br') {
        sink.add('\n');
        if (name === 'tr') cells = 0;
      } else if (name === 'cNvPr') {
        const written = writtenDescription(attribute(attributes, 'descr'));
        if (written !== '') sink.add(`\n${written}\n`);
      } else visit?.(name, attributes, stack);
    },
    text(text) {
      if (skipped === 0 && inText > 0) sink.add(text);
    },
    close(name) {
      if (skipped > 0) {
        skipped -= 1;
        return;
      }
      const parent = stack.at(-2);
      stack.pop();
      if (name === 't' || (name === 'v' && parent === 'pt') || name === 'text') inText -= 1;
      if (name === 'v' || name === 'text') sink.add('\n');
      if (name === 'p') sink.add(stack.includes('tc') ? ' ' : '\n');
    },
  });
  sink.breakLine();
}
