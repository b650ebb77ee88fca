// Fields of WordprocessingML, form fields of Word 97 to 2003 (w:ffData) among them, whose choice is stored apart from the text.
import { attribute } from '../markup-handler.ts';
import { fieldText, MAX_FIELD_CODE } from './field-code.ts';
import { isOn } from './word-styles.ts';

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

/** Fields that are open, each in the one before it. */
export class WordFields {
  readonly #open: Field[] = [];

  /** @param say  is told what a field shows that ends here @returns is nothing else to be done? */
  open(name: string, attributes: Record<string, string>, say: (text: string) => void): boolean {
    const field = this.#open.at(-1);
    const value = () => attribute(attributes, 'val');
    switch (name) {
      case 'fldChar': {
        const type = attribute(attributes, 'fldCharType');
        if (type === 'begin')
          this.#open.push({
            choice: undefined,
            options: [],
            chosen: undefined,
            isCheckbox: false,
            isChecked: undefined,
            isCheckedAtFirst: false,
            hasResult: false,
            code: '',
          });
        else if (type === 'end') say(shownText(this.#open.pop()));
        return true;
      }
      case 'listEntry':
        if (field !== undefined && field.options.length < 1000) field.options.push(value() ?? '');
        return field !== undefined;
      case 'result':
        if (field !== undefined) field.chosen = Number(value());
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
        else if (field !== undefined && field.chosen === undefined && /^\d+$/.test(value() ?? ''))
          field.chosen = Number(value());
        else if (field !== undefined) field.choice = value();
        return field !== undefined;
      default:
        return false;
    }
  }

  /** Text of the code of the innermost. */
  addCode(text: string): void {
    const field = this.#open.at(-1);
    if (field !== undefined && field.code.length < MAX_FIELD_CODE) field.code += text;
  }

  /** Text that stands in the document is the result of all that are open. */
  seeText(text: string): void {
    if (this.#open.length > 0 && text.trim() !== '') for (const field of this.#open) field.hasResult = true;
  }
}

/** What a field shows beside its result. */
function shownText(field: Field | undefined): string {
  if (field === undefined) return '';
  if (field.isCheckbox) return (field.isChecked ?? field.isCheckedAtFirst) ? '[x] ' : '[ ] ';
  if (field.hasResult) return '';
  return field.options.length > 0 ? (field.options[field.chosen ?? 0] ?? '') : (fieldText(field.code) ?? '');
}
