// The request of one pack, the same for live calls and batch jobs.
import type { ChatBody, TextPart } from './deployments/client.ts';
import type { DeploymentConfig } from './deployments/deployment.ts';
import type { Pack } from './judge.ts';
import type { PromptFrame } from './prompt.ts';

/** Body of a chat completion. The system message comes first and never varies, so that the service can cache it. */
export function chatBody(frame: PromptFrame, pack: Pack, user: string, config: DeploymentConfig): ChatBody {
  return {
    model: config.model,
    messages: [
      { role: 'system', content: config.cacheBreakpoint ? marked(frame.system) : frame.system },
      { role: 'user', content: user },
    ],
    response_format: frame.responseFormat,
    [config.outputLimit ?? 'max_completion_tokens']: pack.maxOutputTokens,
    ...(config.logprobs ? { logprobs: true } : {}),
    // Without this the service also writes the documents to its cache, at a price, and nobody ever reads them there.
    ...(config.cacheBreakpoint ? { prompt_cache_options: { mode: 'explicit' } } : {}),
    ...config.parameters,
  };
}

/** A text that ends a reusable prefix. */
function marked(text: string): readonly TextPart[] {
  return [{ type: 'text', text, prompt_cache_breakpoint: { mode: 'explicit' } }];
}
