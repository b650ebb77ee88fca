// The sources of an app on a tenant of the emulator.
import type { SourceEntry } from '../../shared/api/source-entry.ts';
import { silentLogger } from '../../shared/ports.ts';
import { Sources } from '../../shared/sources/sources.ts';
import { Subscriptions } from '../../shared/sources/subscriptions.ts';
import type { Tenant } from './tenant.ts';

/** @param setting  entries of SOURCES */
export function sourcesOf(t: Tenant, setting: object[] = []): Sources {
  return new Sources({
    ...{
      setting: JSON.stringify(setting),
      connect: (entry: SourceEntry) => t.connect(entry),
      lake: t.lake,
      landing: t.landing,
      clock: t.clock,
      parallel: 4,
    },
    logger: silentLogger,
    subscriptions: new Subscriptions({
      ...{ lake: t.lake, clock: t.clock, logger: silentLogger, url: undefined, secret: () => '0'.repeat(32) },
    }),
    erase: async (path) => void t.erased.push(path),
  });
}
