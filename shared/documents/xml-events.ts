// XML of unknown origin as events, part by part as it comes: one pass over the string by searches, and equal start tags are taken apart once.
// What is no XML is taken as htmlparser2 takes it in its XML mode, whose events these are (a test compares them).
// Invariants: X1 depth and number of elements are bounded. X2 entities are the five of XML and numbers: nothing is expanded or fetched. X3 the time is
// linear: what is unfinished is looked at again only once there is twice as much of it. X4 attributes are shared between equal tags:
// nobody changes them; those that nobody looks at are not taken apart.
import { TerminalError } from '../errors.ts';
import type { MarkupHandler } from './markup-handler.ts';
import { keepTag, knownTag, MAX_TAG, makeRoom, nameAt } from './xml-known.ts';
import {
  decodeEntity,
  endOfEntity,
  endOfTag,
  endsName,
  isBlank,
  localOf,
  pastBlanks,
  startOfEntity,
  type Tag,
  takeTagApart,
} from './xml-tag.ts';

const MAX_DEPTH = 1000;
const [BANG, DASH, SLASH, LESS, CLOSE, QUESTION, BRACKET] = [33, 45, 47, 60, 62, 63, 91];
const DATA = '<![CDATA[';
const COMMENT = '<!--';

/** Start tags that are kept of one text. */
const MAX_NEW_TAGS = 1000;
const NONE: Readonly<Record<string, string>> = {};

export class XmlEvents {
  readonly #handler: MarkupHandler;
  readonly #maxElements: number;
  readonly #names: string[] = [];
  #elements = 0;
  #newTags = 0;
  #xml = '';
  /** Of what is unfinished: looked at from this length on. */
  #worth = 0;
  /** The next ampersand at or behind the text that is said. */
  #ampersand = -1;
  /** Behind what was read last; -1 where it is unfinished. */
  #end = 0;

  constructor(handler: MarkupHandler, maxElements: number) {
    this.#handler = handler;
    this.#maxElements = maxElements;
    makeRoom();
  }

  /** @throws {TerminalError} extract.too-large */
  write(chunk: string): void {
    this.#xml += chunk;
    if (this.#xml.length < this.#worth) return;
    const rest = this.#xml.slice(this.#read(false));
    // Of a comment that goes on its beginning is kept, and what may be of its end: it may be as large as its part.
    this.#xml = rest.startsWith(COMMENT) && rest.length > COMMENT.length + 3 ? COMMENT + rest.slice(-3) : rest;
    this.#worth = this.#xml.length * 2;
  }

  end(): void {
    this.#read(true);
    while (this.#names.length > 0) this.#pop();
  }

  /** @returns where what is unfinished begins */
  #read(isLast: boolean): number {
    const xml = this.#xml;
    this.#ampersand = -1;
    /** Of text; a `<` that begins no tag is text. */
    let from = 0;
    let at = 0;
    for (;;) {
      const start = xml.indexOf('<', at);
      if (start < 0) break;
      if (start > from) this.#say(from, start);
      from = start;
      const first = xml.charCodeAt(start + 1);
      if (first === CLOSE || isBlank(first)) {
        at = start + 1;
        continue;
      }
      if (first === SLASH) this.#close(start);
      else if (first === BANG || first === QUESTION) this.#section(start, first);
      else this.#open(start);
      if (this.#end < 0) {
        if (isLast) this.#tail(start);
        return start;
      }
      at = this.#end;
      if (!this.#isText) from = at;
      this.#isText = false;
    }
    if (isLast) {
      if (from < xml.length) this.#say(from, xml.length);
      return xml.length;
    }
    return this.#sayWhole(from);
  }
  /** Was the last an end tag without a name? */
  #isText = false;

  /** Text at the end of a chunk, without an entity that is unfinished. */
  #sayWhole(from: number): number {
    const xml = this.#xml;
    const until = startOfEntity(xml, from);
    // What begins with `<` may yet become a tag.
    if (xml.charCodeAt(from) === LESS) return from;
    if (until > from) this.#say(from, until);
    return until;
  }

  #say(from: number, to: number): void {
    if (this.#handler.text === undefined) return;
    const xml = this.#xml;
    let said = from;
    for (let at = this.#nextAmpersand(from); at < to; at = this.#nextAmpersand(at + 1)) {
      const end = endOfEntity(xml, at);
      const char = end < 0 ? undefined : decodeEntity(xml, at, end);
      if (char === undefined) continue;
      if (at > said) this.#handler.text?.(xml.slice(said, at));
      this.#handler.text?.(char);
      said = end + 1;
    }
    if (to > said) this.#handler.text?.(xml.slice(said, to));
  }

  #nextAmpersand(from: number): number {
    if (this.#ampersand < from) {
      const at = this.#xml.indexOf('&', from);
      this.#ampersand = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#ampersand;
  }

  #open(start: number): void {
    const xml = this.#xml;
    this.#end = -1;
    let at = start + 1;
    let hash = 0;
    for (let char = xml.charCodeAt(at); char > CLOSE || !endsName(char); char = xml.charCodeAt(++at))
      hash = (Math.imul(hash, 31) + char) | 0;
    if (at >= xml.length) return;
    const name = nameAt(xml, start + 1, at, hash);
    let attributes = NONE;
    let isEmpty = false;
    if (xml.charCodeAt(at) === CLOSE) this.#end = at + 1;
    else if (this.#isLookedAt(name.local)) {
      const tag = this.#tagOf(start);
      if (tag === undefined) return;
      ({ attributes, isEmpty } = tag);
    } else {
      const end = endOfTag(xml, at);
      if (end === 0) return;
      this.#end = Math.abs(end);
      isEmpty = end < 0;
    }
    this.#names.push(name.written);
    this.#elements += 1;
    if (this.#names.length > MAX_DEPTH)
      throw new TerminalError('extract.too-large', `markup: at most ${MAX_DEPTH} nested elements are read`);
    if (this.#elements > this.#maxElements)
      throw new TerminalError('extract.too-large', `markup: at most ${this.#maxElements} elements are read`);
    this.#handler.open?.(name.local, attributes);
    if (isEmpty) {
      this.#names.pop();
      this.#handler.close?.(name.local);
    }
  }

  #isLookedAt(local: string): boolean {
    return this.#handler.looksAt === undefined || this.#handler.looksAt.has(local);
  }

  /** A start tag taken apart; sets where it ends. @returns undefined where it is unfinished */
  #tagOf(start: number): Tag | undefined {
    const xml = this.#xml;
    const close = xml.indexOf('>', start);
    if (close < 0) return undefined;
    const written = close - start < MAX_TAG ? xml.slice(start, close + 1) : '';
    let tag = knownTag(written);
    if (tag === undefined && written !== '' && this.#newTags < MAX_NEW_TAGS) {
      tag = keepTag(written);
      this.#newTags += 1;
    }
    if (tag !== undefined) {
      this.#end = close + 1;
      return tag;
    }
    const taken = takeTagApart(xml, start);
    if (taken !== undefined) this.#end = taken.end;
    return taken?.tag;
  }

