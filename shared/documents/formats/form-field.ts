// Form fields within the text of OpenDocument (`field:fieldmark`), as word processors make them of Word's legacy form fields: what was chosen in a
// check box or a drop-down list is a parameter, not text.
import { attribute } from '../markup-handler.ts';
import { checkbox } from './choices.ts';

const MAX_ENTRIES = 1000;

export class FormField {
  #kind: 'checkbox' | 'dropdown' | undefined;
  #isChecked = false;
  #entries: string[] = [];
  #selected: number | undefined;

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'fieldmark' || name === 'fieldmark-start') {
      const type = /FORM(CHECKBOX|DROPDOWN)$/i.exec(attribute(attributes, 'type') ?? '')?.[1]?.toLowerCase();
      this.#kind = type === 'checkbox' || type === 'dropdown' ? type : undefined;
      this.#isChecked = false;
      this.#entries = [];
      this.#selected = undefined;
      return;
    }
    if (name !== 'param' || this.#kind === undefined) return;
    const parameter = (attribute(attributes, 'name') ?? '').replace(/^.*[.:]/, '');
    const value = attribute(attributes, 'value') ?? '';
    if (parameter === 'Checkbox_Checked') this.#isChecked = /^(true|1)$/i.test(value);
    else if (parameter === 'Dropdown_Selected' && /^\d+$/.test(value)) this.#selected = Number(value);
    else if (parameter === 'Dropdown_ListEntry' && this.#entries.length < MAX_ENTRIES) this.#entries.push(value);
  }

  /** What was chosen, where the field ends here. */
  close(name: string): string | undefined {
    if (name !== 'fieldmark' && name !== 'fieldmark-start') return undefined;
    const kind = this.#kind;
    this.#kind = undefined;
    if (kind === 'checkbox') return `${checkbox(this.#isChecked)} `;
    return kind === 'dropdown' && this.#selected !== undefined ? this.#entries[this.#selected] : undefined;
  }
}
