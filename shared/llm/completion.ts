// What servers of many makes send with status 200: text, parts, tool calls, thoughts, errors. Every member is checked: any JSON may come.
// Invariants: C1 a draft inside a thought is never an answer. C2 an answer that says it failed is a failure, whatever its status.

/** The parts of a chat completion that matter; anything may be missing. */
export interface Choice {
  /** The answer without the thoughts before it; empty when there is none. */
  content: string;
  refusal: boolean;
  /** As we name them: stop, length, content_filter, error; others as the server says. */
  finishReason: string | null;
  /** Token probabilities, unchecked. */
  tokens: unknown;
  /** The model has thought: characters of thought that came along (0: none are shown). */
  thoughtChars: number;
}

type Members = Record<string, unknown>;

/** Read the first choice of a completion. */
export function choiceOf(body: unknown): Choice {
  const choice = firstChoice(body);
  const message = asMembers(choice?.message) ?? {};
  const { text: raw, thought } = textOf(message.content ?? choice?.text);
  const { answer, thoughtChars } = withoutThoughts(raw);
  const reasoning = [message.reasoning_content, message.reasoning, message.thinking].find((t) => typeof t === 'string');
  return {
    content: answer.trim() === '' ? argumentsOf(message) : answer,
    refusal: typeof message.refusal === 'string' && message.refusal !== '',
    finishReason: finishOf(choice?.finish_reason),
    tokens: asMembers(choice?.logprobs)?.content,
    thoughtChars: thoughtChars + thought + (typeof reasoning === 'string' ? reasoning.length : 0),
  };
}

/** Is it a chat completion at all? A list of choices is one, an empty one too. */
export const isCompletion = (body: unknown): boolean => Array.isArray(asMembers(body)?.choices);

/** The error that an answer carries in itself; undefined when it carries none. */
export function errorInside(body: unknown): unknown {
  const choice = firstChoice(body);
  const members = asMembers(body);
  for (const error of [members?.error, choice?.error]) if (isFilled(error)) return error;
  if (finishOf(choice?.finish_reason) === 'error') return { message: `finish_reason ${String(choice?.finish_reason)}` };
  return undefined;
}

const isFilled = (error: unknown): boolean =>
  typeof error === 'string'
    ? error !== ''
    : typeof error === 'object' && error !== null && Object.keys(error).length > 0;

function firstChoice(body: unknown): Members | undefined {
  const choices = asMembers(body)?.choices;
  return Array.isArray(choices) ? asMembers(choices[0]) : undefined;
}

const FAILED = /^(?:error|failed|network_error|abort(?:ed)?|cancel(?:l?ed)?|insufficient_system_resource)$/i;
const CUT = /^(?:length|max_tokens|max_output_tokens|model_length)$/i;
const FILTERED = /^(?:content_filter|safety|recitation|blocklist|prohibited_content|spii|sensitive)\b/i;

function finishOf(reason: unknown): string | null {
  if (typeof reason !== 'string') return null;
  return FAILED.test(reason)
    ? 'error'
    : CUT.test(reason)
      ? 'length'
      : FILTERED.test(reason)
        ? 'content_filter'
        : reason;
}

/** Text of a content: a string, parts of text (parts of thought are none), or a value that somebody has already parsed. */
function textOf(content: unknown): { text: string; thought: number } {
  if (typeof content === 'string') return { text: content, thought: 0 };
  if (!Array.isArray(content))
    return { text: typeof content === 'object' && content !== null ? JSON.stringify(content) : '', thought: 0 };
  let thought = 0;
  const texts = content.map((part: unknown) => {
    if (typeof part === 'string') return part;
    const { type, text } = asMembers(part) ?? {};
    if (typeof type === 'string' && /think|reason/i.test(type)) thought += JSON.stringify(part).length;
    else if (typeof text === 'string') return text;
    return '';
  });
  return { text: texts.join(''), thought };
}

/** Arguments of the first tool call: some servers enforce a schema by way of a tool. */
function argumentsOf(message: Members): string {
  const call = Array.isArray(message.tool_calls) ? asMembers(message.tool_calls[0]) : undefined;
  const given = (asMembers(call?.function) ?? asMembers(message.function_call))?.arguments;
  return textOf(given).text;
}

const THOUGHT_ENDS =
  /<\/(?:think|thinking|thought|reasoning|seed:think)>|\[\/THINK\]|◁\/think▷|<\|channel\|>\s*final\s*<\|message\|>/gi;
const THOUGHT_BEGINS =
  /<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷|<\|channel\|>\s*analysis\s*<\|message\|>/i;

/** The text after the last thought; nothing when a thought has begun and not ended. A text that is JSON as a whole holds no thoughts. */
function withoutThoughts(text: string): { answer: string; thoughtChars: number } {
  if (isJson(text)) return { answer: text, thoughtChars: 0 };
  const last = [...text.matchAll(THOUGHT_ENDS)].at(-1);
  const from = last === undefined ? 0 : last.index + last[0].length;
  const rest = text.slice(from);
  const begin = THOUGHT_BEGINS.exec(rest);
  // What stands before a thought that was cut is no answer either: models think first.
  if (begin !== null && !isInJson(rest, begin.index)) return { answer: '', thoughtChars: text.length };
  return { answer: rest, thoughtChars: from };
}

/** A mark after the beginning of a result may be the words of a document. */
const isInJson = (text: string, at: number): boolean => /"results"\s*:/.test(text.slice(0, at));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false; // expected of models
    throw error;
  }
}

function asMembers(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined; // members are checked where they are read
}

/**
 * The value that the text of a reply holds, whatever its media type says: JSON, or a completion streamed although nobody asked for it.
 * Another text is given back as it is.
 */
export function replyValue(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, '');
  const events = /^\s*(?:event:.*\n|:.*\n)*data:/.test(plain) ? streamed(plain) : undefined;
  if (events !== undefined) return events;
  return parseJson(plain) ?? text;
}

/** One completion from its events: the contents joined, the last usage and finish reason. */
function streamed(text: string): unknown {
  const events = [...text.matchAll(/^data:\s*(.*)$/gm)].map(([, data]) => asMembers(parseJson(data ?? '')));
  const whole = events.filter((event) => event !== undefined);
  if (whole.length === 0) return undefined;
  const failed = whole.find((event) => isFilled(event.error));
  if (failed !== undefined) return failed;
  let content = '';
  let reasoning = '';
  let finish: unknown = null;
  for (const event of whole) {
    const choice = firstChoice(event);
    const piece = asMembers(choice?.delta) ?? asMembers(choice?.message) ?? {};
    content += textOf(piece.content).text;
    reasoning += textOf(piece.reasoning_content ?? piece.reasoning).text;
    finish = choice?.finish_reason ?? finish;
  }
  return {
    ...whole[0],
    choices: [{ finish_reason: finish, message: { content, ...(reasoning === '' ? {} : { reasoning }) } }],
    usage: whole.findLast((event) => asMembers(event.usage) !== undefined)?.usage,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // the caller goes on with the text
    throw error;
  }
}
