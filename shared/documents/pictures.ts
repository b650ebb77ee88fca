export interface Picture {
  bytes: Uint8Array;
}

/** A page or a receipt has at least so many pixels; icons, logos and signatures have fewer. */
const MIN_PIXELS = 120_000;
const MIN_SIDE = 150;
/** EMU² on the page: 25 cm². A larger picture is looked at, a smaller one is a logo or a signature. */
const MIN_AREA_EMU = 25 * 360_000 * 360_000;

/** Is this a bitmap large enough to hold a page of text? Metafiles, and bytes that are no picture, are not. */
export function mayHoldText(bytes: Uint8Array): boolean {
  const size = pictureSize(bytes);
  return (
    size !== undefined && size.width >= MIN_SIDE && size.height >= MIN_SIDE && size.width * size.height >= MIN_PIXELS
  );
}

/** Is it shown large enough? `undefined` where the document does not tell. @param widthEmu English Metric Units, 914,400 an inch */
export function isShownLarge(widthEmu: number | undefined, heightEmu: number | undefined): boolean {
  if (widthEmu === undefined || heightEmu === undefined || !(widthEmu > 0) || !(heightEmu > 0)) return true;
  return widthEmu * heightEmu >= MIN_AREA_EMU;
}

/** Pixels of a PNG, JPEG, GIF, BMP, WebP or TIFF by its header; undefined for anything else. */
export function pictureSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 30) return undefined;
  const head = file.toString('latin1', 0, 16);
  if (head.startsWith('\x89PNG')) return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
  if (head.startsWith('GIF8')) return { width: file.readUInt16LE(6), height: file.readUInt16LE(8) };
  if (head.startsWith('BM')) return { width: file.readInt32LE(18), height: Math.abs(file.readInt32LE(22)) };
  if (head.startsWith('\xff\xd8')) return jpegSize(file);
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return webpSize(file);
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return tiffSize(file);
  return undefined;
}

function jpegSize(file: Buffer): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < file.length; ) {
    if (file[at] !== 0xff) return undefined;
    const mark = file[at + 1]!; // within the file
    if (mark === 0xff) {
      at += 1;
      continue;
    }
    // SOF0 to SOF15 hold the size, but for DHT, JPG and DAC.
    if (mark >= 0xc0 && mark <= 0xcf && mark !== 0xc4 && mark !== 0xc8 && mark !== 0xcc)
      return { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7) };
    at += 2 + Math.max(2, file.readUInt16BE(at + 2));
  }
  return undefined;
}

function webpSize(file: Buffer): { width: number; height: number } | undefined {
  const kind = file.toString('latin1', 12, 16);
  if (kind === 'VP8X') return { width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1 };
  if (kind === 'VP8 ') return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
  if (kind !== 'VP8L') return undefined;
  const bits = file.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}

function tiffSize(file: Buffer): { width: number; height: number } | undefined {
  const isLittle = file[0] === 0x49;
  const short = (at: number) => (isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const long = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const directory = long(4);
  if (directory + 2 > file.length) return undefined;
  const size = { width: 0, height: 0 };
  for (let i = 0, at = directory + 2; i < short(directory) && at + 12 <= file.length; i++, at += 12) {
    const value = short(at + 2) === 3 ? short(at + 8) : long(at + 8);
    if (short(at) === 256) size.width = value;
    else if (short(at) === 257) size.height = value;
  }
  return size.width > 0 && size.height > 0 ? size : undefined;
}

const FILE_NAME = /^[^\s/\\]{0,60}\.(png|jpe?g|gif|bmp|tiff?|webp|wmf|emf|svg|heic|pdf)$/i;
const PLACE_OF_FILE = /^([a-z]:\\|\\\\|\/|file:|https?:|cid:)\S*$/i;
// What Office writes by itself, in the languages it writes it in.
const AUTOMATIC =
  /\b(description|title|alt text) automatically generated\b|automatisch generierte beschreibung|ki-generierte inhalte|ai-generated content may be incorrect|g[ée]n[ée]r[ée]e? automatiquement|generad[ao] autom[áa]ticamente|generat[ao] automaticamente|gerad[ao] automaticamente|automatisch gegenereerde|automatiskt genererad|automatisk generert|automatisk genereret|automaattisesti luotu|wygenerowany automatycznie|automaticky vygenerovan|自動的に生成|自动生成的|автоматически созданное/i;
const DEFAULT_NAME =
  /^(picture|image|img|bild|grafik|grafische|immagine|imagen|imagem|afbeelding|obraz|obrázek|kép|kuva|billede|bilde|рисунок|图片|図|photo|screenshot|logo|object|shape|graphic)[\s_-]*\d*$/i;

/** The description a person wrote of a picture; '' for file names, numbers and what a program wrote. */
export function writtenDescription(text: string | undefined): string {
  const trimmed = text?.trim() ?? '';
  if (AUTOMATIC.test(trimmed) || FILE_NAME.test(trimmed) || PLACE_OF_FILE.test(trimmed) || DEFAULT_NAME.test(trimmed))
    return '';
  return trimmed;
}
