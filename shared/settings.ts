// Every setting the code reads, as data: name, type, bounds, default and what it is for. docs and local.settings.sample.json follow this list.
// A setting is one line here; nothing else in the project names an environment variable.

export type SettingKind = 'text' | 'number' | 'flag' | 'choice' | 'json';

export interface Setting {
  readonly kind: SettingKind;
  readonly doc: string;
  /** Text as it would stand in the environment; undefined = optional without default. */
  readonly fallback?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  readonly choices?: readonly string[];
  /** Secrets are meant as Key Vault references in the cloud; their values are never printed. */
  readonly secret?: boolean;
  readonly pattern?: RegExp;
}

type Given<K extends SettingKind> = Setting & { readonly kind: K; readonly fallback: string };
type Open<K extends SettingKind> = Setting & { readonly kind: K; readonly fallback?: never };

const text = (doc: string, fallback: string, pattern?: RegExp): Given<'text'> => ({
  ...openText(doc, pattern),
  fallback,
});
const openText = (doc: string, pattern?: RegExp): Open<'text'> => ({
  kind: 'text',
  doc,
  ...(pattern === undefined ? {} : { pattern }),
});
const secret = (doc: string): Open<'text'> => ({ kind: 'text', doc, secret: true });
const count = (doc: string, fallback: number, min: number, max: number, unit?: string): Given<'number'> => ({
  ...real(doc, fallback, min, max, unit),
  integer: true,
});
const real = (doc: string, fallback: number, min: number, max: number, unit?: string): Given<'number'> => ({
  ...openReal(doc, min, max, unit),
  fallback: String(fallback),
});
const openReal = (doc: string, min: number, max: number, unit?: string): Open<'number'> => ({
  kind: 'number',
  doc,
  min,
  max,
  ...(unit === undefined ? {} : { unit }),
});
const flag = (doc: string, fallback: boolean): Given<'flag'> => ({ kind: 'flag', doc, fallback: String(fallback) });
const choice = (doc: string, fallback: string, choices: readonly string[]): Given<'choice'> => ({
  kind: 'choice',
  doc,
  fallback,
  choices,
});

const CONTAINER_NAME = /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/;
const URL_TEXT = /^https?:\/\/\S+$/;

