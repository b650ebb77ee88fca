// One added file on its way: uploaded, waiting for its run, decided.

import type { Decision } from '../../../shared/api/answers.ts';
import { bytes, count } from '../format.ts';
import { links } from '../links.ts';
import { Confidence, StatusBadge } from '../parts/basics.tsx';
import { leadingTerms } from '../result-row.ts';
import { cancel, decideTaken, type FollowedFile, retryFile } from './uploads.ts';

const STATE_TEXTS: Readonly<Record<FollowedFile['state'], string>> = {
  waiting: 'waits for the uploads before it',
  uploading: 'uploading…',
  taken: '',
  deciding: 'uploaded, being decided…',
  decided: '',
  failed: '',
  cancelled: 'cancelled',
};

export function FileRow({ one }: { one: FollowedFile }) {
  const { id, path, file, state, decisions, error } = one;
  const isBusy = state === 'waiting' || state === 'uploading' || state === 'deciding';
  return (
    <li class="drop-file">
      <div class="drop-file-head">
        <span class="path">{path}</span>
        <span class="dim nowrap">{bytes(file.size)}</span>
      </div>
      {state === 'decided' && decisions !== undefined ? (
        <Decided decisions={decisions} />
      ) : state === 'failed' && error !== undefined ? (
        <p class="drop-error" role="alert">
          {error.message} {error.remedy}{' '}
          <button type="button" class="quiet" onClick={() => retryFile(id)}>
            Try again
          </button>
        </p>
      ) : state === 'taken' ? (
        <div role="alert">
          <p>A file of this name is in landing already.</p>
          <div class="row">
            <button type="button" onClick={() => decideTaken(id, 'keep-both')}>
              Keep both
            </button>
            <button type="button" onClick={() => decideTaken(id, 'replace')}>
              Replace it
            </button>
            <button type="button" class="quiet" onClick={() => cancel(id)}>
              Do not upload
            </button>
          </div>
        </div>
      ) : (
        <p class="drop-state">
          {isBusy && <span class="spinner" aria-hidden="true" />}
          {STATE_TEXTS[state]}
          {isBusy && (
            <button
              type="button"
              class="quiet"
              aria-label={state === 'deciding' ? `Stop following ${path}` : `Cancel the upload of ${path}`}
              onClick={() => cancel(id)}
            >
              {state === 'deciding' ? 'Stop following' : 'Cancel'}
            </button>
          )}
        </p>
      )}
    </li>
  );
}

function Decided({ decisions }: { decisions: readonly Decision[] }) {
  const [only] = decisions;
  if (only === undefined) return null;
  if (decisions.length > 1 || only.archivePath !== '') return <Members path={only.path ?? ''} decisions={decisions} />;
  const terms = leadingTerms(only, 5);
  return (
    <>
      <p class="drop-decision">
        <StatusBadge status={only.status} />
        {only.label !== null && <strong>{only.label}</strong>}
        {only.confidence !== null && <Confidence value={only.confidence} />}
        {only.decidedBy !== null && <span class="dim">{DECIDED_BY[only.decidedBy] ?? only.decidedBy}</span>}
        <a href={links.document(only.documentId)}>Why</a>
      </p>
      {terms.length > 0 && <p class="dim">Spoke for it: {terms.join(', ')}</p>}
      {only.message !== null && <p class="dim">{only.message}</p>}
    </>
  );
}

const DECIDED_BY: Readonly<Record<string, string>> = {
  model: 'by the model',
  llm: 'by the LLM',
  duplicate: 'as duplicate',
  human: 'by a person',
};

function Members({ path, decisions }: { path: string; decisions: readonly Decision[] }) {
  const counts = Map.groupBy(decisions, ({ status }) => status);
  return (
    <p class="drop-decision">
      {[...counts].map(([status, of]) => (
        <span key={status}>
          {count(of.length)} <StatusBadge status={status} />
        </span>
      ))}
      <a href={links.documents({ path })}>Show the {count(decisions.length)} documents in it</a>
    </p>
  );
}
