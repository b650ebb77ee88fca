// Uploads in progress, kept outside of the views so that they go on while people look around.
// Invariants: U1 at most four uploads of an import are in the air. U2 cancelling stops what is in the air and begins nothing more; what
// arrived stays. U3 a file in `landing` is replaced only when the person says so.
import { signal } from '@preact/signals';
import type { Decision } from '../../../shared/api/answers.ts';
import type { UploadAnswer } from '../../../shared/api/insights.ts';
import { ApiError, getJson, putFile } from '../api.ts';
import { queryOf } from '../links.ts';
import { session } from '../session.ts';
import { type DropPlan, type Found, type FoundFile, planDrop } from './entries.ts';
import { decisionsOn, follow } from './follow.ts';
import { folderPrefix, isArchive, stampedName, uploadPath } from './naming.ts';
import { isPanelOpen } from './open.ts';
import { runQueue } from './queue.ts';

const PARALLEL = 4;

export interface FollowedFile {
  id: number;
  path: string;
  file: File;
  /** `taken`: the name is in use, and the person is asked. */
  state: 'waiting' | 'uploading' | 'taken' | 'deciding' | 'decided' | 'failed' | 'cancelled';
  /** U3. */
  mayReplace: boolean;
  /** Of the upload. */
  answer?: UploadAnswer;
  /** One for a document, several for an archive. */
  decisions?: readonly Decision[];
  error?: ApiError;
  abort: AbortController;
}

export interface FolderImport {
  id: number;
  name: string;
  /** In container `imports`. */
  prefix: string;
  total: number;
  sizeBytes: number;
  done: number;
  doneBytes: number;
  failed: readonly { file: FoundFile; error: ApiError }[];
  state: 'uploading' | 'uploaded' | 'cancelled';
  abort: AbortController;
}

export const followed = signal<readonly FollowedFile[]>([]);
export const imports = signal<readonly FolderImport[]>([]);
export const refused = signal<DropPlan['refused']>([]);

let nextId = 1;

/** Begin with what was dropped or chosen. @param now  names the folders' prefixes */
export function addFound(found: Found, now: Date = new Date()): void {
  const plan = planDrop(found, session.value?.maxUploadBytes ?? Number.POSITIVE_INFINITY);
  if (plan.loose.length + plan.folders.length + plan.refused.length === 0) return;
  isPanelOpen.value = true;
  refused.value = [...plan.refused, ...refused.value];
  const files = plan.loose.map(
    ({ path, file }): FollowedFile => ({
      id: nextId++,
      path,
      file,
      state: 'waiting',
      mayReplace: false,
      abort: new AbortController(),
    }),
  );
  followed.value = [...files, ...followed.value];
  void runQueue(files, PARALLEL, new AbortController().signal, classify, () => undefined);
  for (const { name, files: inside, sizeBytes } of plan.folders) {
    const id = nextId++;
    const prefix = folderPrefix(name, now);
    const abort = new AbortController();
    const total = inside.length;
    const fresh: FolderImport = {
      ...{ id, name, prefix, total, sizeBytes, abort },
      ...{ done: 0, doneBytes: 0, failed: [], state: 'uploading' },
    };
    imports.value = [fresh, ...imports.value];
    void importFiles(id, inside);
  }
}

const changeFile = (id: number, part: Partial<FollowedFile>): void => {
  followed.value = followed.value.map((one) => (one.id === id ? { ...one, ...part } : one));
};

const changeImport = (id: number, part: (was: FolderImport) => Partial<FolderImport>): void => {
  imports.value = imports.value.map((one) => (one.id === id ? { ...one, ...part(one) } : one));
};

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });

/** Upload one file; following it goes on by itself, so that the next upload need not wait. */
async function classify({ id, path, file, mayReplace, abort }: FollowedFile): Promise<void> {
  if (abort.signal.aborted) return;
  changeFile(id, { state: 'uploading' });
  try {
    const answer = await putFile<UploadAnswer>(uploadPath('landing', path), file, abort.signal, !mayReplace);
    changeFile(id, { state: 'deciding', answer });
    void followDecision(id, answer, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) changeFile(id, { state: 'cancelled' });
    else if (error instanceof ApiError && error.status === 409) changeFile(id, { state: 'taken' });
    else changeFile(id, { state: 'failed', error: asApiError(error) });
  }
}

