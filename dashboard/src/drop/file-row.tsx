// One added file on its way: uploaded, waiting for its run, decided.

import type { Decision } from '../../../shared/api/answers.ts';
import { bytes, count } from '../format.ts';
import { links } from '../links.ts';
import { Confidence, StatusBadge } from '../parts/basics.tsx';
import { problemOf } from '../problem.ts';
import { leadingTerms } from '../result-row.ts';
import { words } from '../words/drop.ts';
import { cancel, decideTaken, type FollowedFile, retryFile } from './uploads.ts';

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
          {problemOf(error.code, error.message, error.remedy).message}{' '}
          {problemOf(error.code, error.message, error.remedy).remedy}{' '}
          <button type="button" class="quiet" onClick={() => retryFile(id)}>
            {words.tryFileAgain}
          </button>
        </p>
      ) : state === 'taken' ? (
        <div role="alert">
          <p>{words.nameTaken}</p>
          <div class="row">
            <button type="button" onClick={() => decideTaken(id, 'keep-both')}>
              {words.keepBoth}
            </button>
            <button type="button" onClick={() => decideTaken(id, 'replace')}>
              {words.replace}
            </button>
            <button type="button" class="quiet" onClick={() => cancel(id)}>
              {words.doNotUpload}
            </button>
          </div>
        </div>
      ) : (
        <p class="drop-state">
          {isBusy && <span class="spinner" aria-hidden="true" />}
          {words.states[state]}
          {isBusy && (
            <button
              type="button"
              class="quiet"
              aria-label={state === 'deciding' ? words.stopFollowingIt(path) : words.cancelUpload(path)}
              onClick={() => cancel(id)}
            >
              {state === 'deciding' ? words.stopFollowing : words.cancel}
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
        {only.decidedBy !== null && <span class="dim">{words.decidedBy[only.decidedBy] ?? only.decidedBy}</span>}
        <a href={links.document(only.documentId)}>{words.why}</a>
      </p>
      {terms.length > 0 && <p class="dim">{words.spokeForIt(terms.join(', '))}</p>}
      {only.message !== null && <p class="dim">{failureOf(only)}</p>}
    </>
  );
}

function failureOf(row: Decision): string {
  const { message, remedy, own } = problemOf(row.code, row.message ?? '');
  return own === undefined ? message : `${message}. ${remedy}`;
}

function Members({ path, decisions }: { path: string; decisions: readonly Decision[] }) {
  const counts = Map.groupBy(decisions, ({ status }) => status);
  return (
    <p class="drop-decision">
      {[...counts].map(([status, of]) => (
        <span key={status}>
          {count(of.length)} <StatusBadge status={status} />
        </span>
      ))}
      <a href={links.documents({ path })}>{words.showDocuments(decisions.length)}</a>
    </p>
  );
}
