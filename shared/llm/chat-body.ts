// The request of one pack, the same for live calls and batch jobs.
import type { ChatBody, TextPart } from './deployments/client.ts';
import type { DeploymentConfig } from './deployments/deployment.ts';
import type { Lessons } from './deployments/lessons.ts';
import type { Pack } from './judge.ts';
import type { PromptFrame } from './prompt.ts';

/** What a server that enforces no schema is told about the form of the answer. OpenAI wants the word JSON for `json_object`. */
const IN_WORDS =
  'Answer with JSON of this form, nothing before or after it: {"results":[{"id":1,"quote":"…","label":"A","confidence":90}]}';

/**
 * Body of a chat completion. The system message comes first and never varies, so that the service can cache it.
 * @param lessons  what the deployment has taught about itself
 */
export function chatBody(
  frame: PromptFrame,
  pack: Pack,
  user: string,
  config: DeploymentConfig,
  lessons: Lessons = {},
): ChatBody {
  const isRefused = (member: string) => lessons.leftOut?.includes(member) ?? false;
  const form = lessons.responseFormat ?? config.responseFormat ?? 'json_schema';
  const system = form === 'json_schema' ? frame.system : `${frame.system}\n${IN_WORDS}`;
  const hasBreakpoint = config.cacheBreakpoint === true && !isRefused('prompt_cache_options');
  const limit = lessons.outputLimit ?? config.outputLimit ?? 'max_completion_tokens';
  const body: ChatBody = {
    ...config.parameters, // first: nothing that counts or costs can be replaced by one
    model: config.model,
    messages: lessons.hasNoSystemRole
      ? [{ role: 'user', content: `${system}\n\n${user}` }]
      : [
          { role: 'system', content: hasBreakpoint ? marked(system) : system },
          { role: 'user', content: user },
        ],
    ...(form === 'json_schema' ? { response_format: frame.responseFormat } : {}),
    ...(form === 'json_object' ? { response_format: { type: 'json_object' } } : {}),
    [limit]: outputTokens(pack, config, lessons),
    ...(config.logprobs ? { logprobs: true } : {}),
    // Without this the service also writes the documents to its cache, at a price, and nobody ever reads them there.
    ...(hasBreakpoint ? { prompt_cache_options: { mode: 'explicit' } } : {}),
  };
  for (const member of lessons.leftOut ?? []) delete body[member];
  return body;
}

/** Answer tokens to ask for: those of the pack and of the thought before it. */
export function outputTokens(pack: Pack, config: Pick<DeploymentConfig, 'reasoningTokens'>, lessons: Lessons): number {
  const thought = Math.max(config.reasoningTokens ?? 0, lessons.reasoningTokens ?? 0);
  return Math.min(pack.maxOutputTokens + thought, lessons.mostOutputTokens ?? Number.POSITIVE_INFINITY);
}

/** A text that ends a reusable prefix. */
function marked(text: string): readonly TextPart[] {
  return [{ type: 'text', text, prompt_cache_breakpoint: { mode: 'explicit' } }];
}
