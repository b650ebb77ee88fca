// Composition root: configuration → adapters → services. The command line starts here; a process of functions comes here with its first call.
import { randomInt, randomUUID } from 'node:crypto';
import { createCredential } from './azure/credentials.ts';
import { type LakeAccess, openLakeAccess } from './azure/lake-access.ts';
import { beginTelemetry, type Telemetry } from './azure/telemetry.ts';
import { type Config, isInAzure } from './config.ts';
import type { Extractor } from './documents/extract.ts';
import type { PageRenderer } from './documents/pages/renderer.ts';
import { openExtractor, openPageRenderer } from './extractor.ts';
import { ProgressReader } from './insight/progress.ts';
import type { DeltaTable } from './lake/delta/table.ts';
import { LakeQueries, type LakeView, type QueryResult } from './lake/query.ts';
import { EncoderRegistry } from './models/encoder/registry.ts';
import { ModelRegistry } from './models/registry.ts';
import { openChannels } from './notices/channels.ts';
import { NoticeBox } from './notices/notice-box.ts';
import { openSources } from './open-sources.ts';
import { Pace, PacedLook } from './pace.ts';
import { CachedModels } from './pipeline/cached-models.ts';
import { type Embeddings, openEmbeddings } from './pipeline/deployment-encoders.ts';
import { decisionsVersion, openTables, parquetFiles, runTables } from './pipeline/lake-files.ts';
import { openLlm } from './pipeline/llm-stage.ts';
import type { PipelineServices } from './pipeline/services.ts';
import type { TrainingServices } from './pipeline/train-model.ts';
import { PIPELINE_VERSION } from './pipeline-version.ts';
import { type Clock, type Logger, type Random, seededRandom, systemClock } from './ports.ts';
import { SearchIndex } from './search/search-index.ts';
import { SourceNames } from './sources/source-names.ts';
import type { Sources } from './sources/sources.ts';
import { createLogger } from './telemetry.ts';
import { ShardedTrainer } from './training/sharded/trainer.ts';
import { mlflowOf } from './training/tracking.ts';
import { eraseLandedFile } from './upkeep/erase-file.ts';
import { Watchdog } from './upkeep/watchdog.ts';

export interface App extends LakeAccess {
  sources: Sources;
  config: Config;
  clock: Clock;
  random: Random;
  logger: Logger;
  registry: ModelRegistry;
  encoders: EncoderRegistry;
  /** Deployments that give vectors; undefined where none is configured or none may be asked. */
  embeddings: Embeddings | undefined;
  extractor: Extractor;
  /** Messages to people, and the channels that the settings name. */
  notices: NoticeBox;
  /** Draws pages of documents. */
  pages: PageRenderer;
  services: PipelineServices;
  progress: ProgressReader;
  watchdog: Watchdog;
  /** The Delta tables by name. */
  tables: ReadonlyMap<string, DeltaTable>;
  training: TrainingServices & Pick<PipelineServices, 'clock' | 'logger'>;
  /** SQL over the Delta tables. @param maxRows  default 100,000 */
  query(sql: string, maxRows?: number): Promise<QueryResult>;
  /** The same, given up after so long. @throws {TerminalError} query.timeout */
  queryWithin(timeoutMs: number, sql: string, maxRows?: number): Promise<QueryResult>;
  /** Some tables as they are now, and a text that tells whether they have changed; see LakeQueries. */
  newest(tables: readonly string[]): Promise<LakeView>;
  /** Texts and reasons that are searched. */
  search: SearchIndex;
  /** Under the day's limit, by all runs: spent and set aside. */
  spentTodayUsd(): Promise<number>;
  ensureContainers(): Promise<void>;
  /** End reader processes. */
  close(): Promise<void>;
}

