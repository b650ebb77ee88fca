// What a trained model shall promise, and what happens when it is there.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { count } from '../../format.ts';
import { words } from '../../words/models.ts';
import { rowsToProve, shareText } from '../model/threshold.ts';
import type { TrainForm } from './train-form.ts';

interface PromiseFieldsProps {
  form: TrainForm;
  problems: Partial<Record<keyof TrainForm, string>>;
  onChange: (changes: Partial<TrainForm>) => void;
}

export function PromiseFields({ form, problems, onChange }: PromiseFieldsProps) {
  const hint = useId();
  const shareOf = (typed: string) => Number(typed.replace(',', '.')) / 100;
  const [precision, confidence] = [shareOf(form.precision), shareOf(form.confidence)];
  const isShare = (value: number) => value > 0 && value < 1;
  return (
    <>
      <fieldset>
        <legend>{words.acceptThreshold}</legend>
        <div class="fields">
          <Field name={words.labelsRight} problem={problems.precision}>
            <input
              inputMode="decimal"
              value={form.precision}
              onInput={(event) => onChange({ precision: event.currentTarget.value })}
            />
          </Field>
          <Field name={words.confidenceOfThat} problem={problems.confidence}>
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
            {words.proveStrictly}
          </label>
          <p id={hint} class="dim wide">
            {form.guarantee ? words.strictHint : words.looseHint}
            {isShare(precision) &&
              isShare(confidence) &&
              ` ${words.rowsNeeded(shareText(precision), shareText(confidence), count(rowsToProve(precision, confidence)))}`}
          </p>
        </div>
      </fieldset>
      <label class="inline">
        <input
          type="checkbox"
          checked={form.promote}
          onChange={(event) => onChange({ promote: event.currentTarget.checked })}
        />
        {words.promoteWhenDone}
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
