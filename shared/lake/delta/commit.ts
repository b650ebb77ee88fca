// Optimistic commit of one Delta log version.
// Invariants: C1 version n is created at most once (put-if-absent). C2 a txn (appId, version) is applied at most once, whoever retries.
// C3 a commit is rebased only over commits it does not conflict with, each of which it has seen. C4 a lost reply is recognised by the
// commit's own id, so a commit is never reported as failed and visible at the same time.
// Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
import { randomUUID } from 'node:crypto';
import { RetryableError, SluiceError, TerminalError } from '../../errors.ts';
import type { Clock, Logger, Random } from '../../ports.ts';
import { type Action, checkWritable, ENGINE, type Txn, writtenActions } from './actions.ts';
import { type CommitKind, conflictWith } from './conflict.ts';
import type { DeltaLog } from './log.ts';
import { advance, type Snapshot } from './snapshot.ts';

export interface CommitDeps {
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface CommitPlan {
  kind: CommitKind;
  operation: string;
  operationParameters?: Record<string, unknown>;
  /** Without commitInfo. */
  actions: readonly Action[];
}

export interface Committed {
  version: number;
  /** The txn had been applied before; nothing was written. */
  alreadyApplied: boolean;
  snapshot: Snapshot;
}

const MAX_ATTEMPTS = 500;
const MAX_BACKOFF_MS = 250;

/**
 * Publish a plan as the next version.
 * @param base  the snapshot the plan was made on; undefined creates the table (the plan then holds protocol and metaData)
 * @throws {RetryableError} lake.commit-conflict when another commit has changed what the plan rests on: plan anew
 */
export async function commit(
  log: DeltaLog,
  base: Snapshot | undefined,
  plan: CommitPlan,
  deps: CommitDeps,
): Promise<Committed> {
  const txnId = randomUUID(); // must differ between processes, so not from the seeded port
  const removes = new Set(plan.actions.flatMap((action) => ('remove' in action ? [action.remove.path] : [])));
  const txns = plan.actions.flatMap((action) => ('txn' in action ? [action.txn] : []));
  const isRemovingRows = plan.actions.some((action) => 'remove' in action && action.remove.dataChange);
  let latest = base;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (latest !== undefined && isApplied(latest, txns, log.table))
      return { version: latest.version, alreadyApplied: true, snapshot: latest };
    if (latest !== undefined) checkWritable(latest.protocol, latest.metadata, isRemovingRows, log.table);
    const version = (latest?.version ?? -1) + 1;
    const actions: Action[] = [{ commitInfo: commitInfo(plan, txnId, deps.clock) }, ...plan.actions];
    if (await publish(log, version, actions, txnId)) {
      const snapshot = latest === undefined ? await created(log) : advance(latest, actions, log.table);
      return { version, alreadyApplied: false, snapshot };
    }
    if (base === undefined) throw conflict(log, version, 'the table was created by another writer');
    // Waiting first and reading then leaves the shortest time for others to be faster again.
    await deps.clock.sleep(deps.random.next() * Math.min(MAX_BACKOFF_MS, 5 * 2 ** Math.min(attempt, 10)));
    // Look at every commit that won in the meantime before trying again (C3).
    for await (const winner of log.commitsAfter(latest!.version)) {
      const reason = conflictWith(winner, plan.kind, removes, base);
      if (reason !== undefined) throw conflict(log, latest!.version + 1, reason);
      latest = advance(latest!, winner, log.table);
    }
    deps.logger.debug('lake.commit.rebased', { table: log.table, version, attempt });
  }
  throw conflict(log, latest?.version ?? 0, `no free version in ${MAX_ATTEMPTS} attempts`);
}

/**
 * C2. Are all of these in the snapshot?
 * @throws {RetryableError} lake.commit-conflict when only some are: plan anew, without those
 */
export function isApplied(snapshot: Snapshot, txns: readonly Pick<Txn, 'appId' | 'version'>[], table: string): boolean {
  const applied = txns.filter(({ appId, version }) => (snapshot.txns.get(appId)?.version ?? -1) >= version);
  if (applied.length > 0 && applied.length < txns.length)
    throw new RetryableError(
      'lake.commit-conflict',
      `Version ${snapshot.version} of ${table}: ${applied.length} of ${txns.length} appends of one version are there already`,
      { ids: { table, version: snapshot.version } },
    );
  return applied.length > 0;
}

/** Create the version's file; false when another writer has it. */
async function publish(log: DeltaLog, version: number, actions: readonly Action[], txnId: string): Promise<boolean> {
  try {
    await log.store.write(log.commitPath(version), writtenActions(actions), { ifAbsent: true });
    return true;
  } catch (error) {
    const isUncertain = error instanceof RetryableError;
    if (!isUncertain && !(error instanceof SluiceError && error.code === 'lake.conflict')) throw error;
    const present = await log.readCommit(version);
    if (present?.some((action) => 'commitInfo' in action && action.commitInfo.txnId === txnId)) return true; // C4
    // An uncertain write that is not there may still arrive: the caller's retry meets it by its txn.
    if (present === undefined && isUncertain) throw error;
    return false;
  }
}

async function created(log: DeltaLog): Promise<Snapshot> {
  const snapshot = await log.snapshot();
  if (snapshot === undefined)
    throw new TerminalError('lake.corrupt-table', `Table ${log.table} vanished while it was created`);
  return snapshot;
}

function commitInfo(plan: CommitPlan, txnId: string, clock: Clock) {
  return {
    timestamp: clock.now(),
    operation: plan.operation,
    operationParameters: plan.operationParameters ?? {},
    isBlindAppend: plan.kind.kind === 'append',
    engineInfo: ENGINE,
    txnId,
  };
}

function conflict(log: DeltaLog, version: number, reason: string): RetryableError {
  return new RetryableError('lake.commit-conflict', `Version ${version} of ${log.table}: ${reason}`, {
    ids: { table: log.table, version },
  });
}
