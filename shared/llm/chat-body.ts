// The request of one pack, the same for live calls and batch jobs.
import type { ChatBody } from './client.ts';
import type { DeploymentConfig } from './deployment.ts';
import type { Pack } from './judge.ts';
import type { PromptFrame } from './prompt.ts';

/** Body of a chat completion. The system message comes first and never varies, so that the service can cache it. */
export function chatBody(frame: PromptFrame, pack: Pack, user: string, config: DeploymentConfig): ChatBody {
  return {
    model: config.model,
    messages: [
      { role: 'system', content: frame.system },
      { role: 'user', content: user },
    ],
    response_format: frame.responseFormat,
    [config.outputLimit ?? 'max_completion_tokens']: pack.maxOutputTokens,
    ...(config.logprobs ? { logprobs: true } : {}),
    ...config.parameters,
  };
}
