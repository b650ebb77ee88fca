// One label as its fields, with what is wrong or weak in it.
import { Field } from '../../parts/field.tsx';
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
  const title = label.name.trim() === '' ? `Label ${index + 1}` : label.name;
  const change = (name: 'name' | 'description' | 'aliases') => (event: { currentTarget: { value: string } }) =>
    onChange({ ...label, [name]: event.currentTarget.value });
  return (
    <li class="card label-fields">
      <fieldset disabled={isReadOnly}>
        <legend class="visually-hidden">{title}</legend>
        <Field label="Name">
          <input type="text" maxLength={100} value={label.name} onInput={change('name')} />
        </Field>
        <Field label="What belongs here, and what does not" error={problem}>
          <textarea rows={2} maxLength={2000} value={label.description} onInput={change('description')} />
        </Field>
        <Field label="Also called">
          <textarea rows={2} placeholder="one a line" value={label.aliases} onInput={change('aliases')} />
        </Field>
        {!isReadOnly && (
          <button type="button" class="quiet icon" aria-label={`Remove ${title}`} title="Remove" onClick={onRemove}>
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
