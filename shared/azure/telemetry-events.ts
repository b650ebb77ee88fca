// The event catalogue: every event the code logs, what it means, which of its fields leave the process, and the metrics and spans made of it.
// Invariants: E1 a field that is not listed is not exported, so content cannot slip out by accident. E2 alerts and the workbook (infra/) name
// only events and fields of this list. E3 metrics count every event, sampled or not.

export interface EventSpec {
  /** What has happened, for the operator. */
  doc: string;
  /** Fields that are exported: ids, names of a closed set, numbers, flags. Never document content, file names or messages of foreign code. */
  fields: readonly string[];
  metrics?: readonly MetricSpec[];
  span?: SpanSpec;
}

/** One metric fed by an event. The value is the field's number, or 1. */
export interface MetricSpec {
  name: MetricName;
  /** Field with the value; absent: counts the event. */
  value?: string;
  /** Dimensions: attribute name → field name. */
  by?: Readonly<Record<string, string>>;
  /** Dimensions with a fixed value. */
  fixed?: Readonly<Record<string, string>>;
  /** Only when this field has this value. */
  when?: readonly [field: string, value: string | number | boolean];
}

export interface SpanSpec {
  /** Name of the span, with `{field}` in it. */
  name: string;
  /** Field with the duration in ms; 0 when absent. */
  duration: string;
  /** The span of the whole run, parent of all others of it. */
  isRun?: boolean;
  isFailure?: boolean;
}

export const METRICS = {
  'sluice.documents': { kind: 'counter', unit: '{document}', doc: 'Documents of completed runs, by outcome' },
  'sluice.runs': { kind: 'counter', unit: '{run}', doc: 'Runs that have ended, by state' },
  'sluice.cost': { kind: 'counter', unit: 'USD', doc: 'LLM cost of completed runs, from the ledger' },
  'sluice.step.duration': { kind: 'histogram', unit: 'ms', doc: 'Time of a step over one batch, by step' },
  'sluice.step.wait': { kind: 'histogram', unit: 'ms', doc: 'Time a batch waits for quota or a service, by step' },
  'sluice.activity.failures': { kind: 'counter', unit: '{failure}', doc: 'Activities that failed, by code' },
  'sluice.llm.calls': { kind: 'counter', unit: '{call}', doc: 'HTTP attempts at the LLM, by deployment and status' },
  'sluice.llm.throttled': { kind: 'counter', unit: '{call}', doc: 'Attempts answered with 429, by deployment' },
  'sluice.llm.tokens': {
    kind: 'counter',
    unit: '{token}',
    doc: 'Tokens, by deployment and direction; against LLM_TPM this is the use of the quota',
  },
  'sluice.llm.duration': { kind: 'histogram', unit: 'ms', doc: 'Time of an attempt at the LLM, by deployment' },
  'sluice.upload.age': {
    kind: 'histogram',
    unit: 'ms',
    doc: 'Time from the upload of a file until its event is taken in',
  },
} as const satisfies Record<string, { kind: 'counter' | 'histogram'; unit: string; doc: string }>;
export type MetricName = keyof typeof METRICS;

const step = { step: 'step' };
const deployment = { deployment: 'deployment' };

