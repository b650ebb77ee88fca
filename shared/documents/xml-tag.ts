// A start tag of XML, taken apart as htmlparser2 does in its XML mode, and the entities in text and values.

const [AMPERSAND, UNDERSCORE] = [38, 95];
const [SPACE, QUOTE, NUMBER, APOSTROPHE, SLASH, SEMICOLON, EQUALS, CLOSE] = [32, 34, 35, 39, 47, 59, 61, 62];

export interface Tag {
  name: string;
  /** Without its prefix. */
  local: string;
  /** With their prefixes. */
  attributes: Record<string, string>;
  isEmpty: boolean;
}

export const isBlank = (char: number) => char === 32 || (char >= 9 && char <= 13 && char !== 11);
/** Also behind the end, where a char is not a number. */
export const endsName = (char: number) => char === CLOSE || char === SLASH || isBlank(char) || Number.isNaN(char);
export const localOf = (name: string) => name.slice(name.indexOf(':') + 1);

/** @param start  of its `<` @returns the tag and where it ends; undefined where it is unfinished */
export function takeTagApart(xml: string, start: number): { tag: Tag; end: number } | undefined {
  let at = start + 1;
  while (!endsName(xml.charCodeAt(at))) at += 1;
  const name = xml.slice(start + 1, at);
  const attributes: Record<string, string> = {};
  const end = takeAttributes(xml, at, attributes);
  return end === 0
    ? undefined
    : { tag: { name, local: localOf(name), attributes, isEmpty: end < 0 }, end: Math.abs(end) };
}

/**
 * The end of a start tag whose attributes nobody looks at.
 * @param from  behind its name
 * @returns behind the tag, below 0 where it is empty; 0 where it is unfinished
 */
export function endOfTag(xml: string, from: number): number {
  for (let at = from; ; ) {
    let char = xml.charCodeAt(at);
    if (char === CLOSE) return at + 1;
    if (char === SPACE) {
      at += 1;
      continue;
    }
    if (char === SLASH && xml.charCodeAt(at + 1) === CLOSE) return -(at + 2);
    // What programs write is looked at here, all else with care: an equals sign without a name before it is a name.
    if (char === EQUALS || endsName(char)) return takeAttributes(xml, from, {});
    do char = xml.charCodeAt(++at);
    while (char > CLOSE || (char !== EQUALS && !endsName(char)));
    if (char !== EQUALS || xml.charCodeAt(at + 1) !== QUOTE) return takeAttributes(xml, from, {});
    at = xml.indexOf('"', at + 2) + 1;
    if (at === 0) return 0;
  }
}

/** @returns as above */
function takeAttributes(xml: string, from: number, attributes: Record<string, string>): number {
  let isEmpty = false;
  for (let at = from; at < xml.length; ) {
    const char = xml.charCodeAt(at);
    if (char === CLOSE) return isEmpty ? -(at + 1) : at + 1;
    if (isBlank(char)) at += 1;
    else if (char === SLASH) {
      at = pastBlanks(xml, at + 1);
      isEmpty = xml.charCodeAt(at) === CLOSE;
    } else at = takeAttribute(xml, at, attributes);
  }
  return 0;
}

export function pastBlanks(xml: string, from: number): number {
  let at = from;
  while (isBlank(xml.charCodeAt(at))) at += 1;
  return at;
}

/** The first of a name counts. @returns behind it; behind the end of the text where it is unfinished */
function takeAttribute(xml: string, start: number, attributes: Record<string, string>): number {
  let at = start + 1;
  for (; ; at++) {
    const char = xml.charCodeAt(at);
    if (char === EQUALS || endsName(char)) break;
  }
  const name = xml.slice(start, at);
  at = pastBlanks(xml, at);
  let value = '';
  if (xml.charCodeAt(at) === EQUALS) {
    at = pastBlanks(xml, at + 1);
    const quote = xml.charCodeAt(at);
    const isQuoted = quote === QUOTE || quote === APOSTROPHE;
    const end = isQuoted ? xml.indexOf(quote === QUOTE ? '"' : "'", at + 1) : endOfBare(xml, at);
    if (end < 0) return xml.length;
    value = decodeEntities(xml.slice(isQuoted ? at + 1 : at, end));
    at = isQuoted ? end + 1 : end;
  }
  if (!Object.hasOwn(attributes, name)) attributes[name] = value;
  return at;
}

/** Of a value without quotes. */
function endOfBare(xml: string, from: number): number {
  let at = from;
  for (; at < xml.length; at++) {
    const char = xml.charCodeAt(at);
    if (char === CLOSE || isBlank(char)) break;
  }
  return at;
}

/** The semicolon that may end what begins with an ampersand; -1 for none. */
export function endOfEntity(text: string, ampersand: number): number {
  for (let at = ampersand + 1; ; at++) {
    const char = text.charCodeAt(at);
    if (char === SEMICOLON) return at;
    const isSign = (char >= 48 && char <= 57) || ((char | 32) >= 97 && (char | 32) <= 122) || char === NUMBER;
    if (!isSign) return -1;
  }
}

/** Where an entity begins that the end of the text cuts off; the end where there is none. @param from  not before this */
export function startOfEntity(text: string, from: number): number {
  let at = text.length - 1;
  while (at >= from && isWord(text.charCodeAt(at))) at -= 1;
  if (at > from && text.charCodeAt(at) === NUMBER) at -= 1;
  return at >= from && text.charCodeAt(at) === AMPERSAND ? at : text.length;
}

const isWord = (char: number) =>
  (char >= 48 && char <= 57) || ((char | 32) >= 97 && (char | 32) <= 122) || char === UNDERSCORE;

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function decodeEntities(text: string): string {
  let at = text.indexOf('&');
  if (at < 0) return text;
  let decoded = '';
  let from = 0;
  for (; at >= 0; at = text.indexOf('&', at + 1)) {
    const end = endOfEntity(text, at);
    const char = end < 0 ? undefined : decodeEntity(text, at, end);
    if (char === undefined) continue;
    decoded += text.slice(from, at) + char;
    from = end + 1;
  }
  return decoded + text.slice(from);
}

/** Behind the last character there is. */
const BEYOND = 0x110000;
const X = 120;

/** @param at  of the ampersand @param end  of the semicolon @returns undefined where it is none */
export function decodeEntity(text: string, at: number, end: number): string | undefined {
  if (text.charCodeAt(at + 1) !== NUMBER) {
    const name = end - at <= 5 ? text.slice(at + 1, end) : '';
    return Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  }
  const isHex = (text.charCodeAt(at + 2) | 32) === X;
  const first = at + (isHex ? 3 : 2);
  if (first >= end) return undefined;
  let code = 0;
  for (let i = first; i < end; i++) {
    const digit = digitOf(text.charCodeAt(i));
    if (digit < 0 || (digit > 9 && !isHex)) return undefined;
    code = Math.min(code * (isHex ? 16 : 10) + digit, BEYOND); // digits have no end
  }
  return code > 0 && code < BEYOND && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
}

/** Of hexadecimal numbers; below 0 for what is none. */
function digitOf(char: number): number {
  if (char <= 57) return char - 48;
  const letter = (char | 32) - 87;
  return letter >= 10 && letter < 16 ? letter : -1;
}
