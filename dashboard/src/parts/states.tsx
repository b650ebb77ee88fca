// What a view shows when it has nothing to show yet: loading, empty and failed, each with a way on.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api.ts';
import { problemOf } from '../problem.ts';
import type { Resource } from '../resource.ts';
import { words } from '../words/parts.ts';

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {words.loading(what)}
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function ErrorNote({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  const { message, remedy, own } = problemOf(error.code, error.message, error.remedy);
  return (
    <section class="note bad" role="alert">
      <p>
        <strong>{error.status === 403 ? words.mayNotSee : message}</strong> {remedy}
      </p>
      {error.fields.length > 0 && (
        <ul>
          {error.fields.map(({ field, message }) => (
            <li key={field}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <p class="dim">
        {error.code}
        {error.status > 0 ? ` · HTTP ${error.status}` : ''}
        {own !== undefined && <span lang="en"> · {own}</span>}
      </p>
      {onRetry && error.status !== 403 && (
        <button type="button" onClick={onRetry}>
          {words.tryAgain}
        </button>
      )}
    </section>
  );
}

/** A resource's data once it is there; what is on screen stays while a renewal fails, with a note above it. */
export function Show<T>({
  resource,
  what,
  children,
}: {
  resource: Resource<T>;
  what: string;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error, reload } = resource;
  const problem = error === undefined ? undefined : problemOf(error.code, error.message, error.remedy);
  if (data === undefined)
    return error === undefined ? <Loading what={what} /> : <ErrorNote error={error} onRetry={reload} />;
  return (
    <>
      {problem !== undefined && (
        <p class="note warn" role="status">
          {problem.message} {error?.status === 0 ? problem.remedy : ''} {words.fromBefore}
        </p>
      )}
      {children(data)}
    </>
  );
}
