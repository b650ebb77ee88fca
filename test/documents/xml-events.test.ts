import { Parser } from 'htmlparser2';
import { describe, expect, test } from 'vitest';
import type { MarkupHandler } from '../../shared/documents/markup-handler.ts';
import { XmlEvents } from '../../shared/documents/xml-events.ts';
import fc from '../fakes/property.ts';

type Event = readonly [kind: 'open' | 'text' | 'close', said: string, attributes?: Record<string, string>];

function collector(): { events: Event[]; handler: MarkupHandler } {
  const events: Event[] = [];
  const handler: MarkupHandler = {
    open: (name, attributes) => void events.push(['open', name, { ...attributes }]),
    text: (text) => void events.push(['text', text]),
    close: (name) => void events.push(['close', name]),
  };
  return { events, handler };
}

function eventsOf(...chunks: string[]): Event[] {
  const { events, handler } = collector();
  const xml = new XmlEvents(handler, 1000);
  for (const chunk of chunks) xml.write(chunk);
  xml.end();
  return events;
}

function eventsOfLibrary(xml: string): Event[] {
  const { events, handler } = collector();
  const local = (name: string) => name.slice(name.indexOf(':') + 1);
  const parser = new Parser(
    {
      onopentag: (name, attributes) => handler.open?.(local(name), attributes),
      ontext: (text) => handler.text?.(text),
      onclosetag: (name) => handler.close?.(local(name)),
    },
    { xmlMode: true, decodeEntities: true, recognizeCDATA: true },
  );
  parser.write(xml);
  parser.end();
  return events;
}

/** Where the pieces of a text are cut is of no account. */
function joined(events: readonly Event[]): Event[] {
  const all: Event[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (event[0] === 'text' && last?.[0] === 'text') all[all.length - 1] = ['text', last[1] + event[1]];
    else if (event[0] !== 'text' || event[1] !== '') all.push(event);
  }
  return all;
}

const PIECES = [
  ...[
    '<',
    '>',
    '/',
    '!',
    '?',
    '-',
    '--',
    '-->',
    '--!>',
    '<!--',
    '<![CDATA[',
    '<![CD',
    ']]>',
    ']',
    '&',
    ';',
    '#',
    '"',
    "'",
    '=',
  ],
  ...[
    '&amp;',
    '&lt;',
    '&Amp;',
    '&#65;',
    '&#x41;',
    '&#X4a;',
    '&#xD800;',
    '&#0;',
    '&#99999999;',
    '&none;',
    '&amp',
    '&#;',
    '&#x;',
  ],
  ...['a', 'a:b', 'ü', '\u{1f600}', ' ', '\n', '\t', '\f', '\v', 'x=1', 'x="1"', ' x = "&lt;2"', '__proto__="1"'],
  ...[
    '<a>',
    '</a>',
    '<a:b x="1">',
    '</a:b>',
    '<b/>',
    "<c d='e&amp;f' g=h>",
    '</c>',
    '<a / >',
    '</ a >',
    '</>',
    '</ >',
    '<//>',
    '< b',
  ],
  ...['<?xml version="1.0"?>', '<!DOCTYPE a>', '<!->', '<!>', '<a x="1" x="2">', '<a\nx="1"/>', '<b x y/>'],
];
/** Ends whatever is open: of what is unfinished at the very end the library says single characters. */
const ENDING = '"\'">-->]]>?><z>q</z>';
const wild = fc.array(fc.constantFrom(...PIECES), { maxLength: 16 }).map((pieces) => pieces.join('') + ENDING);

