// What the readers of OOXML parts share: relations between parts.
import type { PackageParts } from '../package-parts.ts';
import { TagScan, toScan } from './tag-scan.ts';

export interface Relation {
  id: string;
  /** Last segment of the type URI: slide, notesSlide, officeDocument… */
  kind: string;
  /** Part name within the package; external targets are left out. */
  target: string;
}

const known = new WeakMap<PackageParts, Map<string, Promise<readonly Relation[]>>>();

/** Relations of a part, read once; '' is the package itself. */
export function relationsOf(parts: PackageParts, part: string): Promise<readonly Relation[]> {
  const ofParts = known.get(parts) ?? new Map<string, Promise<readonly Relation[]>>();
  known.set(parts, ofParts);
  const relations = ofParts.get(part) ?? readRelations(parts, part);
  ofParts.set(part, relations);
  return relations;
}

async function readRelations(parts: PackageParts, part: string): Promise<Relation[]> {
  const folder = part.includes('/') ? part.slice(0, part.lastIndexOf('/') + 1) : '';
  const file = part.slice(folder.length);
  const relations: Relation[] = [];
  const content = await parts.utf8(`${folder}_rels/${file}.rels`);
  if (content === undefined) return relations;
  for (const scan = new TagScan(toScan(content)); scan.next(); ) {
    if (scan.isEnd || !scan.is('Relationship') || scan.attribute('TargetMode') === 'External') continue; // links are never followed
    const [id, type, target] = [scan.attribute('Id'), scan.attribute('Type'), scan.attribute('Target')];
    if (id !== undefined && type !== undefined && target !== undefined)
      relations.push({ id, kind: type.slice(type.lastIndexOf('/') + 1), target: resolvePart(folder, target) });
  }
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
