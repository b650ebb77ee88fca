// azure.yaml, .funcignore, the workflows and the dev container: files that only the cloud runs, held against what is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bicepFiles, ROOT } from './bicep.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = bicepFiles();

describe('azure.yaml, hooks and package', () => {
  interface Command {
    shell: string;
    run: string;
  }
  interface Hook {
    posix?: Command;
    windows?: Command;
  }
  const azd = parse(read('azure.yaml')) as {
    name: string;
    infra: { provider: string; path: string; module: string };
    services: Record<
      string,
      {
        project: string;
        language: string;
        host: string;
        remoteBuild: boolean;
        dist: string;
        hooks: Record<string, Hook>;
      }
    >;
    hooks: Record<string, Hook>;
    requiredVersions: { azd: string };
  };

  test('has the fields azd asks for', () => {
    expect(azd.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(azd.infra).toEqual({ provider: 'bicep', path: 'infra', module: 'main' });
    for (const service of Object.values(azd.services))
      expect(service).toMatchObject({ host: 'function', remoteBuild: false });
  });

  test('asks for an azd that honours remoteBuild of functions', () => {
    expect(azd.requiredVersions.azd).toBe('>= 1.23.5');
    expect(read('docs/deploy.md')).toContain('≥ 1.23.5');
  });

  test('each service has exactly one resource with its tag', () => {
    for (const service of Object.keys(azd.services)) {
      const tagged = files.flatMap(({ text }) => [
        ...text.matchAll(new RegExp(`'azd-service-name': '${service}'`, 'g')),
      ]);
      expect(tagged).toHaveLength(1);
    }
  });

  test('hooks have names azd knows and files that exist, the same on both systems', () => {
    const hooks = [
      ...Object.entries(azd.hooks),
      ...Object.values(azd.services).flatMap(({ hooks: own }) => Object.entries(own)),
    ];
    expect(hooks.map(([name]) => name).sort()).toEqual([
      'postdeploy',
      'postprovision',
      'predown',
      'prepackage',
      'preprovision',
    ]);
    for (const [name, hook] of hooks) {
      const lines = [hook.posix?.run ?? '', hook.windows?.run ?? ''];
      expect(new Set(lines).size, name).toBe(1);
      const script = /^npx node (infra\/scripts\/\S+\.ts)$/.exec(lines[0] ?? '')?.[1] ?? '';
      expect(existsSync(join(ROOT, script)), `${name}: ${lines[0]}`).toBe(true);
    }
  });

  test('.funcignore keeps what runs and leaves out what never does', () => {
    const lines = read('.funcignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const folder of ['cli/', '/dashboard/', '/docs/', 'infra/', 'local/', 'samples/', 'test/', 'bench/'])
      expect(lines).toContain(folder);
    for (const kept of [
      'dist/',
      'dist/functions/',
      'dist/shared/',
      'dist/dashboard/',
      'dist/docs/',
      'host.json',
      'package.json',
      'node_modules/',
    ])
      expect(lines).not.toContain(kept);
  });
});

describe('GitHub workflows and dev container', () => {
  interface Workflow {
    permissions: Record<string, string>;
    jobs: Record<string, { permissions?: Record<string, string>; steps: { uses?: string; run?: string }[] }>;
  }
  const workflows = ['ci', 'azure', 'docs'].map((name) => ({ name, text: read(`.github/workflows/${name}.yml`) }));

  test('hold no secret, least permissions, and sign in by OIDC', () => {
    for (const { name, text } of workflows) {
      expect(text).not.toMatch(/secrets\./);
      const { permissions, jobs } = parse(text) as Workflow;
      expect(permissions).toEqual(name === 'azure' ? { contents: 'read', 'id-token': 'write' } : { contents: 'read' });
      const more = Object.entries(jobs).filter(([, job]) => job.permissions !== undefined);
      const publish = ['publish', { pages: 'write', 'id-token': 'write' }];
      expect(more.map(([job, own]) => [job, own.permissions])).toEqual(name === 'docs' ? [publish] : []);
    }
  });

  test('run only scripts of package.json and hooks that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { text } of workflows)
      for (const { run = '' } of Object.values((parse(text) as Workflow).jobs).flatMap((job) => job.steps)) {
        for (const [, script = ''] of run.matchAll(/npm run ([\w:]+)/g)) expect(scripts, run).toHaveProperty(script);
        for (const [, path = ''] of run.matchAll(/npx node (\S+\.ts)/g))
          expect(existsSync(join(ROOT, path)), path).toBe(true);
      }
  });

  test('the production install, the package and its start are checked', () => {
    const runs = Object.values((parse(workflows[0]?.text ?? '') as Workflow).jobs).flatMap((job) =>
      job.steps.map(({ run = '' }) => run),
    );
    for (const part of [
      'infra/scripts/package.ts',
      'infra/scripts/check-package.ts',
      'bench startup',
      'npm test',
      'check:infra',
    ])
      expect(
        runs.some((run) => run.includes(part)),
        part,
      ).toBe(true);
  });

  test('the dev container has the tools of docs/deploy.md', () => {
    const container = JSON.parse(read('.devcontainer/devcontainer.json')) as {
      features: Record<string, unknown>;
      postCreateCommand: string;
    };
    expect(Object.keys(container.features).join()).toMatch(/azure-cli.*azd/);
    expect(container.postCreateCommand).toBe('npm ci');
  });
});
