// What the preflight checks report, and how.
import type { RunCli } from './cli.ts';
import type { DeployOptions } from './options.ts';

export interface Finding {
  what: string;
  /** What to do about it. */
  remedy: string;
  /** False: worth knowing, provisioning goes on. */
  isBlocking: boolean;
}

/** One check. Rejects with CliError when it cannot be made. */
export type Check = (run: RunCli, options: DeployOptions) => Promise<Finding[]>;

export const problem = (what: string, remedy: string): Finding => ({ what, remedy, isBlocking: true });
export const remark = (what: string, remedy: string): Finding => ({ what, remedy, isBlocking: false });
