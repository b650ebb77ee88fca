// Alerts and workbook against the event catalogue and the runbook.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EVENTS } from '../../shared/azure/telemetry-events.ts';
import { isErrorCode } from '../../shared/errors.ts';
import { ROOT } from './bicep.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('alerts and workbook', () => {
  const alerts = read('infra/modules/alerts.bicep');
  const workbook = JSON.parse(read('infra/workbook.json')) as {
    items: { type: number; name: string; content: { query?: string } }[];
  };
  const queries = [
    ...[...alerts.matchAll(/'''([\s\S]*?)'''/g)].map((m) => m[1] ?? ''),
    ...workbook.items.flatMap(({ content }) => (content.query === undefined ? [] : [content.query])),
  ];

  test('queries name only events of the catalogue and fields of those events', () => {
    expect(queries.length).toBeGreaterThan(14);
    for (const query of queries) {
      const named = [...query.matchAll(/"([a-z]+\.[a-z.-]+)"/g)]
        .map((m) => m[1] ?? '')
        .filter((name) => !isErrorCode(name));
      expect(named.length, query).toBeGreaterThan(0);
      for (const event of named) expect(EVENTS, query).toHaveProperty([event]);
      const fields = named.flatMap((event) => EVENTS[event]?.fields ?? []);
      for (const [, field] of query.matchAll(/Properties\.(\w+)/g)) expect(fields, query).toContain(field);
    }
  });

  test('no placeholder is left unfilled, and each alert has its section in the runbook', () => {
    const runbook = read('docs/operations.md');
    for (const [, name] of alerts.matchAll(/^ {4}name: '([a-z-]+)'/gm)) expect(runbook).toContain(`### ${name}`);
    expect(runbook).toContain('### dead-events');
    for (const [, body = '', names = ''] of alerts.matchAll(/replace\('''([\s\S]*?)'''((?:, '?[A-Z_]+'?[^\n]*))/g))
      for (const [token] of body.matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)?(?=m?\b)/g))
        if (/^(LIMIT|IN_PRICE|OUT_PRICE)$/.test(token)) expect(names).toContain(token);
    expect(read('infra/workbook.json').match(/WORKSPACE_ID|TOKENS_PER_MINUTE/g)?.length).toBeGreaterThan(2);
    expect(alerts).toContain("'WORKSPACE_ID'");
    expect(alerts).toContain("'TOKENS_PER_MINUTE'");
  });
});
