// The text of one WordprocessingML part: paragraphs with the numbers of their lists, tables, text boxes, equations, fields and the choices of forms.
// Tracked changes are read as accepted; hidden text and prompts of controls nobody has filled in are not content.
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { writtenDescription } from '../pictures.ts';
import type { TextSink } from '../reading.ts';
import { controlText } from './active-x.ts';
import { symbolText } from './choices.ts';
import { symbolsIn } from './drawing-text.ts';
import type { Relation } from './office-xml.ts';
import type { ShownPicture } from './package-files.ts';
import { CLOSED, isSkipped, OPENED, TELLING } from './word-elements.ts';
import { WordFields } from './word-fields.ts';
import { WordLists } from './word-lists.ts';
import { isOn, isSymbolFont, type ParagraphStyle, type WordStyles } from './word-styles.ts';

interface Paragraph {
  style: ParagraphStyle | undefined;
  styleId: string | undefined;
  /** Of the list it names itself. */
  id: string | undefined;
  level: number | undefined;
  isProperties: boolean;
  isMarkGone: boolean;
  /** Due before its first text. */
  label: string;
}

interface Control {
  isPrompt: boolean;
  /** Of a check box; undefined for other controls. */
  isChecked: boolean | undefined;
}

/** Handler of one WordprocessingML part: its text into a sink, its pictures beside. */
export class Story {
  readonly looksAt = TELLING;
  readonly pictures: ShownPicture[] = [];
  readonly #sink: TextSink;
  readonly #targets: Map<string, string>;
  readonly #active: Map<string, string>;
  readonly #styles: WordStyles;
  readonly #lists: WordLists;
  #skipped = 0;
  #inText = 0;
  #inCode = 0;
  /** Cells seen of each row that is open. */
  readonly #rows: number[] = [];
  #cells = 0;
  #math = 0;
  #objects = 0;
  readonly #fields = new WordFields();
  readonly #controls: Control[] = [];
  /** Where the properties of a control end, its content begins: a prompt is passed over from there. */
  #runHides = false;
  #inRunProperties = 0;
  #extent: { width: number | undefined; height: number | undefined } = { width: undefined, height: undefined };
  #font = '';

  readonly #paragraphs: Paragraph[] = [];
  /** Of list labels that Word 2003 keeps with the text. */
  #inLabel = 0;

