// Telemetry to Application Insights: logs, metrics and one trace per run, all made of the events the code logs anyway.
// Invariants: T1 only catalogued fields leave the process (telemetry-events.ts). T2 all spans of a run share one trace id derived from the run id,
// on every instance and after every restart. T3 sampling is by run and drops successes only: failures, warnings, errors and metrics always go.
// T4 nothing waits for telemetry, and a failing exporter fails nothing. T5 `applicationinsights` collects nothing by itself: every instrumentation,
// performance counter, exception hook and its own sampling are off, so what leaves is what this file makes.
import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { Attributes, Counter, Histogram, Meter, Tracer } from '@opentelemetry/api';
import type { Logger as OtelLogger } from '@opentelemetry/api-logs';
import type { AzureMonitorOpenTelemetryOptions } from 'applicationinsights';
import type { Clock, LogFields, Logger } from '../ports.ts';
import {
  EVENTS,
  exportableFields,
  METRICS,
  type MetricName,
  type MetricSpec,
  type SpanSpec,
} from './telemetry-events.ts';

export interface TelemetryOptions {
  /** APPLICATIONINSIGHTS_CONNECTION_STRING */
  connectionString: string;
  /** For components that take Entra tokens only. */
  credential?: TokenCredential;
  /** Ingestion endpoint on the loopback address, which the connection string cannot name (it makes every address https). */
  ingestionUrl?: string;
  version: string;
  /** Names the process, e.g. the host's instance id. */
  instanceId: string;
  clock: Clock;
  /** Share of runs whose successes are exported, 0..1. Default 1. */
  sampling?: number;
}

export interface Telemetry {
  /**
   * A logger that writes to `logger` and exports what the catalogue allows.
   * @param isFallback  `logger` gets events only when none can be exported, so that nothing is logged twice
   */
  tee(logger: Logger, isFallback?: boolean): Logger;
  /** Send everything now; false when something could not be sent. */
  flush(): Promise<boolean>;
  /** Flush and end; false when something could not be sent. */
  close(): Promise<boolean>;
}

/** Trace and root span ids of a run: 32 and 16 hex digits. */
export function runTraceIds(runId: string): { traceId: string; spanId: string } {
  const hex = createHash('sha256').update(`run:${runId}`).digest('hex');
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32, 48) };
}

