// What the simulator reads out of a request for chat completions.
import { createHash } from 'node:crypto';

export interface CompletionBody {
  model?: string;
  messages?: readonly { role: string; content: unknown }[];
  max_completion_tokens?: number;
  max_tokens?: number;
  temperature?: unknown;
  logprobs?: unknown;
  response_format?: { type?: string; json_schema?: { schema?: unknown } };
  service_tier?: string;
}

export interface Prompt {
  messages: { role: string; content: string }[];
  system: string;
  user: string;
  chars: number;
  hash: string;
}

/** @returns undefined when the body holds no messages */
export function readPrompt(body: CompletionBody): Prompt | undefined {
  if (!Array.isArray(body.messages) || body.messages.length === 0) return undefined;
  const messages = body.messages.map((m) => ({ role: m.role, content: textOf(m.content) }));
  const of = (isUser: boolean) =>
    messages
      .filter((m) => (m.role === 'user') === isUser)
      .map((m) => m.content)
      .join('\n');
  const text = JSON.stringify(messages);
  const user = of(true);
  // where there is no system role the instructions stand before the documents
  const system = of(false) || user.slice(0, Math.max(0, user.search(/^<doc id="\d+">$/m)));
  return {
    messages,
    system,
    user,
    chars: messages.reduce((sum, m) => sum + m.content.length, 0),
    hash: createHash('sha256').update(text).digest('hex'),
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : '')).join('');
}

/** Every label that an enumeration of the answer's schema allows. */
export function schemaLabels(body: CompletionBody): string[] {
  const found: string[] = [];
  JSON.stringify(body.response_format?.json_schema?.schema ?? null, (key, value: unknown) => {
    if (key === 'enum' && Array.isArray(value))
      found.push(...value.filter((v) => typeof v === 'string' && v !== 'UNSURE'));
    return value;
  });
  return found;
}
