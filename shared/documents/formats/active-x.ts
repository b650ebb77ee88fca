// Controls of ActiveX in Office packages: boxes, buttons, lists and fields that people fill in; their value and caption stand in parts of their own.
// Invariant: A1 a damaged control says nothing, the document around it is read.
// Source: ECMA-376 part 4, 18 (ocx parts); [MS-OFORMS] 2.2.5 (MorphData), 2.3.4 (DisplayStyle), 2.4.14 (counts of strings).
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { checkbox } from './choices.ts';
import { relationsOf } from './office-xml.ts';

/** Class identifiers of the forms library by their first byte; all go on alike. */
const FORMS_CLASS = /^\{?8BD21D([1-6]0)-EC42-11CE-9E0D-00AA006002F3\}?$/i;
const LABEL_CLASS = /^\{?978C9E23-D4B0-11CE-BF2D-00AA003F40D0\}?$/i;
const FORMS_REST = Buffer.from('1dd28b42ecce119e0d00aa006002f3', 'hex');

/** What a control shows; '' for those that show nothing, and for kinds that are not known. */
export async function controlText(parts: PackageParts, part: string): Promise<string> {
  let kind = '';
  const values = new Map<string, string>();
  await parts.xml(part, {
    open(name, attributes) {
      if (name === 'ocx') {
        const id = attribute(attributes, 'classid') ?? '';
        kind = FORMS_CLASS.exec(id)?.[1] ?? (LABEL_CLASS.test(id) ? 'label' : '');
      } else if (name === 'ocxPr')
        values.set(attribute(attributes, 'name') ?? '', attribute(attributes, 'value') ?? '');
    },
  });
  if (values.size > 0) return textOf(kind, values.get('Value') ?? '', values.get('Caption') ?? '');
  for (const { kind: relation, target } of await relationsOf(parts, part)) {
    const bytes = relation === 'activeXControlBinary' ? await parts.bytes(target) : undefined;
    const found = bytes === undefined ? undefined : morphData(bytes);
    if (found !== undefined) return textOf(found.kind, found.value, found.caption);
  }
  return '';
}

/** Text box, list box, combo box: the value; check box, option and toggle button: the caption and its state. */
function textOf(kind: string, value: string, caption: string): string {
  if (kind === 'label') return ` ${caption} `;
  if (kind === '40' || kind === '50' || kind === '60') return ` ${checkbox(/^(1|-1|true)$/i.test(value), caption)} `;
  return kind === '' ? '' : ` ${value} `;
}

/** Bytes of each property in the order of its bit in the mask; 0 are bits without data. */
const SIZES = [4, 4, 4, 4, 1, 1, 1, 1, 0, 2, 4, 2, 2, 2, 2, 2, 1, 1, 1, 0, 1, 1, 4, 4, 4, 4, 4, 2, 2, 2];
const SIZE_BIT = 8;
const VALUE_BIT = 22;
const CAPTION_BIT = 23;
const IS_8_BIT = 0x8000_0000;

/** The stream of a control: its class, then the properties that differ from what is usual. */
function morphData(bytes: Buffer): { kind: string; value: string; caption: string } | undefined {
  if (bytes.length < 28 || !bytes.subarray(1, 16).equals(FORMS_REST)) return undefined;
  const mask = bytes.readUInt32LE(20);
  const more = bytes.readUInt32LE(24);
  let at = 28;
  let [value, caption] = [0, 0];
  for (const [bit, size] of SIZES.entries()) {
    if (size === 0 || ((mask >>> bit) & 1) === 0) continue;
    at += -(at - 20) & (size - 1);
    if (at + size > bytes.length) return undefined;
    if (bit === VALUE_BIT) value = bytes.readUInt32LE(at);
    else if (bit === CAPTION_BIT) caption = bytes.readUInt32LE(at);
    at += size;
  }
  at += -(at - 20) & 3;
  if ((more & 1) !== 0) at += 4; // the size of the name of its group
  if (((mask >>> SIZE_BIT) & 1) !== 0) at += 8;
  const read = (count: number) => {
    const size = count & 0x7fff_ffff;
    const text = bytes.toString(count >= IS_8_BIT ? 'latin1' : 'utf16le', at, Math.min(bytes.length, at + size));
    at += size + (-size & 3);
    return text;
  };
  return { kind: bytes.toString('hex', 0, 1), value: read(value), caption: read(caption) };
}