export const SETTINGS = {
  // The lake
  LAKE: secret(
    'Connection string of the lake account. Local emulators only; in Azure the identity settings below are used.',
  ),
  LAKE__blobServiceUri: openText(
    'Blob endpoint of the lake account, e.g. https://<account>.blob.core.windows.net',
    URL_TEXT,
  ),
  LAKE__tableServiceUri: openText('Table endpoint of the account that holds the LLM quota records', URL_TEXT),
  LAKE_DFS_ENDPOINT: openText(
    'DFS endpoint of the lake account, e.g. https://<account>.dfs.core.windows.net',
    URL_TEXT,
  ),
  AZURE_CLIENT_ID: openText('Client id of the user-assigned identity'),
  LANDING_CONTAINER: text('Container whose uploads are classified as they arrive', 'landing', CONTAINER_NAME),
  IMPORTS_CONTAINER: text('Container for bulk imports; runs over it are started on request', 'imports', CONTAINER_NAME),
  LAKE_CONTAINER: text('Container of tables, runs, models and taxonomies', 'lake', CONTAINER_NAME),
  STATE_TABLE: text('Name of the table with the LLM quota records', 'sluicestate', /^[A-Za-z][A-Za-z0-9]{2,62}$/),

  // Uploads and runs
  UPLOAD_TRIGGER_SOURCE: choice(
    'How uploads are noticed: Event Grid (webhook, or through the queue landing-events) in Azure, container scan elsewhere',
    'EventGrid',
    ['EventGrid', 'StorageQueue', 'LogsAndContainerScan'],
  ),
  UPLOAD_WINDOW_SECONDS: count(
    'Uploads of this many seconds share one run; in a flood, of eight times as many, up to 60; 0 = one run per upload',
    30,
    0,
    3600,
    's',
  ),
  TAXONOMY_VERSION: openText('Taxonomy for uploads and for runs that name none; default: the newest one'),
  BATCH_MAX_DOCUMENTS: count(
    'Documents per batch at most; of those that are not plain text never more than 250',
    1000,
    1,
    5000,
  ),
  BATCH_MAX_BYTES: count(
    'Bytes of source documents per batch at most; of plain texts never more than 16 MiB',
    64 * 1024 * 1024,
    1024,
    2 ** 31,
    'bytes',
  ),
  BATCH_CONCURRENCY: count('Batches of one run in work at the same time', 4, 1, 256),
  RUN_MAX_DOCUMENTS: count('Documents one run accepts at most; split larger sets by prefix', 5_000_000, 1, 50_000_000),
  STALLED_MINUTES: count(
    'A run without any progress for so long is shown as stalled and raises an event',
    30,
    5,
    10_080,
    'min',
  ),
  RECONCILE_UPLOADS: flag('Look every hour for landing files without a decision and start a run for them', true),
  RETENTION_DAYS: count(
    'Texts, scores and raw answers of a run are deleted so long after its end, and the durable history of what has ended; 0 = kept. Decisions stay',
    0,
    0,
    3650,
    'd',
  ),
  SCHEDULES: text(
    'Runs, trainings and maintenance by the clock (UTC): a JSON list like [{"name":"nightly","cron":"0 2 * * *","run":{"source":{"kind":"prefix","container":"imports","prefix":"in"}}}], see docs/runs.md',
    '[]',
  ),
  SOURCES: text(
    'SharePoint and OneDrive libraries and mailboxes that land by themselves: a JSON list like [{"name":"tax","kind":"sharepoint","site":"https://contoso.sharepoint.com/sites/tax"}], see docs/sources.md',
    '[]',
  ),
  SOURCES_UNITS_PER_MINUTE: count(
    'Resource units of Microsoft Graph that all sources may spend a minute; the smallest tenant has 1,200 for the whole app',
    1000,
    10,
    6000,
  ),
  NOTIFICATIONS_URL: openText(
    'Public address of this app, e.g. https://<app>.azurewebsites.net: Microsoft Graph tells it of changes, and sources need not wait for the clock',
    /^https:\/\/[^/\s]+\/?$/,
  ),
  SOURCES_PASSWORDS: secret(
    'Passwords of IMAP sources by their names: a JSON object like {"letters":"…"}; in the cloud a Key Vault reference',
  ),
  SOURCES_PARALLEL: count('Downloads of sources at the same time', 4, 1, 32),
  GRAPH_ROOT: text(
    'Microsoft Graph; in national clouds e.g. https://graph.microsoft.us/v1.0',
    'https://graph.microsoft.com/v1.0',
    URL_TEXT,
  ),
  GRAPH_TOKEN: secret("Token for GRAPH_ROOT in place of the identity's; for emulators"),
  UPLOAD_MAX_BYTES: count(
    'Largest file that PUT /api/uploads takes; above 100 MiB the platform wants FUNCTIONS_REQUEST_BODY_SIZE_LIMIT raised too',
    100 * 1024 * 1024,
    1024,
    200 * 1024 * 1024,
    'bytes',
  ),
  REQUEST_MAX_BYTES: count('Largest accepted HTTP request body', 1024 * 1024, 1024, 100 * 1024 * 1024, 'bytes'),

  STORAGE_TRY_SECONDS: count(
    'One try of a call to storage: until it is answered, and without a byte of a file; then it is tried again, five times in all',
    30,
    1,
    300,
    's',
  ),

  // Reading documents
  EXTRACT_SLOTS: count('Reader processes per instance', 2, 1, 64),
  EXTRACT_MAX_BYTES: count('Largest document that is read', 200 * 1024 * 1024, 1, 2 ** 31, 'bytes'),
  EXTRACT_MAX_PAGES: count('Pages of a document at most', 5000, 1, 1_000_000),
  EXTRACT_TIMEOUT_SECONDS: count('Time for reading one document', 60, 1, 3600, 's'),
  EXTRACT_MAX_MEMORY_MB: count('Resident memory of a reader process', 1024, 128, 65536, 'MB'),
  EXTRACT_MAX_ARCHIVE_DEPTH: count('Archives inside archives at most', 4, 0, 32),
  EXTRACT_MAX_ARCHIVE_ENTRIES: count('Members of an archive at most', 10_000, 1, 1_000_000),
  EXTRACT_MAX_ARCHIVE_RATIO: count('Expanded bytes per packed byte of an archive member', 200, 2, 100_000),
  EXTRACT_MAX_ARCHIVE_BYTES: count(
    'Expanded bytes of an archive, nested ones included',
    2 ** 30,
    1024,
    2 ** 36,
    'bytes',
  ),
  EXTRACT_ARCHIVE_TIMEOUT_SECONDS: count('Time for an archive with all its members', 900, 1, 36_000, 's'),
  EXTRACT_MAX_CHARS: count('Characters of text of one document', 64 * 1024 * 1024, 1000, 2 ** 29),
  EXTRACT_MAX_CELLS: count(
    'Cells read of one workbook; further ones are left out with a warning',
    2_000_000,
    1000,
    100_000_000,
  ),
  EXTRACT_MAX_ELEMENTS: count('XML or HTML elements of one document part', 5_000_000, 1000, 100_000_000),
  EXTRACT_RECYCLE_AFTER: count(
    'Documents, short plain texts not counted, after which a reader process is replaced',
    2000,
    1,
    1_000_000,
  ),
  OCR: choice(
    'Who reads page images: Document Intelligence when its endpoint is set, else the local engine (English)',
    'auto',
    ['auto', 'local', 'off'],
  ),
  EXTRACT_MAX_OCR_PAGES: count('Page images read of one document', 50, 1, 5000),
  DOCUMENT_INTELLIGENCE_ENDPOINT: openText(
    'Azure Document Intelligence, e.g. https://<name>.cognitiveservices.azure.com',
    URL_TEXT,
  ),

  // Model and routing
  MODEL_VERSION: openText('Model version for runs that name none; default: the champion'),
  ACCEPT_THRESHOLD: openReal("Confidence from which the model's label stands; default: the model's own", 0, 1),
  REVIEW_THRESHOLD: real('Confidence below which a document goes to people without asking the LLM', 0, 0, 1),
  ENCODER: choice(
    'Second local stage: a sentence encoder, imported or a deployment (EMBEDDING_DEPLOYMENTS), decides again what the model is unsure of, and by label descriptions where no model is',
    'auto',
    ['auto', 'off'],
  ),
  NEAR_DUPLICATES: choice(
    'Documents that nearly repeat one which the LLM or a person has decided take its label instead of being asked about',
    'inherit',
    ['inherit', 'off'],
  ),
  NEAR_DUPLICATE_SIMILARITY: real(
    'Share of common word sequences from which texts count as near duplicates',
    0.95,
    0.9,
    1,
  ),
  EVIDENCE_TERMS: count('Terms stored as reasons of a decision', 8, 0, 50),

  SYNAPSE_DEV_ENDPOINT: openText(
    'Synapse workspace that trains trees on Spark, e.g. https://<workspace>.dev.azuresynapse.net',
    URL_TEXT,
  ),
  SYNAPSE_SPARK_POOL: openText('Spark pool of that workspace'),
  MLFLOW_TRACKING_URI: openText(
    'MLflow server that trainings are also sent to (Databricks, Azure ML or open source)',
    URL_TEXT,
  ),
  MLFLOW_EXPERIMENT: text('Experiment the trainings are filed under', 'sluice'),
  MLFLOW_TOKEN: secret('Bearer token of the MLflow server, where it wants one'),

  // LLM
  LLM_ENABLED: flag(
    'Ask an LLM about documents the model is unsure of; false: this host sends no text to one (`sluice start --no-llm`)',
    true,
  ),
  OPENAI_BASE_URL: openText('Base URL of any OpenAI-compatible endpoint (vLLM, Ollama, LiteLLM, OpenAI)', URL_TEXT),
  OPENAI_API_KEY: secret('Key for OPENAI_BASE_URL'),
  OPENAI_MODEL: openText('Model asked at OPENAI_BASE_URL'),
  AZURE_OPENAI_ENDPOINT: openText('Azure OpenAI resource, e.g. https://<name>.openai.azure.com', URL_TEXT),
  AZURE_OPENAI_CHAT_DEPLOYMENT: openText('Deployment name in that resource'),
  AZURE_OPENAI_SCOPE: text('Token scope of the resource', 'https://ai.azure.com/.default', URL_TEXT),
  LLM_DEPLOYMENTS: openText(
    'Several deployments as a JSON list (docs/llm.md): name, baseUrl, quota, prices, priority, residency; replaces the single-deployment settings',
  ),
  EMBEDDING_DEPLOYMENTS: openText(
    'Deployments that give vectors of texts, as a JSON list (docs/models.md, Encoders): name, baseUrl, quota, prices, dimensions; `sluice encoder use <name>` makes one the second local stage',
  ),
  LLM_RESIDENCY: openText('Residency classes documents may be sent to, separated by commas; default: all deployments'),
  LLM_TPM: count('Tokens per minute of the deployment', 200_000, 100, 1_000_000_000),
  LLM_RPM: count('Requests per minute of the deployment', 200, 1, 10_000_000),
  LLM_INPUT_USD_PER_MTOK: openReal('Price of a million prompt tokens', 0, 10_000, 'USD'),
  LLM_CACHED_USD_PER_MTOK: openReal(
    'Price of a million cached prompt tokens; default: the prompt price',
    0,
    10_000,
    'USD',
  ),
  LLM_OUTPUT_USD_PER_MTOK: openReal('Price of a million output tokens', 0, 10_000, 'USD'),
  LLM_PACK_DOCUMENTS: count('Documents per call at most', 8, 1, 50),
  LLM_PACK_TOKENS: count('Prompt tokens per call at most', 8000, 500, 1_000_000),
  LLM_DOCUMENT_TOKENS: count('Tokens of one document shown to the LLM at most', 1500, 100, 100_000),
  LLM_MAX_OUTPUT_TOKENS: count('Answer tokens per call at most', 4000, 16, 100_000),
  LLM_REASONING_TOKENS: count(
    'Answer tokens set aside for hidden thought; 0: learnt from the first answers',
    0,
    0,
    200_000,
  ),
  LLM_RESPONSE_FORMAT: choice(
    'How the form of an answer is asked for: json_schema, json_object or none; a server that refuses one is asked in the next',
    'json_schema',
    ['json_schema', 'json_object', 'none'],
  ),
  LLM_CONCURRENCY: count('Calls in flight per instance', 8, 1, 1000),
  LLM_MIN_CONFIDENCE: real('Answers below this confidence go to review', 0.5, 0, 1),
  LLM_MAX_COST_USD_PER_RUN: openReal(
    'Money one run may spend unless it says otherwise; default: no limit',
    0,
    1_000_000,
    'USD',
  ),
  LLM_MAX_COST_USD_PER_DAY: openReal('Money all runs of a day may spend; default: no limit', 0, 1_000_000, 'USD'),
  REDACT: flag(
    'Replace e-mail addresses, account, card, phone and tax numbers before a text is shown to the LLM',
    true,
  ),
  REDACT_KINDS: text(
    'Kinds of identifiers replaced, separated by commas: email, iban, card, vat, ssn, ein, tax-id, phone',
    'email,iban,card,vat,ssn,ein,tax-id,phone',
    /^(?:email|iban|card|vat|ssn|ein|tax-id|phone)(?:,(?:email|iban|card|vat|ssn|ein|tax-id|phone))*$/,
  ),
  REDACT_REGION: text('Country (ISO 3166) of phone numbers written without a country code', 'US', /^[A-Z]{2}$/),

  // People
  REVIEW_LEASE_SECONDS: count(
    'How long a document shown for review is kept from other reviewers',
    600,
    10,
    86_400,
    's',
  ),

  SPOT_CHECK_INTERVAL: real(
    'Half of the 95 % interval that spot checks of four weeks shall reach, as a share: 0.05 asks for 19 documents a week, 0.02 for 115',
    0.05,
    0.005,
    0.5,
  ),
  SPOT_CHECKS_PER_LABEL: count('Documents of each label that a week of spot checks holds at least', 2, 0, 1000),

  // Messages to people
  NOTIFY_WEBHOOK: secret(
    'Incoming webhook that gets alarms and the weekly digest: a workflow of Teams, Slack, or whatever takes JSON with `text`',
  ),
  NOTIFY_EMAIL_TO: openText(
    'Addresses that get alarms and the weekly digest by e-mail, with commas between them; wants NOTIFY_EMAIL_FROM and a way to send',
    /^[^@\s,]+@[^@\s,]+(\s*,\s*[^@\s,]+@[^@\s,]+){0,19}$/,
  ),
  NOTIFY_EMAIL_FROM: openText('Sender of these e-mails', /^[^@\s]+@[^@\s]+$/),
  NOTIFY_SMTP: secret('Mail server that sends them: smtp://user:password@host:587, or smtps://…'),
  NOTIFY_ACS_ENDPOINT: openText(
    "Azure Communication Services resource that sends them with the app's identity: https://<resource>.communication.azure.com",
    URL_TEXT,
  ),
  NOTIFY_DIGEST: text(
    'When the digest of the last seven days is sent: five cron fields, UTC; `off` for never',
    '0 7 * * 1',
    /^(off|\S+( \S+){4})$/,
  ),
  PUBLIC_URL: openText('Address of the app, for links in messages; in Azure default that of the platform', URL_TEXT),
  WEBSITE_HOSTNAME: openText('Set by the platform: host name of the app'),

  // Secrets and observation
  AUTH_MODE: choice('Who checks callers: function keys, or the platform with Entra ID and app roles', 'function-keys', [
    'function-keys',
    'entra',
  ]),
  APPLICATIONINSIGHTS_CONNECTION_STRING: openText('Where telemetry goes; none is sent without it'),
  TELEMETRY_SAMPLING: real('Share of runs whose successes are exported; failures always are', 1, 0, 1),
  KEY_VAULT_URI: openText('Key Vault whose secrets are read at run time', URL_TEXT),
  INSTANCE_ID: openText(
    'Name of this process where only one can bear it at a time (the local host): calls of its former life are then known to be over',
  ),
  OPENLINEAGE_URL: text(
    'Receiver of an OpenLineage event per run (events go to <url>/api/v1/lineage); empty = events are only stored',
    '',
    /^$|^https?:\/\/\S+$/,
  ),
  OPENLINEAGE_API_KEY: secret('Bearer token for OPENLINEAGE_URL'),
  OPENLINEAGE_NAMESPACE: text('Namespace of the jobs in lineage events', 'sluice'),
  LOG_LEVEL: choice('Least severe log level written', 'info', ['debug', 'info', 'warn', 'error']),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
