// XML: text nodes and attribute values; files in base64 as documents of their own. Documents that Office writes as one XML file (flat OPC, Word 2003,
// flat OpenDocument) and SVG are read as what they are.

import { TerminalError } from '../../errors.ts';
import { singleSpaced } from '../blanks.ts';
import { PackageParts } from '../package-parts.ts';
import { mayHoldText, type Picture } from '../pictures.ts';
import { type EmbeddedFile, plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { readEvents } from '../xml-events.ts';
import { activeMimeFiles, isActiveMime } from './active-mime.ts';
import { base64File, defaultFileName, isBase64 } from './base64.ts';

export async function readXml(text: string, context: ReadContext): Promise<ReadText> {
  const { limits } = context;
  const root = rootOf(text);
  if (root === 'package' && text.includes('schemas.microsoft.com/office/2006/xmlPackage'))
    return await readFlatPackage(text, context);
  if (root === 'wordDocument') return await readWord2003(text, context);
  if (root === 'document' && text.includes('urn:oasis:names:tc:opendocument')) {
    const { readFlatDocument } = await import('./open-document.ts');
    return readFlatDocument(withoutDoctype(text), context);
  }
  if (root === 'svg') {
    const { htmlToText } = await import('./html.ts');
    return plain(htmlToText(text, limits));
  }
  return readNodes(text, context);
}

/** Local name of the first element. */
function rootOf(text: string): string | undefined {
  const start = text.slice(0, 65_536).replace(/<\?[\s\S]*?\?>|<!--[\s\S]*?-->/g, '');
  return /<(?:[\w.-]+:)?([\w.-]+)/.exec(start.replace(/<!DOCTYPE[^>[]*(\[[\s\S]*?\]\s*)?>/i, ''))?.[1];
}

/** Elements whose content is a file whatever it looks like: UBL, FatturaPA, and what others call them. */
const FILE_ELEMENT =
  /^(EmbeddedDocumentBinaryObject|AttachmentBinaryObject|BinaryObject|Attachment|ContentBytes|Base64Content|binaryData|FileContent|EmbeddedFile|AttachedDocument|DocumentContent)$/i;
const NAME_ELEMENT = /^(NomeAttachment|FileName|AttachmentName|DocumentName)$/i;
interface Open {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

function readNodes(text: string, { limits }: ReadContext): ReadText {
  const sink = new TextSink(limits.maxChars);
  const embedded: EmbeddedFile[] = [];
  let lastName: string | undefined;
  const stack: Open[] = [];
  const flush = (open: Open | undefined, isWhole: boolean) => {
    if (open === undefined || open.text === '') return;
    const content = open.text;
    open.text = '';
    const isNamed = isWhole && FILE_ELEMENT.test(open.name);
    const bytes = base64File(content, isNamed && (isBase64(content) || hasFileName(open) || lastName !== undefined));
    if (bytes !== undefined && embedded.length < limits.maxArchiveEntries) {
      embedded.push({ name: fileName(open, lastName, embedded.length), bytes });
      lastName = undefined;
    } else if (!isBase64(content)) {
      if (isWhole && NAME_ELEMENT.test(open.name)) lastName = content.trim();
      sink.add(singleSpaced(content));
    }
  };
  readEvents(
    withoutDoctype(text),
    {
      open(name, attributes) {
        flush(stack.at(-1), false);
        sink.add('\n');
        for (const key in attributes)
          if (!/^(xmlns|xml:|xsi:|id$|class$|style$)/i.test(key) && !isBase64(attributes[key]!))
            sink.add(`${attributes[key]} `); // key of it
        stack.push({ name, attributes, text: '' });
      },
      text(part) {
        const open = stack.at(-1);
        if (open !== undefined) open.text += part;
        else sink.add(singleSpaced(part));
      },
      close() {
        flush(stack.pop(), true);
        sink.add(' ');
      },
    },
    limits.maxElements,
  );
  return { ...plain(sink.toString()), embedded };
}

const attributeLike = (attributes: Record<string, string>, pattern: RegExp) =>
  Object.entries(attributes).find(([name]) => pattern.test(name.slice(name.indexOf(':') + 1)))?.[1];
const hasFileName = ({ attributes }: Open) =>
  attributeLike(attributes, /^(filename|mimeCode|mimeType|contentType)$/i) !== undefined;

function fileName({ attributes }: Open, before: string | undefined, index: number): string {
  const named = attributeLike(attributes, /^(filename|name)$/i) ?? before;
  if (named !== undefined && named.trim() !== '') return named.trim();
  return defaultFileName(index, attributeLike(attributes, /^(mimeCode|mimeType|contentType)$/i));
}

/** A whole package in one file: its parts as XML or base64. */
async function readFlatPackage(text: string, context: ReadContext): Promise<ReadText> {
  const files = new Map<string, Buffer>();
  for (const [, head = '', body = ''] of text.matchAll(/<pkg:part\b([^>]*)>([\s\S]*?)<\/pkg:part>/g)) {
    const name = /\bpkg:name="([^"]{1,1000})"/.exec(head)?.[1];
    const xml = /<pkg:xmlData[^>]*>([\s\S]*)<\/pkg:xmlData>/.exec(body)?.[1];
    const binary = /<pkg:binaryData[^>]*>([\s\S]*)<\/pkg:binaryData>/.exec(body)?.[1];
    if (name !== undefined && (xml ?? binary) !== undefined)
      files.set(name, xml === undefined ? Buffer.from(binary ?? '', 'base64') : Buffer.from(xml));
  }
  const parts = PackageParts.of(files, context.limits);
  if (parts.names(/^ppt\/slides\//i).length > 0) {
    const { readPptxParts } = await import('./pptx.ts');
    return await readPptxParts(parts, context);
  }
  const { readDocxParts } = await import('./docx.ts');
  return await readDocxParts(parts, context);
}

/** Word 2003: one story with the same elements as later, its headers and footers within it; pictures and objects in base64. */
async function readWord2003(text: string, context: ReadContext): Promise<ReadText> {
  const { Story } = await import('./word-story.ts');
  const { StyleSheet } = await import('./word-styles.ts');
  const { limits } = context;
  const sheet = new StyleSheet();
  const sink = new TextSink(limits.maxChars);
  const body = new Story(sink, [], sheet);
  /** Each section repeats its headers and footers. */
  const edges = new Set<string>();
  let edge: { story: InstanceType<typeof Story>; sink: TextSink } | undefined;
  const pictures: Picture[] = [];
  const packed: Buffer[] = [];
  const embedded: EmbeddedFile[] = [];
  let binary: string[] | undefined;
  readEvents(
    withoutDoctype(text),
    {
      open(name, attributes) {
        sheet.open(name, attributes);
        if (name === 'binData') binary = [];
        if ((name === 'hdr' || name === 'ftr') && edge === undefined) {
          const own = new TextSink(limits.maxChars);
          edge = { story: new Story(own, [], sheet), sink: own };
        }
        // Deletions and comments are annotations here; notes stand where they belong.
        const kind = name === 'annotation' ? attributeLike(attributes, /^type$/) : name;
        if (edge === undefined && /^(Word\.Comment|footnote|endnote)$/.test(kind ?? '')) sink.breakLine();
        (edge?.story ?? body).open(kind === 'Word.Deletion' ? 'del' : name, attributes);
      },
      text(part) {
        if (binary === undefined) (edge?.story ?? body).text(part);
        else binary.push(part);
      },
      close(name) {
        if (name === 'binData' && binary !== undefined) {
          const bytes = Buffer.from(binary.join(''), 'base64');
          if (isActiveMime(bytes)) packed.push(bytes);
          else if (pictures.length <= limits.maxOcrPages && mayHoldText(bytes)) pictures.push({ bytes });
          binary = undefined;
        }
        sheet.close(name);
        (edge?.story ?? body).close(name);
        if ((name === 'hdr' || name === 'ftr') && edge !== undefined) {
          edges.add(edge.sink.toString().trim());
          edge = undefined;
        }
      },
    },
    limits.maxElements,
  );
  return {
    ...plain(sink.toString(), await addObjects(packed, embedded, limits)),
    parts: [sink.toString(), ...edges].filter((part) => part !== ''),
    pictures,
    embedded,
  };
}

/** @returns warnings of what holds no document */
async function addObjects(
  packed: readonly Buffer[],
  embedded: EmbeddedFile[],
  limits: ReadContext['limits'],
): Promise<string[]> {
  let others = 0;
  for (const bytes of packed) {
    try {
      const files = await activeMimeFiles(bytes, limits.maxArchiveEntries - embedded.length, limits.maxBytes);
      if (files.length === 0) others += 1;
      embedded.push(...files);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      embedded.push({ name: `objects-${embedded.length + 1}.mso`, bytes }); // where it is refused with its reason
    }
  }
  return others === 0 ? [] : [`xml: ${others} part(s) of macros or settings were not read`];
}

/** The parser ends a document type at its first `>`, which would leave an internal subset as text. */
function withoutDoctype(text: string): string {
  const start = text.slice(0, 4096).search(/<!DOCTYPE/i);
  if (start < 0) return text;
  const bracket = text.indexOf('[', start);
  const close = text.indexOf('>', start);
  if (bracket < 0 || bracket > close) return text;
  const end = /\]\s{0,100}>/.exec(text.slice(bracket));
  return end === null ? text : text.slice(0, start) + text.slice(bracket + end.index + end[0].length);
}
