// What a trained model shall promise, and what happens when it is there.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { count } from '../../format.ts';
import { rowsToProve, shareText } from '../model/threshold.ts';
import type { TrainForm } from './train-form.ts';

interface PromiseFieldsProps {
  form: TrainForm;
  problems: Partial<Record<keyof TrainForm, string>>;
  onChange: (changes: Partial<TrainForm>) => void;
}

export function PromiseFields({ form, problems, onChange }: PromiseFieldsProps) {
  const hint = useId();
  const [precision, confidence] = [Number(form.precision) / 100, Number(form.confidence) / 100];
  const isShare = (value: number) => value > 0 && value < 1;
  return (
    <>
      <fieldset>
        <legend>Accept threshold</legend>
        <div class="fields">
          <Field name="Labels that are right (%)" problem={problems.precision}>
            <input
              inputMode="decimal"
              value={form.precision}
              onInput={(event) => onChange({ precision: event.currentTarget.value })}
            />
          </Field>
          <Field name="Confidence of that (%)" problem={problems.confidence}>
            <input
              inputMode="decimal"
              value={form.confidence}
              onInput={(event) => onChange({ confidence: event.currentTarget.value })}
            />
          </Field>
          <label class="inline wide">
            <input
              type="checkbox"
              aria-describedby={hint}
              checked={form.guarantee}
              onChange={(event) => onChange({ guarantee: event.currentTarget.checked })}
            />
            Prove it strictly, or fail
          </label>
          <p id={hint} class="dim wide">
            {form.guarantee
              ? 'The rows that prove the promise are kept out of training; without enough of them the training fails and says how many are missing.'
              : 'The threshold comes from rows each judged by a model that has not seen them; where they do not prove the promise, the model decides nothing alone and says how many documents are missing.'}
            {isShare(precision) &&
              isShare(confidence) &&
              ` ${shareText(precision)} with ${shareText(confidence)} confidence needs at least ${count(rowsToProve(precision, confidence))} accepted rows without an error.`}
          </p>
        </div>
      </fieldset>
      <label class="inline">
        <input
          type="checkbox"
          checked={form.promote}
          onChange={(event) => onChange({ promote: event.currentTarget.checked })}
        />
        Promote when done: the new model decides from then on
      </label>
    </>
  );
}

/** A labelled input with what is wrong about it. */
export function Field({
  name,
  problem,
  children,
}: {
  name: string;
  problem: string | undefined;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label>
      {name}
      {children}
      {problem !== undefined && (
        <span class="worse" role="alert">
          {problem}
        </span>
      )}
    </label>
  );
}