/** Assemble all services. Nothing is sent before the first use. @param opened  the lake, when it is not the one that the configuration names */
export function createApp(config: Config, clock: Clock = systemClock, opened?: LakeAccess): App {
  const { logger, telemetry } = openLogger(config, clock);
  const random = seededRandom(randomInt(2 ** 32 - 1));
  const access = opened ?? openLakeAccess(config);
  const { lake, landing, imports } = access;
  const tables = openTables(lake, { clock, random, logger });
  const registry = new ModelRegistry(lake, { clock });
  const instanceId = config.INSTANCE_ID ?? randomUUID();
  const asking = { store: lake, state: access.state, clock, random, logger, instanceId };
  const auth = { azureToken: access.tokenProvider, secret: access.secret };
  const embeddings = openEmbeddings(config, asking, auth);
  const encoders = new EncoderRegistry(lake, {
    clock,
    ...(embeddings === undefined ? {} : { deployments: embeddings }),
  });
  const extractor = openExtractor(config, logger, access);
  const pages = openPageRenderer(config, logger);
  const pace = new Pace(clock);
  const queries = new LakeQueries([...tables.values()], pace);
  const services: PipelineServices = {
    originals: new SourceNames(lake),
    pace,
    config,
    clock,
    logger,
    lake,
    sources: { landing, imports },
    reader: extractor,
    models: new CachedModels(registry),
    ...(config.ENCODER === 'off' ? {} : { encoders }),
    llm: openLlm(config, asking, auth),
    parquet: parquetFiles(lake),
    tables: runTables(tables),
    pipelineVersion: PIPELINE_VERSION,
  };
  const search = new SearchIndex(services, [...tables.values()], pace);
  const sources = openSources(config, {
    ...{ ...access, clock, logger, results: tables.get('results') },
    erase: async (path) => {
      await eraseLandedFile(app, path);
    },
  });
  const spentToday = new PacedLook(async () => (await services.llm?.spentTodayUsd?.()) ?? 0, pace);
  const app: App = {
    ...access,
    sources,
    config,
    clock,
    random,
    logger,
    registry,
    encoders,
    embeddings,
    extractor,
    notices: new NoticeBox({ lake, clock, logger, channels: openChannels(config, access.tokenProvider) }),
    pages,
    services,
    progress: new ProgressReader(services),
    watchdog: new Watchdog(services),
    tables,
    training: openTraining(services, registry, tables),
    query: (sql, maxRows) => queries.query(sql, maxRows),
    queryWithin: (timeoutMs, sql, maxRows) => queries.queryWithin(timeoutMs, sql, maxRows),
    newest: (names) => queries.newest(names),
    search,
    spentTodayUsd: () => spentToday.take(),
    async ensureContainers() {
      for (const store of [lake, landing, imports]) await store.ensureContainer();
    },
    async close() {
      await extractor.close();
      await pages.close();
      await encoders.close();
      queries.close();
      search.close();
      await telemetry?.close();
    },
  };
  return app;
}

/**
 * Log lines, and what the event catalogue allows of them as telemetry. In Azure each event is logged once: the host logs every line that a worker
 * writes, those of stderr as errors when they hold "fail" or "error" (`"failed":0` does), so lines go to stdout there, and only when nothing can be exported.
 */
function openLogger(config: Config, clock: Clock): { logger: Logger; telemetry: Telemetry | undefined } {
  const inAzure = isInAzure();
  const lines = createLogger(config.LOG_LEVEL, clock, (line) =>
    (inAzure ? process.stdout : process.stderr).write(line),
  );
  const connectionString = config.APPLICATIONINSIGHTS_CONNECTION_STRING;
  if (connectionString === undefined) return { logger: lines, telemetry: undefined };
  const telemetry = beginTelemetry({
    connectionString,
    credential: createCredential(config.AZURE_CLIENT_ID),
    version: PIPELINE_VERSION,
    instanceId: randomUUID(),
    sampling: config.TELEMETRY_SAMPLING,
    clock,
  });
  return { logger: telemetry.tee(lines, inAzure), telemetry };
}

function openTraining(services: PipelineServices, registry: ModelRegistry, tables: App['tables']): App['training'] {
  const { lake, clock, logger, sources } = services;
  const mlflow = mlflowOf(services.config);
  const trainers = new Map<string, ShardedTrainer>();
  return {
    lake,
    clock,
    logger,
    trainer(container) {
      const known = trainers.get(container);
      if (known !== undefined) return known;
      const made = new ShardedTrainer({
        store: lake,
        source: sources[container],
        registry,
        clock,
        logger,
        codeVersion: PIPELINE_VERSION,
        ...(mlflow === undefined ? {} : { mlflow }),
      });
      trainers.set(container, made);
      return made;
    },
    promote: (version, reason, labels) => registry.promoteTrained(version, reason, { labels }),
    decisionsVersion: () => decisionsVersion(tables),
  };
}
