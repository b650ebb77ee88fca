// Fields of the dialog that starts a run.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { percent } from '../../format.ts';
import { Field, type InputTies } from '../../parts/field.tsx';
import { useResource } from '../../resource.ts';
import { session } from '../../session.ts';
import type { FieldErrors, RunForm, SourceKind } from './run-form.ts';

interface FieldsProps {
  form: RunForm;
  change: (part: Partial<RunForm>) => void;
  errors: FieldErrors['byInput'];
}

/** Inputs and selects give their value alike. */
type Typed = { currentTarget: { value: string } };

const KINDS: readonly { kind: SourceKind; name: string }[] = [
  { kind: 'prefix', name: 'A folder' },
  { kind: 'paths', name: 'Single files' },
  { kind: 'dataset', name: 'A data set' },
];

export function SourceFields({ form, change, errors }: FieldsProps) {
  return (
    <fieldset class="fields">
      <legend>What to classify</legend>
      <div class="wide choices">
        {KINDS.map(({ kind, name }) => (
          <label key={kind} class="inline">
            <input
              type="radio"
              name="source-kind"
              value={kind}
              checked={form.kind === kind}
              onChange={() => change({ kind })}
            />
            {name}
          </label>
        ))}
      </div>
      <Field label="Container" error={errors.get('container')}>
        <select
          value={form.container}
          onChange={({ currentTarget }: Typed) =>
            change({ container: currentTarget.value === 'landing' ? 'landing' : 'imports' })
          }
        >
          <option value="imports">imports</option>
          <option value="landing">landing</option>
        </select>
      </Field>
      {form.kind === 'prefix' && (
        <Field label="Folder" error={errors.get('prefix')} hint="Empty is the whole container." isWide>
          <input
            value={form.prefix}
            placeholder="letters-2025/"
            onInput={({ currentTarget }) => change({ prefix: currentTarget.value })}
          />
        </Field>
      )}
      {form.kind === 'paths' && (
        <Field label="Paths, one a line" error={errors.get('paths')} hint="At most 1,000." isWide>
          <textarea
            rows={4}
            value={form.paths}
            onInput={({ currentTarget }) => change({ paths: currentTarget.value })}
          />
        </Field>
      )}
      {form.kind === 'dataset' && (
        <>
          <Field label="File" error={errors.get('dataset')} hint="JSON lines, CSV or Parquet, one document a row.">
            <input
              value={form.dataset}
              placeholder="letters.parquet"
              onInput={({ currentTarget }) => change({ dataset: currentTarget.value })}
            />
          </Field>
          <Field label="Text column" error={errors.get('textColumn')}>
            <input
              value={form.textColumn}
              placeholder="text"
              onInput={({ currentTarget }) => change({ textColumn: currentTarget.value })}
            />
          </Field>
          <Field label="Id column" error={errors.get('idColumn')} hint="Empty: the row's number.">
            <input value={form.idColumn} onInput={({ currentTarget }) => change({ idColumn: currentTarget.value })} />
          </Field>
        </>
      )}
    </fieldset>
  );
}

/** GET /api/models, as far as it is used. */
export interface ModelsAnswer {
  champion: string | null;
  models: Pick<ModelReport, 'version' | 'champion' | 'accept'>[];
}

export function SettingFields({ form, change, errors }: FieldsProps) {
  const { data: models } = useResource<ModelsAnswer>('models');
  const accept = acceptHint(form, models);
  return (
    <fieldset class="fields">
      <legend>How</legend>
      <Field label="Model version" error={errors.get('modelVersion')}>
        <ModelSelect value={form.modelVersion} models={models} onChange={(modelVersion) => change({ modelVersion })} />
      </Field>
      <Field label="Taxonomy version" error={errors.get('taxonomyVersion')} hint="Empty: the current one.">
        <input
          value={form.taxonomyVersion}
          placeholder={session.value?.taxonomy?.version ?? ''}
          onInput={({ currentTarget }) => change({ taxonomyVersion: currentTarget.value })}
        />
      </Field>
      <Field label="Accept threshold" error={errors.get('acceptThreshold')} hint={accept}>
        <input
          inputMode="decimal"
          value={form.acceptThreshold}
          onInput={({ currentTarget }) => change({ acceptThreshold: currentTarget.value })}
        />
      </Field>
      {session.value?.llm !== null && (
        <>
          <label class="inline wide">
            <input
              type="checkbox"
              checked={form.useLlm}
              onChange={({ currentTarget }) => change({ useLlm: currentTarget.checked })}
            />
            Ask the LLM where the model is unsure
          </label>
          {form.useLlm && <LlmFields form={form} change={change} errors={errors} />}
        </>
      )}
    </fieldset>
  );
}

function LlmFields({ form, change, errors }: FieldsProps) {
  return (
    <>
      <Field
        label="Budget, USD"
        error={errors.get('maxCostUsd')}
        hint="At most this is spent; what it does not cover waits for review."
      >
        <input
          inputMode="decimal"
          value={form.maxCostUsd}
          placeholder="no limit"
          onInput={({ currentTarget }) => change({ maxCostUsd: currentTarget.value })}
        />
      </Field>
      <Field label="Mode" error={errors.get('mode')} hint={MODE_HINTS[form.mode]}>
        <select
          value={form.mode}
          onChange={({ currentTarget }: Typed) => change({ mode: currentTarget.value as RunForm['mode'] })}
        >
          <option value="auto">auto</option>
          <option value="live">live</option>
          <option value="batch">batch</option>
        </select>
      </Field>
      {form.mode !== 'live' && (
        <Field label="Deadline, hours" error={errors.get('deadlineHours')} hint="Then the rest is asked at once.">
          <input
            inputMode="decimal"
            value={form.deadlineHours}
            placeholder="none"
            onInput={({ currentTarget }) => change({ deadlineHours: currentTarget.value })}
          />
        </Field>
      )}
    </>
  );
}

const MODE_HINTS: Readonly<Record<RunForm['mode'], string>> = {
  auto: 'Whichever fits size and deadline.',
  live: 'Asked at once.',
  batch: 'Half the price, up to a day.',
};

export function ModelSelect({
  value,
  models,
  onChange,
  ...ties
}: InputTies & {
  value: string;
  models: ModelsAnswer | undefined;
  onChange: (version: string) => void;
}) {
  return (
    <select {...ties} value={value} onChange={({ currentTarget }: Typed) => onChange(currentTarget.value)}>
      <option value="">{models?.champion ? `champion (${models.champion})` : 'champion'}</option>
      {models?.models.map(({ version }) => (
        <option key={version} value={version}>
          {version}
        </option>
      ))}
    </select>
  );
}

/** Which threshold holds when none is typed. */
function acceptHint(form: RunForm, models: ModelsAnswer | undefined): string {
  const own = session.value?.acceptThreshold ?? null;
  if (own !== null) return `Empty: ${percent(own)}, as the host is set.`;
  const version = form.modelVersion === '' ? models?.champion : form.modelVersion;
  const model = models?.models.find((one) => one.version === version);
  return model === undefined ? '0 to 1. Empty: the model’s own.' : `Empty: the model’s own, ${model.accept.threshold}.`;
}
