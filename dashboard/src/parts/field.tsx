// One input with its name, a hint and what is wrong with it.
import { type ComponentChildren, cloneElement, type VNode } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  isWide?: boolean;
  /** The input; it is given the attributes that tie it to its label, hint and error. */
  children: VNode<object>;
}

/** What a component that stands in for an input passes on to it. */
export interface InputTies {
  id?: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
}

export function Field({ label, hint, error, isWide = false, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  const ties: InputTies = {
    id,
    ...(note === undefined ? {} : { 'aria-describedby': `${id}-note` }),
    ...(error === undefined ? {} : { 'aria-invalid': true }),
  };
  return (
    <div class={`field${isWide ? ' wide' : ''}`}>
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, ties)}
      {note !== undefined && (
        <span id={`${id}-note`} class={error === undefined ? 'field-hint' : 'field-error'}>
          {note}
        </span>
      )}
    </div>
  );
}
