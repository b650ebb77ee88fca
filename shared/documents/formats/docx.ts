// Word documents (docx, docm, dotx): body, headers and footers, foot- and endnotes, comments, text boxes, equations, diagrams, charts; choices of
// forms as [x] or their words; files and scans inside. The same for one XML file of the whole package (flat OPC).
// Tracked changes are read as accepted; hidden text and prompts of controls nobody has filled in are not content.
import { TerminalError } from '../../errors.ts';
import { attribute } from '../markup.ts';
import { PackageParts } from '../package-parts.ts';
import { writtenDescription } from '../pictures.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { symbolText } from './choices.ts';
import { equationText, MAX_FIELD_CODE } from './field-code.ts';
import { addDrawingText, mainPart, type Relation, relationsOf } from './office-xml.ts';
import { embeddedFiles, type ShownPicture, scannedPictures } from './package-files.ts';
import { characterStyles, isOn, isSymbolFont, type RunStyle } from './word-styles.ts';

const AROUND = ['header', 'body', 'footnotes', 'endnotes', 'comments', 'footer'];

export async function readDocx(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  return await readDocxParts(await PackageParts.open(bytes, context.limits), context);
}

export async function readDocxParts(parts: PackageParts, context: ReadContext): Promise<ReadText> {
  const { limits } = context;
  const main = await mainPart(parts, 'word/document.xml');
  if (!parts.has(main)) throw new TerminalError('extract.corrupt', 'docx: its main part is missing');
  const texts = new Map<string, string[]>(AROUND.map((kind) => [kind, []]));
  const shown: ShownPicture[] = [];
  const relations = await relationsOf(parts, main);
  const sheet = relations.find(({ kind }) => kind === 'styles')?.target;
  const styles = sheet === undefined ? undefined : await characterStyles(parts, sheet);
  const add = async (kind: string, part: string) => {
    const sink = new TextSink(limits.maxChars);
    if (kind === 'diagramData' || kind === 'chart') await addDrawingText(parts, part, sink);
    else {
      const story = new Story(sink, part === main ? relations : await relationsOf(parts, part), styles);
      await parts.xml(part, story);
      sink.breakLine();
      shown.push(...story.pictures);
    }
    const list = texts.get(kind === 'diagramData' || kind === 'chart' ? 'body' : kind);
    const text = sink.toString();
    if (list !== undefined && !list.includes(text)) list.push(text);
  };
  await add('body', main);
  for (const { kind, target } of relations)
    if (['header', 'footer', 'footnotes', 'endnotes', 'comments', 'diagramData', 'chart'].includes(kind))
      await add(kind, target);
  return {
    parts: AROUND.map((kind) => texts.get(kind)!.join('\n')).filter((text) => text.trim() !== ''), // every kind was set above
    pages: null,
    warnings: [],
    embedded: await embeddedFiles(parts, context),
    pictures: await scannedPictures(parts, shown, context),
  };
}

/** A field being read: its code names it, its data hold the choice, its result may stand in the text. */
interface Field {
  choice: string | undefined;
  options: string[];
  chosen: number | undefined;
  isCheckbox: boolean;
  isChecked: boolean | undefined;
  isCheckedAtFirst: boolean;
  hasResult: boolean;
  code: string;
}

interface Control {
  isPrompt: boolean;
  /** Of a check box; undefined for other controls. */
  isChecked: boolean | undefined;
}

/** Handler of one WordprocessingML part: its text into a sink, its pictures beside. */
export class Story {
  readonly pictures: ShownPicture[] = [];
  readonly #sink: TextSink;
  readonly #targets: Map<string, string>;
  readonly #styles: ReadonlyMap<string, RunStyle>;
  #skipped = 0;
  #inText = 0;
  #inCode = 0;
  /** Cells seen of each row that is open. */
  readonly #rows: number[] = [];
  #cells = 0;
  #math = 0;
  #objects = 0;
  readonly #fields: Field[] = [];
  readonly #controls: Control[] = [];
  /** Where the properties of a control end, its content begins: a prompt is passed over from there. */
  #runHides = false;
  #inRunProperties = 0;
  #extent: { width: number | undefined; height: number | undefined } = { width: undefined, height: undefined };
  #font = '';

