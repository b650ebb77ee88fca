// The real Azure CLI, signed in to the resource manager on loopback. Set SLUICE_TEST_AZ to its path (pip install azure-cli).
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliResult } from '../../../infra/scripts/cli.ts';
import type { ResourceManager } from './resource-manager.ts';
import { SUBSCRIPTION } from './rest-records.ts';

export const AZ = process.env.SLUICE_TEST_AZ;

/** Everything az keeps and asks for is in the folder; nothing of the user's own sign-in is seen. */
export function azIn(folder: string, manager: ResourceManager): (args: readonly string[]) => Promise<CliResult> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const env = {
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    HOME: folder,
    AZURE_CONFIG_DIR: join(folder, 'azure'),
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    AZURE_BICEP_USE_BINARY_FROM_PATH: 'true',
    AZURE_BICEP_CHECK_VERSION: 'false',
    REQUESTS_CA_BUNDLE: manager.certificate,
    IDENTITY_ENDPOINT: manager.identityUrl,
    IDENTITY_HEADER: 'local',
  };
  return (args) =>
    new Promise((resolve) => {
      execFile(AZ ?? 'az', [...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
}

export async function signIn(az: (args: readonly string[]) => Promise<CliResult>, url: string): Promise<void> {
  const steps = [
    ['cloud', 'register', '--name', 'loopback', '--endpoint-resource-manager', url],
    ['cloud', 'set', '--name', 'loopback'],
    ['login', '--identity'],
    ['account', 'set', '--subscription', SUBSCRIPTION],
  ];
  for (const step of steps) {
    const { code, stderr } = await az(step);
    if (code !== 0) throw new Error(`az ${step.join(' ')}: ${stderr}`);
  }
}

/** A bicep compiler for az that knows one template: its parameters and nothing else. The templates themselves have tests of their own. */
export function placeBicep(folder: string, parameters: readonly string[]): void {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(parameters.map((name) => [name, { type: 'string' }])),
    resources: [],
  };
  const file = join(folder, 'bin/bicep');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo 'Bicep CLI version 0.38.33 (6bb5d5f859)'; exit; fi\ncat <<'TEMPLATE'\n${JSON.stringify(template)}\nTEMPLATE\n`,
  );
  chmodSync(file, 0o755);
}
