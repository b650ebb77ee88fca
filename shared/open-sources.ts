// The sources of the app, put together of settings, storage and identity.
import { randomBytes } from 'node:crypto';
import type { Config } from './config.ts';
import type { DeltaTable } from './lake/delta/table.ts';
import type { Clock, LakeStore, Logger, StateTable } from './ports.ts';
import { connect } from './sources/connect.ts';
import { Gate } from './sources/graph/gate.ts';
import { GraphClient, graphRoot } from './sources/graph/graph-client.ts';
import { lakeDecisions } from './sources/lake-decisions.ts';
import { showRenamed } from './sources/show-renamed.ts';
import { Sources } from './sources/sources.ts';
import { Subscriptions } from './sources/subscriptions.ts';

export interface SourceParts {
  lake: LakeStore;
  landing: LakeStore;
  state: StateTable;
  clock: Clock;
  logger: Logger;
  results: DeltaTable | undefined;
  /** Tokens of the identity. */
  tokenProvider(scope: string): () => Promise<string>;
  /** By path in the landing container. */
  erase(path: string): Promise<void>;
}

export function openSources(config: Config, parts: SourceParts): Sources {
  const { lake, landing, state, clock, logger, results, erase } = parts;
  const { origin } = new URL(config.GRAPH_ROOT);
  let provider: (() => Promise<string>) | undefined;
  const token = (): Promise<string> => {
    if (config.GRAPH_TOKEN !== undefined) return Promise.resolve(config.GRAPH_TOKEN);
    provider ??= parts.tokenProvider(`${origin}/.default`);
    return provider();
  };
  const gate = new Gate({
    state,
    clock,
    key: `graph-${new URL(config.GRAPH_ROOT).host.replace(/[^a-z0-9.-]/gi, '-')}`,
    unitsPerMinute: config.SOURCES_UNITS_PER_MINUTE,
  });
  const graph = new GraphClient({ fetch, token, root: graphRoot(config.GRAPH_ROOT), gate, clock, logger });
  return new Sources({
    setting: config.SOURCES,
    connect: (entry) => connect(entry, { graph, passwords: config.SOURCES_PASSWORDS, logger, clock }),
    subscriptions: new Subscriptions({
      ...{ lake, clock, logger, url: config.NOTIFICATIONS_URL },
      secret: () => randomBytes(16).toString('hex'),
    }),
    ...{ lake, landing, clock, logger, erase },
    parallel: config.SOURCES_PARALLEL,
    ...(results === undefined ? {} : { decisions: lakeDecisions(results) }),
    rename: async (renamed) => {
      if (results !== undefined && renamed.length > 0) await showRenamed(results, renamed);
    },
  });
}
