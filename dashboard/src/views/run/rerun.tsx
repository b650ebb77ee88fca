// The dialog that repeats a run for some of its documents.
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { ApiError, sendJson } from '../../api.ts';
import { freshId } from '../../fresh-id.ts';
import { links } from '../../links.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, type InputTies } from '../../parts/field.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { useResource } from '../../resource.ts';
import { toast } from '../../toasts.tsx';
import { acceptHint, ModelSelect, type ModelsAnswer } from '../runs/start-run-fields.tsx';
import type { RunStatus } from '../runs/steps.ts';
import { formatName } from './format-names.ts';
import { firstStepFor, onlyFor, type RerunForm, rerunCommand, rerunRequestOf } from './rerun-form.ts';
import '../../../style/start-run.css';
import { words } from '../../words/run.ts';
import { words as runsWords } from '../../words/runs.ts';

interface RerunProps {
  run: RunStatus;
  report: RunReport | undefined;
  onClose: () => void;
}

export function RerunDialog({ run, report, onClose }: RerunProps) {
  const { route } = useLocation();
  const [form, setForm] = useState<RerunForm>({
    ...{ only: 'all', from: 'extract', label: '', code: '', mediaType: '', modelVersion: '', acceptThreshold: '' },
  });
  const [isOnlyChosen, setOnlyChosen] = useState(false);
  const [isStepChosen, setStepChosen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const { data: models } = useResource<ModelsAnswer>('models');
  const change = (part: Partial<RerunForm>) => setForm((was) => ({ ...was, ...part }));
  const model = form.modelVersion === '' ? (models?.champion ?? null) : form.modelVersion;
  const hasOtherModel = model !== null && model !== run.modelVersion;
  const only = isOnlyChosen ? form.only : onlyFor(run, hasOtherModel);
  const asked = { ...form, only, from: isStepChosen ? form.from : firstStepFor(only, hasOtherModel) };
  const wrong = (field: string) => error?.fields.find((one) => one.field === field)?.message;
  const start = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      const body = rerunRequestOf(asked, freshId());
      const started = await sendJson<RunStatus>('POST', `runs/${encodeURIComponent(run.runId)}/rerun`, body);
      onClose();
      route(links.run(started.runId));
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, { detail: String(reason) }));
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={words.rerunTitle} onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <p>{words.rerunNote}</p>
        <div class="fields">
          <Field label={words.documents} error={wrong('only')}>
            <Choice
              value={only}
              options={Object.entries(words.only)}
              onChange={(value) => {
                const chosen = value as RerunForm['only']; // one of words.only
                setOnlyChosen(true);
                setStepChosen(false);
                change({ only: chosen });
              }}
            />
          </Field>
          <Field label={words.fromStep} error={wrong('from')}>
            <Choice
              value={asked.from}
              options={Object.entries(words.from)}
              onChange={(value) => {
                setStepChosen(true);
                change({ from: value as RerunForm['from'] }); // one of words.from
              }}
            />
          </Field>
          <Field label={words.label} error={wrong('label')}>
            <Choice
              value={form.label}
              options={any(report?.labels.map(({ label }) => [label, label]))}
              onChange={(label) => change({ label })}
            />
          </Field>
          <Field label={words.code} error={wrong('code')}>
            <Choice
              value={form.code}
              options={any([...new Set(report?.codes.map(({ code }) => code))].map((code) => [code, code]))}
              onChange={(code) => change({ code })}
            />
          </Field>
          <Field label={words.format} error={wrong('mediaType')}>
            <Choice
              value={form.mediaType}
              options={any(Object.keys(run.formats).map((type) => [type, formatName(type)]))}
              onChange={(mediaType) => change({ mediaType })}
            />
          </Field>
          <Field label={runsWords.modelVersion} error={wrong('modelVersion')}>
            <ModelSelect
              value={form.modelVersion}
              models={models}
              onChange={(modelVersion) => change({ modelVersion })}
            />
          </Field>
          <Field label={runsWords.acceptThreshold} error={wrong('acceptThreshold')} hint={acceptHint(form, models)}>
            <input
              inputMode="decimal"
              value={form.acceptThreshold}
              onInput={({ currentTarget }) => change({ acceptThreshold: currentTarget.value })}
            />
          </Field>
        </div>
        {error !== undefined && <ErrorNote error={error} />}
        <Command text={rerunCommand(run.runId, asked)} />
        <div class="row end dialog-actions">
          <button type="button" onClick={onClose}>
            {words.close}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? words.starting : words.rerunNow}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

type Options = readonly (readonly [value: string, name: string])[];

const any = (options: Options = []): Options => [['', words.any], ...options];

function Choice({
  value,
  options,
  onChange,
  ...ties
}: InputTies & { value: string; options: Options; onChange: (value: string) => void }) {
  return (
    <select
      {...ties}
      value={value}
      onChange={({ currentTarget }: { currentTarget: HTMLSelectElement }) => onChange(currentTarget.value)}
    >
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Command({ text }: { text: string }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast(words.copied, 'good'),
      () => toast(words.cannotCopy),
    );
  return (
    <div>
      <div class="command-head">
        <h3>{words.sameOnTerminal}</h3>
        {navigator.clipboard !== undefined && (
          <button type="button" class="quiet" onClick={() => void copy()}>
            {words.copy}
          </button>
        )}
      </div>
      <pre class="command">{text}</pre>
    </div>
  );
}
