import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { dropProfiles } from '../../../shared/documents/formats/pdf-profiles.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { curveTag, profileOf, rgbProfile } from '../icc-profiles.ts';
import { HELVETICA, pdfLine, pdfPage, pdfStream } from '../pdfs.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());

const PROFILE = rgbProfile();
const GREY = profileOf('GRAY', { kTRC: curveTag(0x0233) });
/** Shows black as white and white as black. */
const INVERTED = profileOf('GRAY', { kTRC: curveTag(0xffff, 0) });
const NO_PROFILE = Buffer.alloc(400, 'x').fill(0, 0, 2);

const file = (data: Buffer, dictionary = '/N 3 /Filter /FlateDecode', reference = '/CS [/ICCBased 15 0 R]') =>
  Buffer.concat([
    Buffer.from(`%PDF-1.7\n3 0 obj << ${reference} >> endobj\n15 0 obj\n<< ${dictionary} >>\nstream\n`, 'latin1'),
    data,
    Buffer.from('\nendstream endobj 5 0 obj (x) endobj', 'latin1'),
  ]);
const dropped = (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  dropProfiles(copy);
  return { copy, changed: [...copy.keys()].filter((at) => copy[at] !== bytes[at]) };
};

describe('colour profiles of a PDF', () => {
  test('packed, they can be inflated no more; nothing else is changed', () => {
    const bytes = file(deflateSync(PROFILE));
    const at = bytes.indexOf('stream\n') + 'stream\n'.length;
    expect(dropped(bytes).changed).toEqual([at, at + 1]);
  });

  test('grey ones too', () => {
    expect(dropped(file(deflateSync(GREY), '/N 1 /Alternate /DeviceGray /Filter /FlateDecode')).changed).toHaveLength(
      2,
    );
  });

  test('of a file as large as this is searched for few of them', () => {
    const many = Array.from({ length: 200 }, (_, i) => `/C${i} [/ICCBased ${i + 1000} 0 R]`).join(' ');
    let searches = 0;
    const bytes = file(deflateSync(PROFILE), undefined, many);
    const search = bytes.indexOf.bind(bytes);
    bytes.indexOf = ((...args: Parameters<typeof search>) => {
      searches += 1;
      return search(...args);
    }) as typeof search;
    dropProfiles(bytes);
    expect(searches).toBe(200); // a mention each, a search each, of a hundred
  });

  test('open, they lose their signature', () => {
    const { copy, changed } = dropped(file(PROFILE, '/N 3'));
    expect(changed).toHaveLength(4);
    expect(copy.includes('acsp')).toBe(false);
  });

  test.each([
    ['a stream that is no profile', file(deflateSync(NO_PROFILE))],
    ['what cannot be inflated', file(Buffer.from('encrypted data'.repeat(10)))],
    ['a profile that no colour space names', file(deflateSync(PROFILE), undefined, '/OutputProfile 15 0 R')],
    ['an object of another number', file(deflateSync(PROFILE), undefined, '/CS [/ICCBased 5 0 R]')],
    ['an object that stands twice', Buffer.concat([file(deflateSync(PROFILE)), Buffer.from('15 0 obj << >> endobj')])],
    ['a profile cut off', file(Buffer.alloc(0)).subarray(0, 90)],
    ['a profile that inverts', file(deflateSync(INVERTED), '/N 1 /Filter /FlateDecode')],
    ['a profile of another number of colours', file(deflateSync(PROFILE), '/N 1 /Filter /FlateDecode')],
    ['a profile with an alternate of its own', file(PROFILE, '/N 3 /Alternate 6 0 R')],
    ['an alternate written in signs', file(PROFILE, '/N 3 /#41lternate 6 0 R')],
    ['a number of colours that stands elsewhere', file(PROFILE, '/N 3 0 R')],
    ['a number of colours that stands twice', file(PROFILE, '/N 3 /N 1')],
    ['one that stands here and elsewhere', file(PROFILE, '/N 3 /N 6 0 R')],
    ['a profile that is packed with a predictor', file(deflateSync(PROFILE), '/N 3 /DecodeParms 6 0 R')],
  ])('%s stays as it is', (_name, bytes) => {
    expect(dropped(bytes).changed).toEqual([]);
  });

  test('without them white is white, and what stands on a ground is seen', async () => {
    const lines = [
      pdfLine('Seen.'),
      `/CS0 cs 1 1 1 sc ${pdfLine('White on white.', 600)}`,
      `0 0 0.5 sc 60 480 300 40 re f 1 1 1 sc ${pdfLine('White on blue.', 490)}`,
    ];
    const resources = `/Font << /F1 ${HELVETICA} >> /ColorSpace << /CS0 [/ICCBased 5 0 R] >>`;
    const more = [pdfStream(PROFILE.toString('latin1'), '/N 3 /Alternate /DeviceRGB')];
    const [read] = await extractor.extract({ name: 'a.pdf', bytes: pdfPage(lines.join(' '), { resources, more }) });
    expect(read?.text).toBe('Seen.\nWhite on blue.');
  });

  test('a profile may hide black text and show white text: what people see is read', async () => {
    const seen = async (profile: Buffer, colour: string) => {
      const resources = `/Font << /F1 ${HELVETICA} >> /ColorSpace << /CS0 [/ICCBased 5 0 R] >>`;
      const more = [pdfStream(profile.toString('latin1'), '/N 1')];
      const content = `${pdfLine('First.')} /CS0 cs ${colour} sc ${pdfLine('Second.', 600)}`;
      const [read] = await extractor.extract({ name: 'a.pdf', bytes: pdfPage(content, { resources, more }) });
      return read?.text;
    };
    expect(await seen(GREY, '0')).toBe('First.\nSecond.');
    expect(await seen(GREY, '1')).toBe('First.');
    expect(await seen(INVERTED, '0')).toBe('First.');
    expect(await seen(INVERTED, '1')).toBe('First.\nSecond.');
  });

  test('without its own alternate a space would show other colours', async () => {
    const resources = `/Font << /F1 ${HELVETICA} >> /ColorSpace << /CS0 [/ICCBased 5 0 R] >>`;
    const tint = '<< /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>';
    const more = [
      pdfStream(GREY.toString('latin1'), '/N 1 /Alternate 6 0 R'),
      `[/Separation /Black /DeviceGray ${tint}]`,
    ];
    const content = `${pdfLine('First.')} /CS0 cs 0 sc ${pdfLine('Second.', 600)}`;
    const [read] = await extractor.extract({ name: 'a.pdf', bytes: pdfPage(content, { resources, more }) });
    expect(read?.text).toBe('First.\nSecond.');
  });
});
