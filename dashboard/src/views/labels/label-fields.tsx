// One label as its fields, with what is wrong or weak in it.
import { Field } from '../../parts/field.tsx';
import { words } from '../../words/labels.ts';
import type { DraftLabel } from './draft.ts';

interface LabelFieldsProps {
  label: DraftLabel;
  index: number;
  problem: string | undefined;
  remarks: readonly string[];
  isReadOnly: boolean;
  onChange: (label: DraftLabel) => void;
  onRemove: () => void;
}

export function LabelFields({ label, index, problem, remarks, isReadOnly, onChange, onRemove }: LabelFieldsProps) {
  const title = label.name.trim() === '' ? words.label(index + 1) : label.name;
  const change = (name: 'name' | 'description' | 'aliases') => (event: { currentTarget: { value: string } }) =>
    onChange({ ...label, [name]: event.currentTarget.value });
  return (
    <li class="card label-fields">
      <fieldset disabled={isReadOnly}>
        <legend class="visually-hidden">{title}</legend>
        <Field label={words.name}>
          {/* Names are long in some records plans and are read whole: the field wraps, though a name is one line. */}
          <textarea
            rows={1}
            class="label-name-field"
            maxLength={100}
            value={label.name}
            onInput={({ currentTarget: { value } }) =>
              onChange({ ...label, name: value.replace(/\s*[\r\n]+\s*/g, ' ') })
            }
            onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
          />
        </Field>
        <Field label={words.description} error={problem}>
          <textarea rows={2} maxLength={2000} value={label.description} onInput={change('description')} />
        </Field>
        <Field label={words.aliases}>
          <textarea rows={2} placeholder={words.oneALine} value={label.aliases} onInput={change('aliases')} />
        </Field>
        {!isReadOnly && (
          <button
            type="button"
            class="quiet icon"
            aria-label={words.removeIt(title)}
            title={words.remove}
            onClick={onRemove}
          >
            ×
          </button>
        )}
      </fieldset>
      {remarks.map((remark) => (
        <p key={remark} class="note warn">
          {remark}
        </p>
      ))}
    </li>
  );
}
