// What a client posts to chat/completions, as far as the simulator looks at it. Nothing is checked yet.

export interface CompletionBody {
  model?: string;
  messages?: { role: string; content: unknown }[];
  max_completion_tokens?: number;
  max_tokens?: number;
  temperature?: unknown;
  logprobs?: unknown;
  response_format?: { type?: string; json_schema?: { schema?: unknown } };
  service_tier?: string;
}