/** Answer to `taken`. */
export function decideTaken(id: number, answer: 'replace' | 'keep-both'): void {
  const file = followed.value.find((one) => one.id === id);
  if (file === undefined) return;
  const part = answer === 'replace' ? { mayReplace: true } : { path: stampedName(file.path, new Date()) };
  changeFile(id, part);
  void classify({ ...file, ...part });
}

async function followDecision(id: number, answer: UploadAnswer, signal: AbortSignal): Promise<void> {
  try {
    const decisions = await follow(() => askDecisions(answer, signal), wait, signal);
    changeFile(id, { state: 'decided', decisions });
  } catch (error) {
    changeFile(id, signal.aborted ? { state: 'cancelled' } : { state: 'failed', error: asApiError(error) });
  }
}

/** Members of archives have ids of their own, so those are asked for by path. */
async function askDecisions(
  { documentId, path, etag }: UploadAnswer,
  signal: AbortSignal,
): Promise<readonly Decision[] | undefined> {
  try {
    const rows = isArchive(path)
      ? (await getJson<{ results: Decision[] }>(`results${queryOf({ path, limit: 1000 })}`, signal)).results
      : (await getJson<{ history: Decision[] }>(`results/${documentId}`, signal)).history;
    const found = decisionsOn(rows, path, etag);
    return found.length === 0 ? undefined : found;
  } catch (error) {
    // Not decided yet, or the host is away for a moment.
    if (error instanceof ApiError && (error.status === 404 || error.status === 0 || error.status >= 500))
      return undefined;
    throw error;
  }
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function importFiles(id: number, files: readonly FoundFile[]): Promise<void> {
  const job = imports.value.find((one) => one.id === id);
  if (job === undefined) return;
  const { prefix, abort } = job;
  await runQueue(
    files,
    PARALLEL,
    abort.signal,
    async ({ path, file }) => {
      await putFile<UploadAnswer>(uploadPath('imports', prefix + path), file, abort.signal);
      changeImport(id, ({ done, doneBytes }) => ({ done: done + 1, doneBytes: doneBytes + file.size }));
    },
    (file, error) => changeImport(id, ({ failed }) => ({ failed: [...failed, { file, error: asApiError(error) }] })),
  );
  changeImport(id, () => ({ state: abort.signal.aborted ? 'cancelled' : 'uploaded' }));
}

/** Try the failed files of an import again. */
export function retryFailed(id: number): void {
  const files = imports.value.find((one) => one.id === id)?.failed.map(({ file }) => file) ?? [];
  changeImport(id, () => ({ failed: [], state: 'uploading', abort: new AbortController() }));
  void importFiles(id, files);
}

/** Try a failed file again. */
export function retryFile(id: number): void {
  const file = followed.value.find((one) => one.id === id);
  if (file === undefined) return;
  const fresh = { ...file, abort: new AbortController() };
  changeFile(id, fresh);
  if (file.answer === undefined) void classify(fresh);
  else {
    changeFile(id, { state: 'deciding' });
    void followDecision(id, file.answer, fresh.abort.signal);
  }
}

/** U2: one file or import. */
export function cancel(id: number): void {
  const job = followed.value.find((one) => one.id === id) ?? imports.value.find((one) => one.id === id);
  job?.abort.abort();
  changeFile(id, { state: 'cancelled' });
}

/** Take what is done off the panel. */
export function clearDone(): void {
  followed.value = followed.value.filter(({ state }) => !['decided', 'cancelled', 'failed'].includes(state));
  imports.value = imports.value.filter(({ state }) => state === 'uploading');
  refused.value = [];
}

/** A run of it has started. */
export function forgetImport(id: FolderImport['id']): void {
  imports.value = imports.value.filter((one) => one.id !== id);
}

export const isUploading = (): boolean =>
  followed.value.some(({ state }) => state === 'waiting' || state === 'uploading') ||
  imports.value.some(({ state }) => state === 'uploading');