  /** @param styles  those that hide text, show signs or number paragraphs; may grow while it is read */
  constructor(
    sink: TextSink,
    relations: readonly Relation[],
    styles: WordStyles,
    lists = new WordLists(new Map(), styles),
  ) {
    this.#sink = sink;
    this.#styles = styles;
    this.#lists = lists;
    const targets = (wanted: string) =>
      new Map(relations.filter(({ kind }) => kind === wanted).map(({ id, target }) => [id, target]));
    this.#targets = targets('image');
    this.#active = targets('control');
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipped === 0 && !OPENED.has(name)) return;
    // In the properties of its mark: the paragraph's end is deleted.
    const paragraph = this.#paragraphs.at(-1);
    if (paragraph?.isProperties === true && this.#skipped === 0 && (name === 'del' || name === 'moveFrom'))
      paragraph.isMarkGone = true;
    if (this.#skipped > 0 || isSkipped(name) || (name === 'sdtContent' && this.#controls.at(-1)?.isPrompt === true)) {
      this.#skipped += 1;
      return;
    }
    if (
      this.#openParagraph(name, attributes) ||
      this.#fields.open(name, attributes, this.#sayField) ||
      this.#openControl(name, attributes) ||
      this.#openPicture(name, attributes)
    )
      return;
    const sink = this.#sink;
    switch (name) {
      case 'r': {
        const style = this.#paragraphs.at(-1)?.style;
        this.#runHides = style?.hides ?? false;
        this.#font = style?.font ?? '';
        break;
      }
      case 'rPr':
        this.#inRunProperties += 1;
        break;
      case 'rStyle': {
        const style = this.#styles.characters.get(attribute(attributes, 'val') ?? '');
        if (style === undefined || this.#inRunProperties === 0) break;
        this.#runHides ||= style.hides;
        this.#font = style.font || this.#font;
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
        if (!this.#runHides) this.#say(symbolText(attribute(attributes, 'font') ?? '', attribute(attributes, 'char')));
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
      this.#fields.addCode(text);
      return;
    }
    if (this.#skipped > 0 || this.#inText === 0 || this.#runHides) return;
    this.#say(isSymbolFont(this.#font) ? symbolsIn(this.#font, text) : text);
    this.#fields.seeText(text);
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    if (!CLOSED.has(name) || this.#closeParagraph(name)) return;
    if (name === 't') this.#inText -= 1;
    else if (name === 'instrText') this.#inCode -= 1;
    else if (name === 'rPr') this.#inRunProperties -= 1;
    else if (name === 'r') this.#runHides = false;
    else if (name === 'oMath') this.#math -= 1;
    else if (name === 'num' && this.#math > 0) this.#sink.add('/');
    else if (name === 'object') this.#objects -= 1;
    else if (name === 'sdt') this.#controls.pop();
    else if (name === 'sdtPr') this.#addCheckbox();
    else if (name === 'tc') {
      this.#cells -= 1;
      const span = this.#spans.pop() ?? 0;
      if (span > 0) this.#sink.add('\t'.repeat(span));
    } else if (name === 'p') {
      this.#paragraphs.pop();
      this.#sink.add(this.#cells > 0 ? ' ' : '\n');
    } else if (name === 'tr') {
      this.#rows.pop();
      this.#spans.length = 0;
      this.#sink.add('\n');
    } else if (name === 'txbxContent') this.#sink.add('\n');
  }

  readonly #sayField = (text: string) => {
    if (!this.#runHides) this.#say(text);
  };

  /** Visible text of the paragraph; before the first of it stands the number of its list. */
  #say(text: string): void {
    const paragraph = this.#paragraphs.at(-1);
    if (paragraph !== undefined && paragraph.label !== '' && text !== '') {
      this.#sink.add(paragraph.label);
      paragraph.label = '';
    }
    this.#sink.add(text);
  }

  #openParagraph(name: string, attributes: Record<string, string>): boolean {
    if (name === 'p') {
      // Too deep a nesting is refused by the parser.
      this.#paragraphs.push({
        style: undefined,
        styleId: undefined,
        id: undefined,
        level: undefined,
        isProperties: false,
        isMarkGone: false,
        label: '',
      });
      return true;
    }
    const paragraph = this.#paragraphs.at(-1);
    if (paragraph === undefined) return false;
    if (name === 'pPr') paragraph.isProperties = true;
    if (!paragraph.isProperties) return false;
    const value = attribute(attributes, 'val');
    if (name === 'pStyle') {
      paragraph.styleId = value;
      paragraph.style = this.#styles.paragraphs.get(value ?? '');
    } else if (name === 'numId') paragraph.id = value;
    else if (name === 'ilvl') paragraph.level = Number(value) || 0;
    else if (name === 'listPr') this.#inLabel += 1;
    else if (name === 't' && this.#inLabel > 0) paragraph.label = /[\p{L}\p{N}]/u.test(value ?? '') ? `${value} ` : '';
    else return false;
    return true;
  }

  /** Only where the properties of a paragraph end is it known how it is numbered. @returns is nothing else to be done? */
  #closeParagraph(name: string): boolean {
    const paragraph = this.#paragraphs.at(-1);
    if (paragraph?.isProperties !== true) return false;
    if (name === 'listPr') this.#inLabel -= 1;
    else if (name === 'pPr') {
      paragraph.isProperties = false;
      // The paragraph whose mark is deleted goes on in the next one.
      if (paragraph.label === '' && !paragraph.isMarkGone)
        paragraph.label = this.#lists.next(paragraph.styleId, paragraph);
    } else return name === 't' && this.#inLabel > 0;
    return true;
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

  /** Controls of ActiveX keep what they show in parts of their own. */
  async addControls(parts: PackageParts): Promise<void> {
    for (const { place, part } of this.#placed) this.#sink.replace(place, await controlText(parts, part));
  }
  readonly #placed: { place: number; part: string }[] = [];

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
    } else if (name === 'control') {
      const part = this.#active.get(attribute(attributes, 'id') ?? '');
      if (part === undefined || this.#placed.length >= MAX_CONTROLS) return true;
      this.#say(' ');
      this.#placed.push({ place: this.#sink.place, part });
    } else return false;
    return true;
  }
}

const MAX_CONTROLS = 1000;

const EMU_OF_UNIT: Readonly<Record<string, number>> = { pt: 12_700, in: 914_400, cm: 360_000, mm: 36_000, px: 9525 };

/** Size of a VML shape. */
function sizeInStyle(style: string): { width: number | undefined; height: number | undefined } {
  const size = (side: string) => {
    const match = new RegExp(`(?:^|;)\\s*${side}:([\\d.]+)(pt|in|cm|mm|px)`, 'i').exec(style);
    return match === null ? undefined : Number(match[1]) * EMU_OF_UNIT[match[2]!.toLowerCase()]!; // the pattern names the keys
  };
  return { width: size('width'), height: size('height') };
}
