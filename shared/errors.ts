// The closed list of failure codes and the two errors that decide retries.
// Invariants: every code a user can meet is listed here with what to do about it, and in German in dashboard/src/words/german/errors.ts; retry is a property of the error, not of its text.

/** Failure codes with the remedy a user reads next to them. A code is stable; its remedy may be reworded. */
export const ERROR_REMEDIES = {
  // documents
  'extract.empty': 'The document has no text. Check that the file was saved completely; nothing else needs to be done.',
  'extract.encrypted': 'Remove the password or rights protection and upload the document again.',
  'extract.corrupt': 'The file is damaged. Upload an intact copy.',
  'extract.unsupported': 'Convert the document to PDF, Office or plain text and upload it again.',
  'extract.needs-ocr':
    'The pages are images. Configure Document Intelligence or local OCR, or upload a searchable PDF.',
  'extract.doubtful':
    'Part of the document could not be read (its warnings say what), so the label is not taken from the model alone. Switch on OCR and run it again, or label it by hand.',
  'extract.ocr-unavailable':
    'The OCR service did not answer. Check its endpoint and the role of the identity, then re-run with only=failed.',
  'extract.too-large': 'The document exceeds the size limit. Split it, or raise EXTRACT_MAX_BYTES.',
  'extract.too-many-pages': 'The document exceeds the page limit. Split it, or raise EXTRACT_MAX_PAGES.',
  'extract.timeout': 'Reading took longer than allowed. Simplify the document, or raise EXTRACT_TIMEOUT_SECONDS.',
  'extract.out-of-memory':
    'Reading needed more memory than allowed. Split the document, or raise EXTRACT_MAX_MEMORY_MB.',
  'extract.crashed': 'The reader ended unexpectedly on this document. Convert it to PDF and upload it again.',
  'extract.archive-depth':
    'Archives are nested too deeply. Unpack the inner archive, or raise EXTRACT_MAX_ARCHIVE_DEPTH.',
  'extract.archive-entries': 'The archive has too many members. Split it, or raise EXTRACT_MAX_ARCHIVE_ENTRIES.',
  'extract.archive-size': 'The archive expands to more than is read. Split it, or upload its members one by one.',
  'extract.archive-ratio': 'The archive expands suspiciously. Upload its members uncompressed.',
  'source.changed': 'The document was replaced or deleted after the run had listed it. Start a run over it again.',
  'source.archived':
    'The file is in the archive tier. Change its tier to Hot or Cool, wait until it is rehydrated (hours), then re-run with only=failed.',
  'source.forbidden':
    'Storage refuses this path while it gives others. Give the identity read rights on it (its ACL, or the tag condition of the role), then re-run with only=failed.',
  'source.unavailable':
    'Storage answers, but did not give this file however often it was asked. Look at the file in the portal, then re-run with only=failed.',
  'source.unreadable':
    'Storage refused to give this file; the message has its reason. Mend it or upload the file again, then re-run with only=failed.',
  'source.gone':
    'The file was deleted or moved after the decision. Restore it from soft delete or a backup, or upload it again.',
  'source.too-large':
    'The file is too large to be given over HTTP. Fetch it from the storage account; the message names it.',
  'page.not-found': 'The document has fewer pages. GET .../pages/1.json says how many.',
  'page.no-picture':
    'There is nothing to draw: the format has no pages of its own and no text is kept of it. Download the original, or run the document again.',
  'page.busy': 'Many pages are being drawn. Ask again in a moment.',
  'source.bad-row': 'The row of the data set cannot be read. Mend the row named in the message.',
  // sources that land by themselves
  'sync.unknown': 'No such source. List them with `sluice sources list`.',
  'sync.throttled':
    'The service asked for a pause. The source goes on by itself; lower SOURCES_UNITS_PER_MINUTE if it persists.',
  'sync.unavailable': 'The service did not answer. The source goes on by itself; check its status page if it persists.',
  'sync.forbidden':
    'The identity has no right on the site, mailbox or item (write-back needs `write` on the site). Grant it as docs/sources.md says and run `sluice sources check`.',
  'sync.sign-in':
    'The mail server refuses user or password. Set the password of the source in SOURCES_PASSWORDS, or an app password where the account wants one.',
  'sync.untrusted':
    'The mail server cannot be trusted with a password. Use the name its certificate has, or the port and `tls` it offers.',
  'sync.not-found': 'The item, site or mailbox is not there. Check its address with `sluice sources check`.',
  'sync.locked':
    'The site is locked or archived, or somebody has the file checked out or open. Ask for it to be opened or checked in; everything else goes on.',
  'sync.bad-answer': 'The service answered what cannot be read. The cursor is kept; report it if it persists.',
  'sync.endless':
    'The service repeats the same pages. The cursor is kept and the next round tries again; nothing was decided twice.',
  'sync.malware': 'The service found malware in the file and does not give it out. Remove it at its origin.',
  'sync.no-mime':
    'Exchange cannot give the mail out as a file, as with some signed mails and reports. Save what matters of it into a library by hand.',
  'sync.silent':
    'Changes came without notifications, so the next round subscribes anew; rounds go on by the clock. If it persists, look whether NOTIFICATIONS_URL can be reached from outside.',
  'sync.notebook': 'Notebooks are not read. Export the pages that matter as PDF into the library.',
  'sync.shortcut': 'A shortcut to another library. Add that library as a source of its own.',
  'sync.unknown-kind': 'An item that is neither file nor folder. Nothing needs to be done.',
  'sync.settling': 'SharePoint may rewrite the file shortly after its upload. It is read in a minute.',
  'sync.pending': 'The file is still being written. The next round takes it.',
  'sync.over-limit': 'The file is larger than the limit of the source. Raise maxBytes, or split the file.',
  'sync.column':
    'The library lacks a column that writeBack names. Add it (its internal name counts), or name another one.',
  'sync.column-value':
    'A column does not take what was decided. A choice column needs the label among its choices; a column for the confidence is a number.',
  'sync.changed':
    'The file was changed after it was decided. The new version is decided first, then its columns are set; nothing needs to be done.',
  'sync.removals':
    'More originals vanished at once than are believed. Look at the library; if it is right, run `sluice sources sync --confirm-removals`.',
  // LLM
  'llm.no-answer': 'The model did not answer for this document. Re-run with from=classify, or label it by hand.',
  'llm.rejected': 'The content filter refused the document. Label it by hand.',
  'llm.refused': 'The model declined to answer. Label it by hand.',
  'llm.output-too-long': 'The answer did not fit. Raise LLM_MAX_OUTPUT_TOKENS.',
  'llm.input-too-long': 'The document does not fit the model. Lower LLM_DOCUMENT_TOKENS.',
  'llm.prompt-cut':
    'The server read less than it was sent, however little. Raise its context (OLLAMA_CONTEXT_LENGTH) and re-run with only=review.',
  'llm.unsure': 'The model was unsure. Label it by hand.',
  'llm.low-confidence': 'The answer is below the confidence bar. Label it by hand.',
  'llm.budget-spent': 'The budget of the run is spent. Raise it and re-run with only=review.',
  'llm.configuration': 'The LLM endpoint refused the request as configured. Run `sluice doctor`.',
  'llm.quota-exhausted': 'The deployment has no quota left. Add a deployment or ask for quota.',
  'llm.unavailable':
    'The LLM endpoint cannot be reached. Check LLM_BASE_URL and the network, then re-run with only=review.',
  // routing
  'route.low-confidence': 'The model is too unsure to ask anyone. Label it by hand.',
  'route.foreign':
    'The document is unlike everything that was labelled, so no local stage decides it. Label it by hand, or add a label for its kind.',
  'route.llm-off':
    'The LLM is switched off for this host or run (--no-llm, LLM_ENABLED). Switch it on and re-run with only=review and llm=true, or label it by hand.',
  'route.llm-disabled': 'No LLM is configured. Configure one and re-run with only=review, or label it by hand.',
  'route.too-many-labels':
    'The labels are more than an LLM is asked about (200), so the local stages decide alone. Train a model (`sluice train`) or bring an encoder, group the labels, or label it by hand.',
  // labels
  'taxonomy.no-description':
    'A description is not needed, but names alone tell an LLM and an encoder little. Say in a sentence what belongs there; `sluice taxonomy check` names what is weak.',
  'taxonomy.too-many-labels':
    'Group labels that few documents have, or split the taxonomy into one for the kind of document and one for each kind.',
  // messages to people
  'notice.refused':
    'The webhook or the mail server refuses the message. Check NOTIFY_WEBHOOK, or NOTIFY_EMAIL_FROM and the account in NOTIFY_SMTP; `sluice notices test` tries them.',
  'notice.unavailable': 'The webhook or the mail server did not answer. It is tried again for some hours.',
  // lake
  'lake.not-found': 'The path does not exist. Check its spelling and the container.',
  'lake.conflict': 'Somebody else wrote the path first. Read it again and retry.',
  'lake.unavailable': 'Storage did not answer. It is retried; check the account and the network if it persists.',
  'lake.forbidden': 'Storage refused access. Check the role assignments of the identity.',
  'lake.refused': 'Storage refused the request; the message has its reason. Check the path and the account.',
  'lake.unsupported-table':
    'The message names the feature or column. Take another column, drop the feature from the table, or copy what is needed into a plain table.',
  'lake.corrupt-table':
    'The log of the table has a gap, or a file of it is missing or damaged. Restore what the message names from soft delete or a backup.',
  'query.invalid':
    'Correct the SQL: one statement that reads, over results, latest_results, llm_calls, runs and feedback. DESCRIBE <table> lists columns.',
  'lake.corrupt-record':
    'The file named is a record of Sluice that was damaged or overwritten. Restore it from soft delete or a backup; what does not need it goes on.',
  'query.timeout':
    'Ask for less, or allow more time: timeoutSeconds, or --timeout of the command line (without --url 0 = as long as it takes).',
  'review.no-batch': 'Decisions can be taken back for 30 days, by the id that the batch was answered with.',
  'review.decided-by-person':
    'A person has decided the document already, and the request leaves such documents alone (unlessPerson). Decide it without that to correct what was said.',
  'search.not-ready': 'Texts are still being indexed, once for each document. Ask again in a minute.',
  'search.too-large':
    'Search holds about 100 bytes for each decision, of former runs too, in a quarter of the memory. Give the app more memory, forget runs, or ask with SQL: sluice query.',
  'lake.commit-conflict': 'A concurrent writer changed the same rows. Retry the operation.',
  'features.corrupt': 'The feature file is damaged. Re-run with from=featurize.',
  // models and training
  'model.not-found': 'No such model. Run `sluice train`, or check the version.',
  'model.corrupt': 'The model file is damaged. Register it again from its source.',
  'model.checksum-mismatch': 'The model file is not the one that was registered. Register it again.',
  'model.width-mismatch': 'The model expects another number of features. Train it with the same feature settings.',
  'model.feature-mismatch': 'The model was trained with other feature settings. Train it again.',
  'model.unsupported': 'This kind of model cannot be loaded. Export it in a supported format.',
  'model.locale-missing':
    'Install the locale named (Debian: apt-get install locales, then locale-gen), or export the model with locale C.UTF-8.',
  'model.not-evaluated': 'Evaluate the model before promoting it.',
  'model.not-vouched-for':
    'Nothing is promoted by itself that leaves labels out, that no person or file has taught, or that would decide nothing alone. Look at it, then promote it yourself: `sluice models promote <version>`, or train with --promote.',
  'model.not-better':
    'Evaluate it on more rows of several labels, train it on more, or promote it with --force and a --reason.',
  // encoders
  'encoder.not-found': 'No such encoder. List them with `sluice encoder list`, or import one.',
  'encoder.missing-file':
    'The folder needs model.onnx (or onnx/model.onnx), tokenizer.json and tokenizer_config.json. Fetch what the message names from where the model comes from.',
  'encoder.unsupported':
    'Export the encoder with the inputs and output the message names (for example `optimum-cli export onnx --task feature-extraction`), as one file; where the message names its vocabulary, take a smaller encoder, and where it names another part of tokenizer.json, one without that part.',
  'encoder.tokenizer-mismatch':
    'Model and tokenizer do not belong together. Take both from the same place and import the folder again.',
  'encoder.bad-output': 'The encoder gives no usable vectors. Try another export of it, or another encoder.',
  'encoder.corrupt': 'The manifest of the encoder is damaged. Import its folder again.',
  'encoder.checksum-mismatch':
    'A file of the encoder is not the one that was imported. Import its folder again; runs go on without the encoder until then.',
  'encoder.outdated':
    'Import the folder of the encoder again, use the version that this gives, and train a model with it; runs go on without it until then.',
  'encoder.dimensions-changed':
    'The vectors have another length than those the model was trained on. Import the encoder anew (of a deployment: `sluice encoder use <its name>`) and train again; runs go on without it until then.',
  'encoder.unavailable':
    'The encoder could not answer yet: it was closed, or its quota is used up for now. It is tried again.',
  'encoder.not-allowed':
    'The encoder is a deployment, and here no text may be sent to one: LLM_ENABLED is false, or the run says so. It goes on without the encoder; an imported one works in the house.',
  'encoder.no-deployment':
    'EMBEDDING_DEPLOYMENTS has no deployment of the name, model and dimensions the encoder was made with. Put it back, or choose another with `sluice encoder use`.',
  'encoder.refused':
    'The deployment refuses: look at its address, key, model and quota in EMBEDDING_DEPLOYMENTS. It is asked again after five minutes; runs go on without it until then.',
  'encoder.unreachable':
    'The deployment did not answer. It is asked again after five minutes; runs go on without it until then.',
  'encoder.budget-spent':
    'The limit of the run or of the day did not pay for the vectors of all texts; the others were decided without them. Raise the limit and re-run.',
  'encoder.text-refused': 'The deployment refused a text; it was decided without its vector.',
  'encoder.out-of-memory':
    'The encoder needs more memory than its thread has. Take one with a smaller vocabulary; runs go on without it until then.',
  'encoder.crashed':
    'The thread of the encoder ended twice. Take another export of it, or look for a machine short of memory; runs go on without it until then.',
  'train.out-of-memory':
    'Train with the loss logistic, which takes the rows in parts, or on an instance with more memory.',
  'train.no-rows': 'The data set has no usable row. Check the text and label columns.',
  'train.one-class': 'Training needs at least two labels. Add examples of another label.',
  'train.bad-value': 'The data hold NaN or infinite values. Clean them.',
  'train.unknown-label': 'A label is not in the taxonomy. Correct it, or add it to the taxonomy.',
  'train.promise-not-kept':
    'The model is not precise enough for the promise asked. Label more documents, or ask for less.',
  'train.too-few-samples': 'There are too few samples for the promise asked. Label more documents.',
  // runs and settings
  'config.invalid': 'Correct the settings listed.',
  'request.invalid': 'Correct the field named.',
  'request.too-large': 'Send a smaller file, put it into storage by other means, or raise UPLOAD_MAX_BYTES.',
  'request.unauthenticated': 'Sign in, or send a token for the API.',
  'request.forbidden': 'Ask an administrator for the app role named.',
  'secret.not-found': 'Store the secret in the key vault, or check KEY_VAULT_URI.',
  'secret.forbidden': 'Give the identity the role Key Vault Secrets User on the vault.',
  'secret.unavailable': 'The key vault did not answer. It is retried; check the network if it persists.',
  'document.not-found': 'No decision on this document is known. Check the id with GET /api/results.',
  'document.erased': 'The document was erased on request. Nothing needs to be done.',
  'run.not-found': 'No such run. List them with `sluice runs`.',
  'run.exists': 'The run exists already; its state is returned.',
  'run.not-finished': 'Wait until the run has ended, or cancel it.',
  'run.forgotten': 'The texts of the run were deleted as RETENTION_DAYS says. Start a run over its sources instead.',
  'run.conservation':
    'Documents in and decisions out differ. This is a defect of Sluice: keep the run folder and report it.',
  'run.cancelled': 'The run was cancelled.',
  'disk.full':
    'Make room on the disk that the message names. What waits goes on by itself; a request that was refused can be sent again.',
  internal: 'This is a defect of Sluice. Keep the log and report it.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERROR_REMEDIES;

/** Identifiers that locate an error: run, batch, document, path, setting… Never document content. */
export type ErrorIds = Readonly<Record<string, string | number | boolean>>;

/** An error with a code of the closed list. The message says subject, need and have; it holds no document content. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly ids: ErrorIds;

  constructor(code: ErrorCode, message: string, options: { ids?: ErrorIds; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.ids = options.ids ?? {};
  }

  /** What the user should do. */
  get remedy(): string {
    return ERROR_REMEDIES[this.code];
  }
}

/** The same call may succeed later. `retryAfterMs` is the server's hint, when it gave one. */
export class RetryableError extends SluiceError {
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { ids?: ErrorIds; cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The same call will fail again: do not retry. */
export class TerminalError extends SluiceError {}

/** Is this string a code of the closed list? */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_REMEDIES, code);
}

/** The code of any thrown value; `internal` for errors that are not ours. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof SluiceError ? error.code : 'internal';
}