  #close(start: number): void {
    const xml = this.#xml;
    const names = this.#names;
    const top = names.at(-1);
    if (top !== undefined && xml.startsWith(top, start + 2) && xml.charCodeAt(start + 2 + top.length) === CLOSE) {
      this.#end = start + 3 + top.length;
      this.#pop();
      return;
    }
    const from = pastBlanks(xml, start + 2);
    const first = xml.charCodeAt(from);
    this.#end = xml.indexOf('>', from) + 1 || -1;
    if (first === CLOSE) this.#isText = true;
    if (first === CLOSE || first === SLASH || this.#end < 0) return;
    let to = from;
    while (!endsName(xml.charCodeAt(to))) to += 1;
    const name = xml.slice(from, to);
    if (!names.includes(name)) return;
    while (names.at(-1) !== name) this.#pop();
    this.#pop();
  }

  #pop(): void {
    const name = this.#names.pop();
    if (name !== undefined) this.#handler.close?.(localOf(name));
  }

  /** A comment, an instruction, a declaration; CDATA is text. */
  #section(start: number, first: number): void {
    const xml = this.#xml;
    const past = (end: string, from: number) => {
      const at = xml.indexOf(end, from);
      this.#end = at < 0 ? -1 : at + end.length;
      return at;
    };
    if (first === QUESTION) past('?>', start + 2);
    else if (xml.startsWith(DATA, start)) {
      const from = start + DATA.length;
      const to = past(']]>', from);
      if (to >= 0) this.#handler.text?.(xml.slice(from, to));
    } else if (xml.startsWith(COMMENT, start)) {
      COMMENT_END.lastIndex = start + COMMENT.length;
      this.#end = COMMENT_END.test(xml) ? COMMENT_END.lastIndex : -1;
    } else {
      // The char behind the `!` belongs to it, and behind a `-` one more.
      const second = xml.charCodeAt(start + 2);
      past('>', second === DASH ? start + 4 : second === BRACKET ? dataMismatch(xml, start) : start + 3);
    }
  }

  /** What is unfinished at the end of it all: text, but for tags and comments. */
  #tail(start: number): void {
    const xml = this.#xml;
    const first = xml.charCodeAt(start + 1);
    const isSection = first === BANG || first === QUESTION;
    if (xml.startsWith(COMMENT, start)) return;
    if (xml.startsWith(DATA, start)) this.#tailText(start + DATA.length);
    else if (isSection) this.#tailText(start + 2);
    else if (first === SLASH) this.#tailClose(start);
    else if (Number.isNaN(first)) this.#tailText(start);
    else {
      let at = start + 1;
      while (!endsName(xml.charCodeAt(at))) at += 1;
      if (at < xml.length) this.#names.push(xml.slice(start + 1, at));
    }
  }

  #tailClose(start: number): void {
    const xml = this.#xml;
    const from = pastBlanks(xml, start + 2);
    if (from >= xml.length) this.#tailText(start);
    else if (xml.charCodeAt(from) === SLASH) this.#tailText(from);
    else {
      let to = from;
      while (!endsName(xml.charCodeAt(to))) to += 1;
      const name = xml.slice(from, to);
      if (to < xml.length && this.#names.includes(name)) {
        while (this.#names.at(-1) !== name) this.#pop();
        this.#pop();
      }
    }
  }

  #tailText(from: number): void {
    if (from < this.#xml.length) this.#handler.text?.(this.#xml.slice(from));
  }
}

/** The events of a whole text. @throws {TerminalError} extract.too-large */
export function readEvents(xml: string, handler: MarkupHandler, maxElements: number): void {
  const events = new XmlEvents(handler, maxElements);
  events.write(xml);
  events.end();
}

const COMMENT_END = /--!?>/g;

/** Where `<![` stops being the beginning of CDATA. */
function dataMismatch(xml: string, start: number): number {
  let at = 3;
  while (at < DATA.length && xml.charCodeAt(start + at) === DATA.charCodeAt(at)) at += 1;
  return start + at;
}