  /** @param styles  character styles that hide text or show signs; may grow while it is read */
  constructor(sink: TextSink, relations: readonly Relation[], styles: ReadonlyMap<string, RunStyle> = new Map()) {
    this.#sink = sink;
    this.#styles = styles;
    this.#targets = new Map(relations.filter(({ kind }) => kind === 'image').map(({ id, target }) => [id, target]));
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipped > 0 || isSkipped(name) || (name === 'sdtContent' && this.#controls.at(-1)?.isPrompt === true)) {
      this.#skipped += 1;
      return;
    }
    if (this.#openField(name, attributes) || this.#openControl(name, attributes) || this.#openPicture(name, attributes))
      return;
    const sink = this.#sink;
    switch (name) {
      case 'r':
        this.#runHides = false;
        this.#font = '';
        break;
      case 'rPr':
        this.#inRunProperties += 1;
        break;
      case 'rStyle': {
        const style = this.#styles.get(attribute(attributes, 'val') ?? '');
        if (style === undefined) break;
        this.#runHides = style.hides;
        this.#font = style.font;
        break;
      }
      case 'rFonts':
        this.#font = attribute(attributes, 'ascii') ?? this.#font;
        break;
      case 'vanish':
        if (this.#inRunProperties > 0) this.#runHides = isOn(attributes);
        break;
      case 't':
        this.#inText += 1;
        break;
      case 'instrText':
        this.#inCode += 1;
        break;
      case 'tab':
      case 'ptab':
        sink.add('\t');
        break;
      case 'br':
      case 'cr':
        sink.add('\n');
        break;
      case 'noBreakHyphen':
        sink.add('-');
        break;
      case 'sym':
        if (!this.#runHides) sink.add(symbolText(attribute(attributes, 'font') ?? '', attribute(attributes, 'char')));
        break;
      case 'tr':
        this.#rows.push(0);
        sink.breakLine();
        break;
      case 'tc': {
        this.#cells += 1;
        const at = this.#rows.length - 1;
        if (at < 0 || this.#rows[at]! > 0) sink.add('\t'); // at is an index
        if (at >= 0) this.#rows[at]! += 1;
        break;
      }
      case 'gridBefore': {
        const at = this.#rows.length - 1;
        const count = Math.min(Number(attribute(attributes, 'val')) || 0, 32);
        if (at >= 0 && count > 0) sink.add('\t'.repeat(count));
        break;
      }
      case 'gridSpan':
        // The columns a cell covers stand empty behind it.
        if (this.#rows.length > 0) this.#spans.push(Math.min(Number(attribute(attributes, 'val')) || 1, 32) - 1);
        break;
      case 'txbxContent':
        sink.breakLine();
        break;
      case 'textpath': {
        const words = attribute(attributes, 'string');
        if (words) sink.add(`\n${words}\n`);
        break;
      }
      case 'chr':
        sink.add(Object.values(attributes)[0] ?? '');
        break;
      case 'sup':
        if (this.#math > 0) sink.add('^');
        break;
      case 'oMath':
        this.#math += 1;
        break;
      case 'object':
        this.#objects += 1;
        break;
    }
  }
  readonly #spans: number[] = [];

  text(text: string): void {
    if (this.#skipped === 0 && this.#inCode > 0) {
      const field = this.#fields.at(-1);
      if (field !== undefined && field.code.length < MAX_FIELD_CODE) field.code += text;
      return;
    }
    if (this.#skipped > 0 || this.#inText === 0 || this.#runHides) return;
    this.#sink.add(isSymbolFont(this.#font) ? symbolsIn(this.#font, text) : text);
    for (const field of this.#fields) if (text.trim() !== '') field.hasResult = true;
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    if (name === 't') this.#inText -= 1;
    else if (name === 'instrText') this.#inCode -= 1;
    else if (name === 'rPr') this.#inRunProperties -= 1;
    else if (name === 'r') this.#runHides = false;
    else if (name === 'oMath') this.#math -= 1;
    else if (name === 'object') this.#objects -= 1;
    else if (name === 'sdt') this.#controls.pop();
    else if (name === 'sdtPr') this.#addCheckbox();
    else if (name === 'tc') {
      this.#cells -= 1;
      const span = this.#spans.pop() ?? 0;
      if (span > 0) this.#sink.add('\t'.repeat(span));
    } else if (name === 'p') this.#sink.add(this.#cells > 0 ? ' ' : '\n');
    else if (name === 'tr') {
      this.#rows.pop();
      this.#spans.length = 0;
      this.#sink.add('\n');
    } else if (name === 'txbxContent') this.#sink.add('\n');
  }

  /** Form fields of Word 97 to 2003 (w:ffData): the choice is stored apart from the text. */
  #openField(name: string, attributes: Record<string, string>): boolean {
    const field = this.#fields.at(-1);
    const value = attribute(attributes, 'val');
    switch (name) {
      case 'fldChar': {
        const type = attribute(attributes, 'fldCharType');
        if (type === 'begin')
          this.#fields.push({
            choice: undefined,
            options: [],
            chosen: undefined,
            isCheckbox: false,
            isChecked: undefined,
            isCheckedAtFirst: false,
            hasResult: false,
            code: '',
          });
        else if (type === 'end') this.#endField(this.#fields.pop());
        return true;
      }
      case 'listEntry':
        if (field !== undefined && field.options.length < 1000) field.options.push(value ?? '');
        return field !== undefined;
      case 'result':
        if (field !== undefined) field.chosen = Number(value);
        return field !== undefined;
      case 'checkBox':
        if (field !== undefined) field.isCheckbox = true;
        return field !== undefined;
      case 'checked':
        if (field?.isCheckbox === true) {
          field.isChecked = isOn(attributes);
          return true;
        }
        return false;
      case 'default':
        if (field?.isCheckbox === true) field.isCheckedAtFirst = isOn(attributes);
        else if (field !== undefined && field.chosen === undefined && /^\d+$/.test(value ?? ''))
          field.chosen = Number(value);
        else if (field !== undefined) field.choice = value;
        return field !== undefined;
      default:
        return false;
    }
  }

  #endField(field: Field | undefined): void {
    if (field === undefined || this.#runHides) return;
    if (field.isCheckbox) this.#sink.add((field.isChecked ?? field.isCheckedAtFirst) ? '[x] ' : '[ ] ');
    else if (!field.hasResult && field.options.length > 0) this.#sink.add(field.options[field.chosen ?? 0] ?? '');
    else if (!field.hasResult) this.#sink.add(equationText(field.code) ?? '');
  }

  /** Content controls (w:sdt). */
  #openControl(name: string, attributes: Record<string, string>): boolean {
    const control = this.#controls.at(-1);
    if (name === 'sdt') this.#controls.push({ isPrompt: false, isChecked: undefined });
    else if (name === 'showingPlcHdr' && control !== undefined) control.isPrompt = isOn(attributes);
    else if (name === 'checkbox' && control !== undefined) control.isChecked = false;
    else if (name === 'checked' && control?.isChecked !== undefined) control.isChecked = isOn(attributes);
    else return false;
    return true;
  }

  /** The sign of a check box may be in any font: its state is told in its place. */
  #addCheckbox(): void {
    const control = this.#controls.at(-1);
    if (control?.isChecked === undefined) return;
    this.#sink.add(control.isChecked ? '[x] ' : '[ ] ');
    control.isPrompt = true;
  }

  #openPicture(name: string, attributes: Record<string, string>): boolean {
    if (name === 'docPr') {
      const written = writtenDescription(attributes.descr);
      if (written !== '') this.#sink.add(`\n${written}\n`);
    } else if (name === 'extent') this.#extent = { width: Number(attributes.cx), height: Number(attributes.cy) };
    else if (name === 'shape' || name === 'rect') this.#extent = sizeInStyle(attributes.style ?? '');
    else if (name === 'blip' || name === 'imagedata') {
      const id = attribute(attributes, 'embed') ?? attributes['r:id'] ?? attribute(attributes, 'relid');
      const part = id === undefined ? undefined : this.#targets.get(id);
      // The picture of an object is what the object shows: it is read itself.
      if (part !== undefined && this.#objects === 0)
        this.pictures.push({ part, widthEmu: this.#extent.width, heightEmu: this.#extent.height });
    } else return false;
    return true;
  }
}

const EMU_OF_UNIT: Readonly<Record<string, number>> = { pt: 12_700, in: 914_400, cm: 360_000, mm: 36_000, px: 9525 };

/** Size of a VML shape. */
function sizeInStyle(style: string): { width: number | undefined; height: number | undefined } {
  const size = (side: string) => {
    const match = new RegExp(`(?:^|;)\\s*${side}:([\\d.]+)(pt|in|cm|mm|px)`, 'i').exec(style);
    return match === null ? undefined : Number(match[1]) * EMU_OF_UNIT[match[2]!.toLowerCase()]!; // the pattern names the keys
  };
  return { width: size('width'), height: size('height') };
}

const symbolsIn = (font: string, text: string) =>
  Array.from(text, (char) => symbolText(font, char.charCodeAt(0).toString(16)) || char).join('');

/** Deleted or moved-away text, field codes, the second copy of a drawing, and tab stops, which are no tabs. */
function isSkipped(name: string): boolean {
  return (
    name === 'del' ||
    name === 'moveFrom' ||
    name === 'delText' ||
    name === 'Fallback' ||
    name === 'tabs' ||
    name === 'rt'
  );
}
