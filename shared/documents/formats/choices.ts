// Choices in forms: one form for all formats, and what signs of symbol fonts stand for.

/** `[x] label`, `[ ] label`. */
export const checkbox = (isChecked: boolean, label = '') =>
  `${isChecked ? '[x]' : '[ ]'}${label === '' ? '' : ` ${label}`}`;

// Glyph numbers of boxes and ticks, by font, as Unicode has them.
const WINGDINGS: Readonly<Record<number, string>> = {
  108: '●',
  110: '■',
  111: '☐',
  112: '☐',
  113: '☐',
  114: '☐',
  116: '◆',
  117: '◆',
  118: '❖',
  119: '◆',
  120: '☒',
  158: '·',
  159: '•',
  161: '○',
  162: '○',
  164: '◉',
  165: '◎',
  167: '▪',
  168: '☐',
  216: '➢',
  223: '←',
  224: '→',
  225: '↑',
  226: '↓',
  232: '➔',
  240: '⇨',
  251: '✗',
  252: '✓',
  253: '☒',
  254: '☑',
};
const WINGDINGS_2: Readonly<Record<number, string>> = {
  79: '✗',
  80: '✓',
  81: '☒',
  82: '☑',
  83: '☒',
  84: '☒',
  42: '☐',
  48: '☐',
  53: '☐',
  163: '☐',
};
const WEBDINGS: Readonly<Record<number, string>> = { 97: '✓', 99: '☐', 103: '■', 114: '✗', 115: '?' };

// The font Symbol: Greek letters and signs of formulas.
const SYMBOL = ' !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼';
const SYMBOL_HIGH: Readonly<Record<number, string>> = {
  162: '′',
  163: '≤',
  165: '∞',
  171: '↔',
  172: '←',
  173: '↑',
  174: '→',
  175: '↓',
  176: '°',
  177: '±',
  178: '″',
  179: '≥',
  180: '×',
  181: '∝',
  182: '∂',
  183: '•',
  184: '÷',
  185: '≠',
  186: '≡',
  187: '≈',
  188: '…',
  206: '∈',
  207: '∉',
  208: '∠',
  209: '∇',
  213: '∏',
  214: '√',
  215: '⋅',
  216: '¬',
  217: '∧',
  218: '∨',
  222: '⇒',
  229: '∑',
  242: '∫',
};

/**
 * What a character of a font stands for.
 * @param hex  code as OOXML writes it: F000 and up for glyph numbers
 * @returns a blank for a glyph of a symbol font that is no letter and no known sign
 */
export function symbolText(font: string, hex: string | undefined): string {
  const code = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
  if (!(code > 0x20) || code > 0x10ffff) return ' ';
  const glyph = code >= 0xf000 && code <= 0xf0ff ? code - 0xf000 : code;
  if (/^wingdings 2/i.test(font)) return withChoice(WINGDINGS_2[glyph]);
  if (/^wingdings 3/i.test(font)) return ' ';
  if (/^wingdings/i.test(font)) return withChoice(WINGDINGS[glyph]);
  if (/^webdings/i.test(font)) return withChoice(WEBDINGS[glyph]);
  if (/^symbol/i.test(font)) return SYMBOL_HIGH[glyph] ?? SYMBOL[glyph - 0x20] ?? ' ';
  return code < 0xe000 || code > 0xf8ff ? String.fromCodePoint(code) : ' ';
}

/** Boxes and ticks say what they mean, and stay as signs behind it, apart from the words that follow. */
function withChoice(sign: string | undefined): string {
  if (sign === undefined) return ' ';
  if (/[☑☒✓✗]/.test(sign)) return `${checkbox(true)} ${sign} `;
  return sign === '☐' ? `${checkbox(false)} ${sign} ` : sign;
}

/** Is this what `symbolText` gives for a box or a tick? */
export const isChoice = (text: string) => /^\[[x ]\]/.test(text);