/** Is the run among the `sampling` share? The same answer on every instance. */
export function isSampled(runId: string, sampling: number): boolean {
  return Number.parseInt(runTraceIds(runId).traceId.slice(0, 8), 16) / 2 ** 32 < sampling;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
const SEVERITY: Readonly<Record<Level, number>> = { debug: 5, info: 9, warn: 13, error: 17 }; // OpenTelemetry's numbers
const MAX_EARLY_EVENTS = 1000;
const MAX_SPAN_MS = 7 * 24 * 3_600_000;

/**
 * Begin at once and load the package behind it, so that no caller waits for it. Events until then are kept, at most 1,000.
 * When it cannot be loaded, the logger goes on alone and says so once.
 * The package keeps its providers per process: beginning again ends what was begun before.
 */
export function beginTelemetry(options: TelemetryOptions): Telemetry {
  const early: Parameters<EventSink['record']>[] = [];
  let sink: EventSink | undefined;
  const starting = start(options).then((started) => {
    sink = started.sink;
    for (const event of early.splice(0)) sink.record(...event);
    return started;
  });
  let isMissing = false;
  return {
    tee(logger, isFallback = false) {
      starting.catch((error: unknown) => {
        if (!isMissing)
          logger.error('telemetry.unavailable', { name: error instanceof Error ? error.name : 'unknown' });
        isMissing = true;
        if (isFallback) for (const [level, event, fields] of early.splice(0)) logger[level](event, fields);
      });
      return recording((level, event, fields) => {
        if (!isFallback || isMissing) logger[level](event, fields);
        const at = options.clock.now();
        if (sink !== undefined) sink.record(level, event, fields ?? {}, at);
        else if (!isMissing && early.length < MAX_EARLY_EVENTS) early.push([level, event, fields ?? {}, at]);
      });
    },
    flush: () =>
      starting.then(
        ({ flush }) => flush(),
        () => false,
      ), // told by tee
    close: () =>
      starting.then(
        ({ close }) => close(),
        () => false,
      ),
  };
}

interface Started extends Pick<Telemetry, 'flush' | 'close'> {
  sink: EventSink;
}

async function start(options: TelemetryOptions): Promise<Started> {
  const [insights, api, { logs }, { resourceFromAttributes }] = await Promise.all([
    import('applicationinsights'),
    import('@opentelemetry/api'),
    import('@opentelemetry/api-logs'),
    import('@opentelemetry/resources'),
  ]);
  const resource = resourceFromAttributes({
    'service.name': 'sluice',
    'service.version': options.version,
    'service.instance.id': options.instanceId,
  });
  insights.useAzureMonitor({ ...ownTelemetryOnly(), azureMonitorExporterOptions: exporterOptions(options), resource });
  const tracerProvider = api.trace.getTracerProvider();
  const loggerProvider = logs.getLoggerProvider();
  const meterProvider = api.metrics.getMeterProvider();
  // The providers of the SDK can flush, which the API does not say; that of traces stands behind a proxy.
  const providers = [
    tracerProvider instanceof api.ProxyTracerProvider ? tracerProvider.getDelegate() : tracerProvider,
    loggerProvider,
    meterProvider,
  ] as unknown as { forceFlush(): Promise<void> }[];
  const sink = new EventSink({
    api,
    tracer: tracerProvider.getTracer('sluice'),
    log: loggerProvider.getLogger('sluice'),
    meter: meterProvider.getMeter('sluice'),
    sampling: options.sampling ?? 1,
  });
  return {
    sink,
    flush: () => allWent(providers.map((provider) => provider.forceFlush())),
    close: () => allWent([insights.shutdownAzureMonitor()]),
  };
}

function exporterOptions({ connectionString, credential, ingestionUrl }: TelemetryOptions) {
  const isLocal = ingestionUrl?.startsWith('http://127.0.0.1:') === true;
  return {
    connectionString,
    disableOfflineStorage: true, // no telemetry in files of the instance
    ...(credential === undefined ? {} : { credential }),
    ...(isLocal ? { host: ingestionUrl, allowInsecureConnection: true } : {}),
  };
}

/** Nothing is collected and nothing is dropped behind our back (T5, T3): by itself the package keeps five traces a second. */
function ownTelemetryOnly(): AzureMonitorOpenTelemetryOptions {
  const off = { enabled: false };
  return {
    samplingRatio: 1,
    tracesPerSecond: 0,
    enableTraceBasedSamplingForLogs: false,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    enableAutoCollectPerformance: false,
    enableAutoCollectExceptions: false,
    instrumentationOptions: {
      azureSdk: off,
      bunyan: off,
      console: off,
      http: off,
      mongoDb: off,
      mySql: off,
      postgreSql: off,
      redis: off,
      redis4: off,
      winston: off,
    },
  };
}

const allWent = async (sent: Promise<void>[]): Promise<boolean> =>
  (await Promise.allSettled(sent)).every(({ status }) => status === 'fulfilled');

function recording(record: (level: Level, event: string, fields?: LogFields) => void): Logger {
  const at = (level: Level) => (event: string, fields?: LogFields) => record(level, event, fields);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

interface SinkDeps {
  api: typeof import('@opentelemetry/api');
  tracer: Tracer;
  log: OtelLogger;
  meter: Meter;
  sampling: number;
}

/** Turns events into log records, metrics and spans. */
class EventSink {
  readonly #deps: SinkDeps;
  readonly #instruments = new Map<MetricName, Counter | Histogram>();

  constructor(deps: SinkDeps) {
    this.#deps = deps;
  }

  /** @param at  when it happened, epoch ms */
  record(level: Level, event: string, given: LogFields, at: number): void {
    const fields = exportableFields(event, given);
    const spec = EVENTS[event];
    for (const metric of spec?.metrics ?? []) this.#measure(metric, fields);
    if (level === 'debug') return;
    const runId = typeof fields.runId === 'string' ? fields.runId : undefined;
    const isFailure = level !== 'info' || spec?.span?.isFailure === true;
    if (!isFailure && runId !== undefined && !isSampled(runId, this.#deps.sampling)) return;
    const context = runId === undefined ? undefined : this.#contextOf(runId);
    this.#deps.log.emit({
      body: event,
      severityNumber: SEVERITY[level],
      severityText: level,
      attributes: fields,
      timestamp: at,
      ...(context === undefined ? {} : { context }),
    });
    if (spec?.span !== undefined && runId !== undefined) this.#trace(spec.span, runId, fields, at);
  }

  #measure({ name, value, by = {}, fixed = {}, when }: MetricSpec, fields: Attributes): void {
    if (when !== undefined && fields[when[0]] !== when[1]) return;
    const amount = value === undefined ? 1 : fields[value];
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) return;
    const attributes: Attributes = { ...fixed };
    for (const [attribute, field] of Object.entries(by)) attributes[attribute] = String(fields[field] ?? 'none');
    const instrument = this.#instrument(name);
    if ('add' in instrument) instrument.add(amount, attributes);
    else instrument.record(amount, attributes);
  }

  #instrument(name: MetricName): Counter | Histogram {
    let instrument = this.#instruments.get(name);
    if (instrument === undefined) {
      const { kind, unit, doc } = METRICS[name];
      const options = { unit, description: doc };
      const { meter } = this.#deps;
      instrument = kind === 'counter' ? meter.createCounter(name, options) : meter.createHistogram(name, options);
      this.#instruments.set(name, instrument);
    }
    return instrument;
  }

  #contextOf(runId: string) {
    const { api } = this.#deps;
    const parent = { ...runTraceIds(runId), traceFlags: api.TraceFlags.SAMPLED, isRemote: true };
    return api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
  }

  /** The span is made when it is over: its start is its end less the time it took. */
  #trace(
    { name, duration, isRun = false, isFailure = false }: SpanSpec,
    runId: string,
    fields: Attributes,
    end: number,
  ): void {
    const { api, tracer } = this.#deps;
    const took = fields[duration];
    const start = end - (typeof took === 'number' && took > 0 ? Math.min(took, MAX_SPAN_MS) : 0);
    const title = name.replace(/\{(\w+)\}/g, (_, field: string) => String(fields[field] ?? 'unknown'));
    const kind = isRun ? api.SpanKind.SERVER : api.SpanKind.INTERNAL;
    const options = { kind, startTime: start, attributes: fields, root: isRun };
    const span = tracer.startSpan(title, options, this.#contextOf(runId));
    // A run's own span has the ids its steps name as their parent (T2). The package offers no id generator, so they are put in after the start.
    if (isRun) Object.assign(span.spanContext(), runTraceIds(runId));
    span.setStatus({ code: isFailure ? api.SpanStatusCode.ERROR : api.SpanStatusCode.OK });
    span.end(end);
  }
}
