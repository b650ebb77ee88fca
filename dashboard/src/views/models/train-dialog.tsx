// Starting a training: labelled data, what the accept threshold shall promise, and whether the new model takes over.
import { useId, useRef, useState } from 'preact/hooks';
import type { UploadAnswer } from '../../../../shared/api/insights.ts';

import type { TrainingStatus } from '../../../../shared/pipeline/train-model.ts';
import { ApiError, putFile, sendJson } from '../../api.ts';
import { bytes } from '../../format.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/states.tsx';
import { session } from '../../session.ts';
import { words } from '../../words/models.ts';
import { Field, PromiseFields } from './train-fields.tsx';
import {
  columnsOf,
  EMPTY_FORM,
  guessColumns,
  HEAD_BYTES,
  problemsOf,
  type TrainForm,
  trainRequest,
  uploadPath,
} from './train-form.ts';

export function TrainDialog({
  usesDecisions = false,
  onStarted,
  onClose,
}: {
  /** Begin with what people have decided. */
  usesDecisions?: boolean;
  onStarted: (training: TrainingStatus) => void;
  onClose: () => void;
}) {
  const taxonomy = session.value?.taxonomy ?? null;
  const [form, setForm] = useState<TrainForm>(() => ({
    ...EMPTY_FORM,
    decisions: usesDecisions,
    taxonomyVersion: taxonomy?.version ?? null,
  }));
  const [file, setFile] = useState<File | undefined>(undefined);
  const [columns, setColumns] = useState<readonly string[]>([]);
  const [step, setStep] = useState<'idle' | 'sending' | 'starting'>('idle');
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isChecked, setChecked] = useState(false);
  const change = (changes: Partial<TrainForm>) => setForm((was) => ({ ...was, ...changes }));
  const problems = problemsOf(form);
  const shown = isChecked ? problems : {};

  const choose = async (chosen: File | undefined) => {
    setFile(chosen);
    const found = chosen === undefined ? [] : columnsOf(chosen.name, await chosen.slice(0, HEAD_BYTES).text());
    setColumns(found);
    setForm((was) => ({ ...was, fileName: chosen?.name ?? null, ...guessColumns(found, was) }));
  };

  const submit = async () => {
    setChecked(true);
    if (Object.keys(problems).length > 0) return;
    setError(undefined);
    try {
      let source: string | null = null;
      if (file !== undefined) {
        setStep('sending');
        const path = uploadPath(file.name, new Date()).split('/').map(encodeURIComponent).join('/');
        source = (await putFile<UploadAnswer>(`uploads/imports/${path}`, file)).path;
      }
      setStep('starting');
      onStarted(await sendJson<TrainingStatus>('POST', 'models/train', trainRequest(form, source)));
      onClose();
    } catch (thrown) {
      setError(thrown instanceof ApiError ? thrown : new ApiError(0, { detail: String(thrown) }));
      setStep('idle');
    }
  };

  return (
    <Dialog title={words.trainTitle} onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <fieldset class="stack">
          <legend>{words.labelledDocuments}</legend>
          <FileDrop file={file} problem={shown.fileName} onFile={(chosen) => void choose(chosen)} />
          {file !== undefined && (
            <div class="fields">
              <ColumnField
                name={words.textColumn}
                value={form.textColumn}
                columns={columns}
                problem={shown.textColumn}
                onChange={(textColumn) => change({ textColumn })}
              />
              <ColumnField
                name={words.labelColumn}
                value={form.labelColumn}
                columns={columns}
                problem={shown.labelColumn}
                onChange={(labelColumn) => change({ labelColumn })}
              />
            </div>
          )}
          <label class="inline">
            <input
              type="checkbox"
              checked={form.decisions}
              onChange={(event) => change({ decisions: event.currentTarget.checked })}
            />
            {words.learnFromDecisions}
          </label>
          {taxonomy !== null && (
            <label class="inline">
              <input
                type="checkbox"
                checked={form.taxonomyVersion !== null}
                onChange={(event) => change({ taxonomyVersion: event.currentTarget.checked ? taxonomy.version : null })}
              />
              {words.taxonomyOnly(taxonomy.name)}
            </label>
          )}
        </fieldset>
        <PromiseFields form={form} problems={shown} onChange={change} />
        {error && <ErrorNote error={error} />}
        <div class="row end">
          <button type="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button type="submit" class="primary" disabled={step !== 'idle'}>
            {step === 'sending' ? words.sendingFile : step === 'starting' ? words.starting : words.train}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface FileDropProps {
  file: File | undefined;
  problem: string | undefined;
  onFile: (file: File | undefined) => void;
}

function FileDrop({ file, problem, onFile }: FileDropProps) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the file input inside does the same by keyboard
    <div
      class={`drop ${isOver ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation(); // the page takes other drops as documents of a run
        setOver(false);
        onFile(event.dataTransfer?.files[0]);
      }}
    >
      {file === undefined ? (
        <span>{words.dropFile}</span>
      ) : (
        <span>
          <strong class="path">{file.name}</strong> <span class="dim">{bytes(file.size)}</span>
        </span>
      )}
      <input
        ref={input}
        type="file"
        aria-label={words.labelledFile}
        aria-describedby={hint}
        aria-invalid={problem !== undefined}
        accept=".jsonl,.ndjson,.csv,.parquet"
        onChange={(event) => onFile(event.currentTarget.files?.[0])}
      />
      <span id={hint} class={problem === undefined ? 'visually-hidden' : 'worse'}>
        {problem ?? words.oneARow}
      </span>
    </div>
  );
}

interface ColumnFieldProps {
  name: string;
  value: string;
  /** Those the file has; [] when unknown. */
  columns: readonly string[];
  problem: string | undefined;
  onChange: (value: string) => void;
}

function ColumnField({ name, value, columns, problem, onChange }: ColumnFieldProps) {
  return (
    <Field name={name} problem={problem}>
      {columns.length === 0 ? (
        <input value={value} onInput={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <select value={columns.includes(value) ? value : ''} onChange={(event) => onChange(event.currentTarget.value)}>
          {!columns.includes(value) && (
            <option value="" disabled>
              {words.choose}
            </option>
          )}
          {columns.map((column) => (
            <option key={column} value={column}>
              {column}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
