// A pull scanner of XML tags for parts of many megabytes whose elements are few kinds: no tree, no events, no attribute that nobody asks for.
// Invariants: T1 one pass, whatever the input; damage ends the scan. T2 entities are the five of XML and numbers: nothing is expanded or fetched.
// The text holds one char per byte (latin1), so that it costs what the bytes cost; values are decoded from UTF-8 when they are taken.

const [BANG, QUOTE, APOSTROPHE, SLASH, COLON, CLOSE, QUESTION] = [33, 34, 39, 47, 58, 62, 63];

/** XML as one char per byte. @param bytes  UTF-8 */
export const toScan = (bytes: Buffer): string => bytes.toString('latin1');

export class TagScan {
  readonly #xml: string;
  /** Where to go on; also behind the current tag. */
  #at: number;
  readonly #until: number;
  /** Where the text before the current tag begins, and where the tag does. */
  #textStart = 0;
  #tagStart = 0;
  #nameStart = 0;
  #nameEnd = 0;
  /** Of the attributes: before `>` or `/>`. */
  #tagEnd = 0;
  #isEnd = false;
  #isEmpty = false;

  /** @param xml  as toScan gives it */
  constructor(xml: string, from = 0, until = xml.length) {
    this.#xml = xml;
    this.#at = from;
    this.#until = until;
  }

  /** To the next start or end tag; false at the end. */
  next(): boolean {
    const xml = this.#xml;
    this.#textStart = this.#at;
    let start = this.#at;
    for (;;) {
      start = xml.indexOf('<', start);
      if (start < 0 || start >= this.#until) return this.#over();
      const first = xml.charCodeAt(start + 1);
      if (first !== BANG && first !== QUESTION) break;
      // A comment or an instruction; CDATA is part of the text.
      const end = endOfSection(xml, start);
      const after = xml.indexOf(end, start + 2);
      if (after < 0) return this.#over();
      start = after + end.length;
    }
    this.#tagStart = start;
    this.#isEnd = xml.charCodeAt(start + 1) === SLASH;
    let at = start + (this.#isEnd ? 2 : 1);
    this.#nameStart = at;
    for (; ; at++) {
      const char = xml.charCodeAt(at);
      if (char === COLON) this.#nameStart = at + 1;
      else if (char <= 32 || char === CLOSE || char === SLASH || Number.isNaN(char)) break;
    }
    this.#nameEnd = at;
    for (; ; at++) {
      const char = xml.charCodeAt(at);
      if (char === CLOSE) break;
      if (char === QUOTE || char === APOSTROPHE) {
        at = xml.indexOf(char === QUOTE ? '"' : "'", at + 1);
        if (at < 0) return this.#over();
      } else if (Number.isNaN(char)) return this.#over();
    }
    this.#isEmpty = !this.#isEnd && xml.charCodeAt(at - 1) === SLASH;
    this.#tagEnd = at;
    this.#at = at + 1;
    return true;
  }

  #over(): false {
    this.#at = this.#until;
    this.#tagStart = this.#nameStart = this.#nameEnd = this.#tagEnd = this.#until;
    return false;
  }

  get isEnd(): boolean {
    return this.#isEnd;
  }

  /** `<a/>`: no end tag follows. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  get xml(): string {
    return this.#xml;
  }

  /** Position behind the current tag. */
  get at(): number {
    return this.#at;
  }

  /** Position behind the name in the current tag. */
  get nameEnd(): number {
    return this.#nameEnd;
  }

  /** Position of the `>` of the current tag. */
  get tagEnd(): number {
    return this.#tagEnd;
  }

  /** Is the local name this one? Makes no string. */
  is(name: string): boolean {
    return this.#nameEnd - this.#nameStart === name.length && this.#xml.startsWith(name, this.#nameStart);
  }

  /** Local name. */
  get name(): string {
    return this.#xml.slice(this.#nameStart, this.#nameEnd);
  }

  /** Text between the last tag and this one, decoded. */
  text(): string {
    return decodeText(this.#xml.slice(this.#textStart, this.#tagStart));
  }

  /** The same as it stands, one char per byte. */
  raw(): string {
    return this.#xml.slice(this.#textStart, this.#tagStart);
  }

  /** Value of an attribute by its name as written, or by its local name where `name` begins with a colon. */
  attribute(name: string): string | undefined {
    const tag = this.#xml.slice(this.#nameEnd, this.#tagEnd);
    const isLocal = name.charCodeAt(0) === COLON;
    for (let at = tag.indexOf('='); at >= 0; ) {
      let value = at + 1;
      while (tag.charCodeAt(value) <= 32) value += 1;
      const close = value < tag.length ? tag.indexOf(tag[value]!, value + 1) : -1; // within the tag
      if (close < 0) return undefined;
      let nameEnd = at;
      while (tag.charCodeAt(nameEnd - 1) <= 32) nameEnd -= 1;
      const nameAt = nameEnd - name.length;
      if (tag.startsWith(name, nameAt) && (isLocal || !(tag.charCodeAt(nameAt - 1) > 32)))
        return decodeText(tag.slice(value + 1, close));
      at = tag.indexOf('=', close + 1);
    }
    return undefined;
  }

  /** Past the end tag of the element whose start tag is current; its children are not looked at. */
  skip(): void {
    if (this.#isEmpty || this.#isEnd) return;
    for (let depth = 1; depth > 0 && this.next(); )
      if (this.#isEnd) depth -= 1;
      else if (!this.#isEmpty) depth += 1;
  }
}

const DATA = '<![CDATA[';

/** What ends that which begins here with `<!` or `<?`: a comment, an instruction, CDATA, a declaration. */
function endOfSection(xml: string, start: number): string {
  if (xml.charCodeAt(start + 1) === QUESTION) return '?>';
  if (xml.startsWith('<!--', start)) return '-->';
  return xml.startsWith(DATA, start) ? ']]>' : '>';
}

const NOT_ASCII = /[\x80-\xff]/;
const ENTITY = /&(?:(lt|gt|quot|apos|amp)|#(x?)([0-9a-f]{1,6}));/gi;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** What a piece of XML says. @param raw  one char per byte */
export function decodeText(raw: string): string {
  const text = NOT_ASCII.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
  if (text.includes('<')) return withSections(text);
  return text.includes('&') ? decodeEntities(text) : text;
}

/** Comments and instructions say nothing; CDATA is taken as it stands. One pass, as next() makes it. */
function withSections(text: string): string {
  let said = '';
  let at = 0;
  for (let start = text.indexOf('<'); start >= 0; start = text.indexOf('<', at)) {
    const isData = text.startsWith(DATA, start);
    const end = endOfSection(text, start);
    const after = text.indexOf(end, start + 2);
    if (after < 0) break;
    said += decodeEntities(text.slice(at, start));
    if (isData) said += text.slice(start + DATA.length, after);
    at = after + end.length;
  }
  return said + decodeEntities(text.slice(at));
}

function decodeEntities(text: string): string {
  return text.replace(
    ENTITY,
    (whole, name: string | undefined, hex: string | undefined, digits: string | undefined) => {
      if (name !== undefined) return NAMED[name.toLowerCase()]!; // one of the five
      const code = Number.parseInt(digits ?? '', hex === '' ? 10 : 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
