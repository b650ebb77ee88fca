// Activities and entities of the conformance suite. Each run of an activity leaves a line in ACTIVITY_LOG, so that tests can count runs.
import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as df from 'durable-functions';

const note = (line: string) => {
  if (process.env.ACTIVITY_LOG) appendFileSync(process.env.ACTIVITY_LOG, `${line}\n`);
};
const attempts = new Map<string, number>();

df.app.activity('increment', { handler: (n: number) => n + 1 });

df.app.activity('slow', {
  handler: async ({ n, ms }: { n: number; ms: number }) => {
    note(`begin ${n}`);
    await setTimeout(Number(process.env.SLOW_MS ?? ms));
    note(`end ${n}`);
    return n;
  },
});

df.app.activity('flaky', {
  handler: ({ key, succeedAt }: { key: string; succeedAt: number }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    note(`flaky ${key} ${attempt}`);
    if (attempt < succeedAt) throw new Error(`attempt ${attempt} failed`);
    return attempt;
  },
});

df.app.activity('broken', {
  handler: () => {
    throw new Error('always broken');
  },
});

const marked = new Set<string>();
df.app.activity('marked', {
  handler: async ({ key, ms }: { key: string; ms: number }) => {
    await setTimeout(ms);
    marked.add(key);
    return null;
  },
});
df.app.activity('marks', { handler: (key: string) => (marked.has(key) ? ['ended'] : []) });

df.app.activity('typeOf', { handler: ({ value }: { value: unknown }) => typeof value });

df.app.entity('Counter', (context: df.EntityContext<number>) => {
  const current = context.df.getState(() => 0) ?? 0;
  const input = Number(context.df.getInput<number>() ?? 0);
  switch (context.df.operationName) {
    case 'add':
      context.df.setState(current + input);
      context.df.return(current + input);
      break;
    case 'set':
      context.df.setState(input);
      break;
    case 'get':
      context.df.return(current);
      break;
    case 'forward':
      context.df.signalEntity(new df.EntityId('counter', 'target'), 'add', current);
      break;
    case 'delete':
      context.df.destructOnExit();
      break;
    default:
      throw new Error(`no operation ${context.df.operationName}`);
  }
});