describe('events of XML', () => {
  test('are those of htmlparser2, whatever the text is', () => {
    fc.assert(
      fc.property(wild, (xml) => {
        expect(eventsOf(xml)).toEqual(eventsOfLibrary(xml));
      }),
      { numRuns: 3000 },
    );
  });

  test('are the same wherever the text is cut into chunks', () => {
    fc.assert(
      fc.property(wild, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (xml, sizes) => {
        const chunks: string[] = [];
        for (let at = 0, i = 0; at < xml.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(xml.slice(at, at + size));
          at += size;
        }
        expect(joined(eventsOf(...chunks))).toEqual(joined(eventsOf(xml)));
      }),
      { numRuns: 3000 },
    );
  });

  test('are the same where nobody looks at the attributes, but for these', () => {
    fc.assert(
      fc.property(wild, fc.subarray(['a', 'b', 'c', 'z', 'x']), (xml, looked) => {
        const { events, handler } = collector();
        const looksAt = new Set(looked);
        const some = new XmlEvents({ ...handler, looksAt }, 1000);
        some.write(xml);
        some.end();
        const without = (event: Event): Event =>
          event[0] === 'open' && !looksAt.has(event[1]) ? [event[0], event[1], {}] : event;
        expect(events.map(without)).toEqual(eventsOf(xml).map(without));
      }),
      { numRuns: 3000 },
    );
  });

  test.each(['<a ="x>y">z</a>', '<a ="1"/>z', '<a b="1"="c>d">z</a>', '<a b="1"=>z</a>', '<a b=\'>\' =">">z</a>'])(
    'an equals sign without a name before it is a name, whether anybody looks or not: %j',
    (xml) => {
      const { events, handler } = collector();
      const none = new XmlEvents({ ...handler, looksAt: new Set() }, 10);
      none.write(xml);
      none.end();
      const wanted = eventsOf(xml).map((event) => (event[0] === 'open' ? [event[0], event[1], {}] : event));
      expect(events).toEqual(wanted);
    },
  );

  test('more names and tags than are kept are read like the others', () => {
    const xml = Array.from({ length: 9000 }, (_, i) => `<n${i} x="${i}"/>`).join('');
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      const events = new XmlEvents({ open: (name, { x }) => void seen.push(`${name} ${x}`) }, 10_000);
      events.write(xml);
      events.end();
    }
    const wanted = Array.from({ length: 9000 }, (_, i) => `n${i} ${i}`);
    expect(seen).toEqual([...wanted, ...wanted]);
  });

  test.each([
    ['<a>text', ['open a', 'text text', 'close a']],
    ['<a><b x="1', ['open a', 'close b', 'close a']],
    ['<a>1</a', ['open a', 'text 1', 'close a']],
    ['<a>1</a ', ['open a', 'text 1', 'close a']],
    ['<a>1<!-- 2', ['open a', 'text 1', 'close a']],
    ['<a><![CDATA[1<2', ['open a', 'text 1<2', 'close a']],
    ['<a>1 &am', ['open a', 'text 1 ', 'text &am', 'close a']],
    ['<a>1 <', ['open a', 'text 1 ', 'text <', 'close a']],
  ])('of a text that ends too early: %j', (xml, wanted) => {
    expect(eventsOf(xml).map(([kind, said]) => `${kind} ${said}`)).toEqual(wanted);
  });

  test('a tag is taken apart once, and its attributes are those of each that is written alike', () => {
    const seen: Record<string, string>[] = [];
    const xml = new XmlEvents({ open: (_, attributes) => void seen.push(attributes) }, 10);
    xml.write('<a><b x="1"/><b x="1"/><b x="2"/></a>');
    xml.end();
    expect(seen[1]).toBe(seen[2]);
    expect(seen.map(({ x }) => x)).toEqual([undefined, '1', '1', '2']);
  });

  test('more elements or a greater depth than is allowed ends the reading', () => {
    expect(() => new XmlEvents({}, 3).write('<a/>'.repeat(4))).toThrow('at most 3 elements');
    expect(() => new XmlEvents({}, 10_000).write('<a>'.repeat(1001))).toThrow('at most 1000 nested');
  });

  test('a comment may be longer than any text can be', () => {
    const { events, handler } = collector();
    const xml = new XmlEvents(handler, 10);
    const much = '- >'.repeat(1 << 20);
    xml.write('<a>1<!--');
    for (let i = 0; i < 180; i++) xml.write(much);
    for (const piece of ['-', '-', '!', '>2</a>']) xml.write(piece);
    xml.end();
    expect(joined(events).map(([kind, said]) => `${kind} ${said}`)).toEqual(['open a', 'text 12', 'close a']);
  });

  test('what never ends is looked at a few times only, however small the chunks are', () => {
    let looks = 0;
    const search = String.prototype.indexOf;
    const counted = { indexOf: search };
    Object.defineProperty(String.prototype, 'indexOf', {
      configurable: true,
      writable: true,
      value(this: string, ...args: Parameters<typeof search>) {
        looks += 1;
        return counted.indexOf.apply(this, args);
      },
    });
    try {
      const xml = new XmlEvents({}, 10);
      xml.write('<a x="');
      for (let i = 0; i < 10_000; i++) xml.write('0123456789');
      xml.end();
    } finally {
      Object.defineProperty(String.prototype, 'indexOf', { configurable: true, writable: true, value: search });
    }
    expect(looks).toBeLessThan(100);
  });
});
