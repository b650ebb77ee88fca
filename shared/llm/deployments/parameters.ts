// Which members a setting may add to requests: none that decides how much is generated, what it costs, where it goes or what comes back.
import { TerminalError } from '../../errors.ts';

/** Members by what they would change, and what to set instead. */
const REFUSED: readonly { members: RegExp; why: string }[] = [
  {
    members:
      /^(?:max_.*|n_predict|num_predict|num_ctx|min_tokens|min_.*_tokens|(?:.*_)?budget(?:_tokens)?|thinking_tokens)$/,
    why: 'limits are set by LLM_MAX_OUTPUT_TOKENS and reasoningTokens, and their money is set aside',
  },
  {
    members:
      /^(?:n|best_of|candidate_count|num_(?:return_sequences|completions|generations|beams)|use_beam_search|beam_width|ignore_eos)$/,
    why: 'one answer is paid and read',
  },
  {
    members: /^(?:model|models|messages|prompt|route|provider|fallbacks|transforms|deployment.*|spillover.*)$/,
    why: 'the deployment says where documents go',
  },
  {
    members:
      /^(?:stream.*|background|tools?|tool_.*|parallel_tool_calls|functions?|function_call|modalities|audio|prediction|plugins|web_search.*)$/,
    why: 'it changes what comes back, or is billed apart',
  },
  {
    members: /^(?:response_format|guided_.*|grammar|structured_outputs?|json_schema|format)$/,
    why: 'the form of the answer is set by responseFormat',
  },
  { members: /^(?:logprobs)$/, why: 'set the member logprobs of the deployment' },
  { members: /^store$/, why: 'documents are not stored at the service' },
  { members: /^(?:service_tier|priority|speed)$/, why: 'another tier has another price' },
  { members: /^(?:prompt_cache_(?:options|breakpoint)|cache_control)$/, why: 'set cacheBreakpoint' },
];

/** Services spell a member in either way: maxOutputTokens, max_output_tokens. */
const spelling = (name: string): string =>
  name
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** @returns what is wrong with the members, one sentence each; empty when all may be sent */
export function parameterProblems(parameters: Readonly<Record<string, unknown>> | undefined): string[] {
  return Object.keys(parameters ?? {}).flatMap((name) => {
    const refused = REFUSED.find(({ members }) => members.test(spelling(name)));
    return refused === undefined ? [] : [`parameters.${name} may not be set: ${refused.why}`];
  });
}

/** @throws {TerminalError} config.invalid naming every member that may not be sent */
export function assertParameters(
  name: string,
  parameters: Readonly<Record<string, unknown>> | undefined,
  setting = 'LLM_DEPLOYMENTS',
): void {
  const problems = parameterProblems(parameters);
  if (problems.length > 0) throw new TerminalError('config.invalid', `${setting}: ${name}: ${problems.join('; ')}`);
}
