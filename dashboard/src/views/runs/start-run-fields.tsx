// Fields of the dialog that starts a run.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { decimal, percent } from '../../format.ts';
import { Field, type InputTies } from '../../parts/field.tsx';
import { useResource } from '../../resource.ts';
import { session } from '../../session.ts';
import { words } from '../../words/runs.ts';
import type { FieldErrors, RunForm, SourceKind } from './run-form.ts';

interface FieldsProps {
  form: RunForm;
  change: (part: Partial<RunForm>) => void;
  errors: FieldErrors['byInput'];
}

/** Inputs and selects give their value alike. */
type Typed = { currentTarget: { value: string } };

const KINDS: readonly SourceKind[] = ['prefix', 'paths', 'dataset'];

export function SourceFields({ form, change, errors }: FieldsProps) {
  return (
    <fieldset class="fields">
      <legend>{words.whatToClassify}</legend>
      <div class="wide choices">
        {KINDS.map((kind) => (
          <label key={kind} class="inline">
            <input
              type="radio"
              name="source-kind"
              value={kind}
              checked={form.kind === kind}
              onChange={() => change({ kind })}
            />
            {words.sourceKinds[kind]}
          </label>
        ))}
      </div>
      <Field label={words.container} error={errors.get('container')}>
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
        <Field label={words.folder} error={errors.get('prefix')} hint={words.folderHint} isWide>
          <input
            value={form.prefix}
            placeholder="letters-2025/"
            onInput={({ currentTarget }) => change({ prefix: currentTarget.value })}
          />
        </Field>
      )}
      {form.kind === 'paths' && (
        <Field label={words.paths} error={errors.get('paths')} hint={words.pathsHint} isWide>
          <textarea
            rows={4}
            value={form.paths}
            onInput={({ currentTarget }) => change({ paths: currentTarget.value })}
          />
        </Field>
      )}
      {form.kind === 'dataset' && (
        <>
          <Field label={words.file} error={errors.get('dataset')} hint={words.fileHint}>
            <input
              value={form.dataset}
              placeholder="letters.parquet"
              onInput={({ currentTarget }) => change({ dataset: currentTarget.value })}
            />
          </Field>
          <Field label={words.textColumn} error={errors.get('textColumn')}>
            <input
              value={form.textColumn}
              placeholder="text"
              onInput={({ currentTarget }) => change({ textColumn: currentTarget.value })}
            />
          </Field>
          <Field label={words.idColumn} error={errors.get('idColumn')} hint={words.idHint}>
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
      <legend>{words.how}</legend>
      <Field label={words.modelVersion} error={errors.get('modelVersion')}>
        <ModelSelect value={form.modelVersion} models={models} onChange={(modelVersion) => change({ modelVersion })} />
      </Field>
      <Field label={words.taxonomyVersion} error={errors.get('taxonomyVersion')} hint={words.taxonomyHint}>
        <input
          value={form.taxonomyVersion}
          placeholder={session.value?.taxonomy?.version ?? ''}
          onInput={({ currentTarget }) => change({ taxonomyVersion: currentTarget.value })}
        />
      </Field>
      <Field label={words.acceptThreshold} error={errors.get('acceptThreshold')} hint={accept}>
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
            {words.askLlm}
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
      <Field label={words.budget} error={errors.get('maxCostUsd')} hint={words.budgetHint}>
        <input
          inputMode="decimal"
          value={form.maxCostUsd}
          placeholder={words.noLimit}
          onInput={({ currentTarget }) => change({ maxCostUsd: currentTarget.value })}
        />
      </Field>
      <Field label={words.mode} error={errors.get('mode')} hint={words.modeHints[form.mode]}>
        <select
          value={form.mode}
          onChange={({ currentTarget }: Typed) => change({ mode: currentTarget.value as RunForm['mode'] })}
        >
          <option value="auto">{words.modes.auto}</option>
          <option value="live">{words.modes.live}</option>
          <option value="batch">{words.modes.batch}</option>
        </select>
      </Field>
      {form.mode !== 'live' && (
        <Field label={words.deadline} error={errors.get('deadlineHours')} hint={words.deadlineHint}>
          <input
            inputMode="decimal"
            value={form.deadlineHours}
            placeholder={words.none}
            onInput={({ currentTarget }) => change({ deadlineHours: currentTarget.value })}
          />
        </Field>
      )}
    </>
  );
}

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
      <option value="">{models?.champion ? words.championIs(models.champion) : words.champion}</option>
      {models?.models.map(({ version }) => (
        <option key={version} value={version}>
          {version}
        </option>
      ))}
    </select>
  );
}

/** Which threshold holds when none is typed. */
export function acceptHint(form: Pick<RunForm, 'modelVersion'>, models: ModelsAnswer | undefined): string {
  const own = session.value?.acceptThreshold ?? null;
  if (own !== null) return words.acceptHost(percent(own));
  const version = form.modelVersion === '' ? models?.champion : form.modelVersion;
  const model = models?.models.find((one) => one.version === version);
  if (model === undefined) return words.acceptModel;
  return model.accept.threshold > 1 ? words.acceptNothing : words.acceptOwn(decimal(model.accept.threshold, 4));
}