export const EVENTS: Readonly<Record<string, EventSpec>> = {
  'upload.taken': {
    doc: 'An upload event was taken into its window.',
    fields: ['ageMs'],
    metrics: [{ name: 'sluice.upload.age', value: 'ageMs' }],
  },
  'upload.gone': { doc: 'An upload event came for a file that no longer exists; nothing is to be done.', fields: [] },
  'step.done': {
    doc: 'A step has finished one batch.',
    fields: ['runId', 'batchId', 'step', 'documents', 'asked', 'tookMs'],
    metrics: [{ name: 'sluice.step.duration', value: 'tookMs', by: step }],
    span: { name: 'step {step}', duration: 'tookMs' },
  },
  'questions.ranked': {
    doc: 'A run with a budget has listed its questions, the least certain first; 0 groups: there is money for all.',
    fields: ['runId', 'questions', 'groups'],
  },
  'step.waiting': {
    doc: 'A batch waits for LLM quota or for a service; it goes on by itself.',
    fields: ['runId', 'batchId', 'step', 'waitMs'],
    metrics: [{ name: 'sluice.step.wait', value: 'waitMs', by: step }],
  },
  'activity.retry': {
    doc: 'An activity met a passing error and is tried again later.',
    fields: ['runId', 'batchId', 'code', 'attempt', 'waitMs'],
  },
  'activity.failed': {
    doc: 'An activity met an error that stays; its run fails.',
    fields: ['runId', 'batchId', 'code', 'name'],
    metrics: [{ name: 'sluice.activity.failures', by: { code: 'code' } }],
    span: { name: 'activity failed: {code}', duration: 'tookMs', isFailure: true },
  },
  'run.stop-not-told': {
    doc: 'A failed step could not tell the other batches to stop; they stop when the run is ended.',
    fields: ['runId', 'code'],
  },
  'run.completed': {
    doc: 'A run has committed its results.',
    fields: ['runId', 'documents', 'labelled', 'review', 'failed', 'costUsd', 'tookMs'],
    metrics: [
      { name: 'sluice.documents', value: 'labelled', fixed: { outcome: 'labelled' } },
      { name: 'sluice.documents', value: 'review', fixed: { outcome: 'review' } },
      { name: 'sluice.documents', value: 'failed', fixed: { outcome: 'failed' } },
      { name: 'sluice.cost', value: 'costUsd' },
      { name: 'sluice.runs', fixed: { state: 'completed' } },
    ],
    span: { name: 'run', duration: 'tookMs', isRun: true },
  },
  'run.ended': {
    doc: 'A run has failed or was cancelled; no results were committed.',
    fields: ['runId', 'state', 'code', 'tookMs'],
    metrics: [{ name: 'sluice.runs', by: { state: 'state' } }],
    span: { name: 'run', duration: 'tookMs', isRun: true, isFailure: true },
  },
  'llm.call': {
    doc: 'An attempt at the LLM was answered, or was not.',
    fields: [
      'runId',
      'call',
      'attempt',
      'deployment',
      'documents',
      'rule',
      'status',
      'tokensIn',
      'tokensOut',
      'costUsd',
      'ms',
    ],
    metrics: [
      { name: 'sluice.llm.calls', by: { deployment: 'deployment', status: 'status' } },
      { name: 'sluice.llm.throttled', by: deployment, when: ['status', 429] },
      { name: 'sluice.llm.tokens', value: 'tokensIn', by: deployment, fixed: { direction: 'in' } },
      { name: 'sluice.llm.tokens', value: 'tokensOut', by: deployment, fixed: { direction: 'out' } },
      { name: 'sluice.llm.duration', value: 'ms', by: deployment },
    ],
    span: { name: 'llm call', duration: 'ms' },
  },
  'llm.call.failed': {
    doc: 'An attempt at the LLM failed; the rule says which kind of failure.',
    fields: ['deployment', 'rule', 'status'],
  },
  'llm.deployment.given-up': {
    doc: 'A deployment is not used any more: wrong configuration, no rights, or no quota left.',
    fields: ['deployment', 'rule'],
  },
  'llm.prompt-cut': {
    doc: 'A server answered although it had read only a part of the prompt: the answer is not used, packs become smaller.',
    fields: ['deployment', 'sent', 'read'],
  },
  'llm.deployment.learnt': {
    doc: 'A deployment wants its requests in another form, or more room for thought: remembered and used from now on.',
    fields: ['deployment', 'learnt'],
  },
  'llm.deployment.long-refusal': {
    doc: 'A deployment asks to wait unusually long.',
    fields: ['deployment', 'seconds'],
  },
  'llm.batch.submitted': { doc: 'A batch job was handed to the LLM service.', fields: ['run', 'part', 'lines'] },
  'llm.batch.failed': { doc: 'A batch job of the LLM service failed.', fields: ['run', 'part'] },
  'encoder.failed': {
    doc: 'The encoder failed for a batch; the words alone decided it.',
    fields: ['runId', 'batchId', 'code', 'encoder'],
  },
  'page.drawer-ended': {
    doc: 'A process that draws pages ended on one: it crashed, took too long or needed too much memory.',
    fields: ['reason', 'exitCode', 'signal'],
  },
  'extract.reader-ended': {
    doc: 'A reader process ended on a document: it crashed, took too long or needed too much memory.',
    fields: ['reason', 'exitCode', 'signal', 'sizeBytes', 'served'],
  },
  'extract.ocr-failed': {
    doc: 'OCR of a document failed; it keeps the text found without.',
    fields: ['code', 'isRetryable', 'sizeBytes'],
  },
  'lake.commit.rebased': {
    doc: 'A commit lost a race and was repeated on the next version.',
    fields: ['table', 'version', 'attempt'],
  },
  'lake.checkpoint.damaged': {
    doc: 'A checkpoint cannot be read and an older one, or all commits, are read instead: opening the table takes longer until the next one. The file it names was damaged.',
    fields: ['table', 'version'],
  },
  'lake.checkpoint.failed': {
    doc: 'A checkpoint could not be written; the next commit tries again.',
    fields: ['table', 'version'],
  },
  'lake.maintained': {
    doc: 'A table was compacted and cleaned.',
    fields: ['table', 'merged', 'into', 'checkpointVersion', 'logEntriesDeleted', 'filesDeleted'],
  },
  'lake.compaction.skipped': {
    doc: 'Small files were left alone because another writer touched them.',
    fields: ['table', 'files'],
  },
  'model.trained': {
    doc: 'A model was trained.',
    fields: ['rows', 'labels', 'iterations', 'seconds'],
  },
  'training.step': {
    doc: 'A distributed training has done one round.',
    fields: ['trainingId', 'fit', 'round', 'iteration'],
  },
  'training.progress-not-kept': {
    doc: 'How far a training is could not be written; the training goes on.',
    fields: ['trainingId', 'code'],
  },
  'tracking.mlflow-failed': {
    doc: 'A training could not be written to the MLflow server; the training itself is fine.',
    fields: ['trainingId'],
  },
  'telemetry.unavailable': {
    doc: 'The exporters could not be loaded; events stay in the process log.',
    fields: ['name'],
  },
  'run.stalled': {
    doc: 'A run has made no progress for long; the watchdog has looked after it.',
    fields: ['runId', 'silentMs'],
  },
  'notice.failed': {
    doc: 'A message to people was not taken by a channel; it is tried again unless it was refused.',
    fields: ['notice', 'channel', 'code'],
  },
  'notice.given-up': {
    doc: 'A message to people reached some channel not at all: it was refused, or did not get through for hours.',
    fields: ['notice', 'channels'],
  },
  'notice.run-lost': {
    doc: 'A run that was followed for alarms has no record any more, or a damaged one; it is followed no longer.',
    fields: ['runId', 'code'],
  },
  'notice.look-failed': {
    doc: 'What people should be told of could not be looked for; the next look tries it again.',
    fields: ['code'],
  },
  'record.corrupt': {
    doc: 'A record of Sluice in the lake is damaged; work goes on without it, the record says which.',
    fields: ['record'],
  },
  'run.forgotten': { doc: 'The files of an old run were deleted; its rows stay.', fields: ['runId'] },
  'upload.reconciled': {
    doc: 'Uploads were found for which no event had come; they are classified now.',
    fields: ['files', 'found'],
  },
  'source.round': { doc: 'A round of a source has ended.', fields: ['source', 'round', 'landed', 'skipped', 'failed'] },
  'source.failed': { doc: 'A round of a source failed; it is tried again.', fields: ['source', 'code'] },
  'source.resync': { doc: 'A cursor was lost; everything is enumerated and compared.', fields: ['status'] },
  'source.removals': {
    doc: 'More originals vanished at once than are believed; a person is asked.',
    fields: ['source', 'files'],
  },
  'source.written-back': { doc: 'Labels were written to columns of a library.', fields: ['source', 'files'] },
  'source.write-back-failed': {
    doc: 'Labels could not be written to a library; a later round tries again.',
    fields: ['source', 'code', 'files'],
  },
  'source.rows-unreadable': { doc: 'Rows of a delta have no id; they cannot be followed.', fields: ['rows'] },
  'source.subscribed': { doc: 'A source is subscribed to notifications of changes.', fields: ['source'] },
  'source.subscribe-failed': {
    doc: 'A subscription could not be had, renewed or ended; rounds go by the clock.',
    fields: ['source', 'code'],
  },
  'source.notifications-silent': {
    doc: 'Changes came without a word; the subscription is made anew.',
    fields: ['source'],
  },
  'source.notifications-ignored': {
    doc: 'Notifications with a wrong client state: forged, or of a subscription that was made anew.',
    fields: ['notifications'],
  },
  'source.waits': { doc: 'Microsoft Graph asked for a pause, or did not answer.', fields: ['waitMs', 'attempt'] },
  'source.erased-nothing': { doc: 'A vanished original had no decision to erase.', fields: ['source'] },
  'schedule.started': { doc: 'A schedule of the settings has started its run.', fields: ['schedule', 'tick'] },
  'schedule.failed': {
    doc: 'A schedule could not start its run; the next minute tries again.',
    fields: ['schedule', 'tick', 'code'],
  },
  'document.downloaded': { doc: 'A reviewer has fetched the original of a document.', fields: ['documentId', 'bytes'] },
  'document.erased': { doc: 'A document was erased on request.', fields: ['documentId', 'rows', 'batches', 'files'] },
  'lineage.not-sent': {
    doc: 'A lineage event could not be sent; it is stored with its run.',
    fields: ['runId', 'status'],
  },
  'review.decided': { doc: 'A person decided about a document.', fields: ['documentId', 'number'] },
  'review.undone': { doc: 'A decision about a document was taken back with its batch.', fields: ['documentId'] },
  'search.indexed': {
    doc: 'Texts and reasons of some documents can be searched now.',
    fields: ['entries', 'words', 'sizeBytes'],
  },
  'search.merged': { doc: 'Segments of the search index became one.', fields: ['segments', 'entries', 'sizeBytes'] },
  'search.index-failed': {
    doc: 'The search index could not be brought up to date; the next question tries again.',
    fields: ['code'],
  },
  'training.finished': { doc: 'A distributed training has registered its model.', fields: ['trainingId', 'version'] },
};

/** The fields of an event that may leave the process; of an unknown event only numbers and flags. Texts are cut at 200 characters. */
export function exportableFields(
  event: string,
  fields: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Record<string, string | number | boolean> {
  const allowed = Object.hasOwn(EVENTS, event) ? EVENTS[event]?.fields : undefined;
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (allowed === undefined ? typeof value === 'string' : !allowed.includes(name)) continue;
    kept[name] = typeof value === 'string' ? value.slice(0, 200) : value;
  }
  return kept;
}
