// Elements of a part by their ids, found by searches and read one by one when they are asked for: a part of styles has hundreds of them,
// a document names five.
// Invariants: B1 what is written in another way than programs write it has no blocks: its part is read as a whole. B2 the time is linear, whatever stands
// in the part.

export interface XmlBlock {
  /** Its place among all of the part. */
  at: number;
  /** The element with all that is in it. */
  xml: string;
}

interface Place {
  from: number;
  /** Where the next element of its name begins. */
  until: number;
}

const isBlank = (char: number) => char === 32 || (char >= 9 && char <= 13);
const [EQUALS, QUOTE, COLON, LESS] = [61, 34, 58, 60];
/** Rarer than all else that such an element has. */
const MARK = 'Id';

export class XmlBlocks {
  readonly #bytes: Buffer;
  /** One char per byte. */
  readonly #xml: string;
  readonly #places: ReadonlyMap<string, Map<string, Place>>;

  private constructor(bytes: Buffer, xml: string, places: ReadonlyMap<string, Map<string, Place>>) {
    this.#bytes = bytes;
    this.#xml = xml;
    this.#places = places;
  }

  /**
   * @param bytes  UTF-8
   * @param elements  local names, in the namespace that programs call `w`; the attribute with their id is called as they are, with `Id` behind
   * @returns undefined where it must be read as a whole (B1)
   */
  static of(bytes: Buffer, elements: readonly string[]): XmlBlocks | undefined {
    const xml = bytes.toString('latin1');
    if (xml.includes('!') && xml.includes('<!')) return undefined; // what is no markup might look like some
    const places = new Map(elements.map((element) => [element, new Map<string, Place>()]));
    const last = new Map<string, Place>();
    let [from, tag, searched] = [-1, '', 0];
    for (let at = xml.indexOf(MARK); at >= 0; at = xml.indexOf(MARK, at + MARK.length)) {
      const behind = xml.charCodeAt(at + 2);
      if (behind !== EQUALS && !isBlank(behind)) continue;
      const start = startOfTag(xml, at, searched);
      searched = at;
      if (start > from) [from, tag] = [start, tagName(xml, start, at)];
      const element = elements.find(
        (name) => tag.endsWith(name) && (tag.length === name.length || tag.at(-1 - name.length) === ':'),
      );
      if (element === undefined) continue;
      const name = `${element}${MARK}`;
      const nameAt = at + MARK.length - name.length;
      const before = xml.charCodeAt(nameAt - 1);
      if (!xml.startsWith(name, nameAt) || (before !== COLON && !isBlank(before))) continue;
      if (tag !== `w:${element}`) return undefined;
      const end = behind === EQUALS && xml.charCodeAt(at + 3) === QUOTE ? xml.indexOf('"', at + 4) : -1;
      const previous = last.get(element);
      const known = places.get(element)!; // one for each of the elements
      if (end < 0 || previous?.from === from) return undefined;
      const id = decoded(xml.slice(at + 4, end));
      if (id === undefined || known.has(id)) return undefined;
      if (previous !== undefined) previous.until = from;
      const place = { from, until: xml.length };
      last.set(element, place);
      known.set(id, place);
    }
    return last.size === 0 ? undefined : new XmlBlocks(bytes, xml, places);
  }

  /** How many there are of a name. */
  count(element: string): number {
    return this.#places.get(element)?.size ?? 0;
  }

  /** @returns undefined where there is none, null where it has no end of its own (B1) */
  find(element: string, id: string): XmlBlock | null | undefined {
    const place = this.#places.get(element)?.get(id);
    if (place === undefined) return undefined;
    const endTag = `</w:${element}>`;
    const end = this.#xml.indexOf(endTag, place.from);
    if (end < 0 || end > place.until) return null;
    return { at: place.from, xml: this.#bytes.toString('utf8', place.from, end + endTag.length) };
  }
}

/** The last `<` before a place; -1 where there is none behind what was searched already. */
function startOfTag(xml: string, before: number, searched: number): number {
  for (let at = before; at >= searched; at--) if (xml.charCodeAt(at) === LESS) return at;
  return -1;
}

/** @param until  where an attribute of the tag stands @returns '' where its name does not end before that */
function tagName(xml: string, start: number, until: number): string {
  for (let end = start + 1; end < until; end++) if (isBlank(xml.charCodeAt(end))) return xml.slice(start + 1, end);
  return '';
}

/** @returns undefined where there are entities in it */
function decoded(id: string): string | undefined {
  if (id.includes('&')) return undefined;
  return /[\x80-\xff]/.test(id) ? Buffer.from(id, 'latin1').toString('utf8') : id;
}
