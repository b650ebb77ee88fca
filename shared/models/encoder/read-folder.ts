// An encoder's folder as people download it → what it is. Everything is tried before it is believed: a known pair of sentences must be nearer
// to each other than to a third.
import { TerminalError } from '../../errors.ts';
import { openSession } from '../onnx/runtime.ts';
import { cosine } from './encoder.ts';
import { isUnderstood, KNOWN, type UnderstoodLanguages, understoodLanguages } from './known-sentences.ts';
import { MODEL_FILE, type OnnxDescription, type Pooling, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from './manifest.ts';
import { OnnxEncoder, shapeOf } from './onnx-encoder.ts';
import { TextTokens } from './tokens.ts';

/** Content by path inside the folder; undefined for files that are not there. */
export type FolderFiles = (path: string) => Uint8Array | undefined;

export interface EncoderWishes {
  name: string;
  /** Another model file of the folder, e.g. onnx/model_int8.onnx. */
  model?: string | undefined;
  pooling?: Pooling | undefined;
  maxTokens?: number | undefined;
  windows?: number | undefined;
  prefixes?: { document?: string | undefined; label?: string | undefined };
}

export interface ReadEncoder {
  description: OnnxDescription;
  /** The files that are kept, under their names in the lake. */
  artifacts: Record<string, Uint8Array>;
  /** What the user should know. */
  notices: string[];
  /** In which languages it finds the sentence that means the same (known-sentences.ts). */
  understands: UnderstoodLanguages;
}

const MODEL_PLACES = [MODEL_FILE, 'onnx/model.onnx', 'onnx/model_quantized.onnx', 'onnx/model_int8.onnx'];
const MAX_MODEL_BYTES = 1024 ** 3;
const DEFAULT_MAX_TOKENS = 256;
const MOST_TOKENS = 512;
const DEFAULT_WINDOWS = 3;
/** Of these, so many must be told apart; words that mean nothing to the model reach as many once in seven times. */
const MUST_UNDERSTAND = 6;

/**
 * Read and try an encoder.
 * @throws {TerminalError} encoder.missing-file, encoder.unsupported, encoder.tokenizer-mismatch, encoder.bad-output
 */
export function readEncoderFolder(files: FolderFiles, wishes: EncoderWishes): ReadEncoder {
  const { path: modelPath, bytes: model } = findModel(files, wishes.model);
  const tokenizerBytes = need(files, TOKENIZER_FILE);
  const tokenizer = readJson(TOKENIZER_FILE, tokenizerBytes);
  const configBytes = need(files, TOKENIZER_CONFIG_FILE);
  const config = readJson(TOKENIZER_CONFIG_FILE, configBytes) as { model_max_length?: unknown };
  const tokens = new TextTokens(tokenizer);
  const reading = tokens.isReadAsEver ? {} : { reading: 2 as const };
  const modelConfig = optionalJson(files, 'config.json');
  checkVocabulary(tokens, modelConfig);
  const notices: string[] = [];
  const session = openModel(model, modelPath, files);
  const given = wishes.pooling ?? poolingOf(optionalJson(files, '1_Pooling/config.json'));
  const shape = shapeOf(session, given);
  if (given === undefined && shape.pooling === 'mean')
    notices.push('the folder does not say how token vectors are pooled: the mean is taken (--pooling changes it)');
  const prefixes = prefixesOf(files, wishes, modelConfig, notices);
  const maxTokens = maxTokensOf(files, wishes, config.model_max_length);
  const windows = wishes.windows ?? DEFAULT_WINDOWS;
  const encoder = new OnnxEncoder(session, tokens, { ...shape, maxTokens, windows });
  const { dimensions, understood } = tryKnown(encoder, prefixes.document);
  // The longest text it will ever be shown: positions beyond its own fail here and not in a run.
  encoder.encode(['invoice '.repeat(maxTokens * 2)], prefixes.document);
  if (understood < MUST_UNDERSTAND)
    throw new TerminalError(
      'encoder.tokenizer-mismatch',
      `Of ${KNOWN.length} known pairs of sentences that mean the same only ${understood} are nearer to each other than to a third: model and tokenizer or pooling (${shape.pooling}) do not fit`,
    );
  if (understood < KNOWN.length)
    notices.push(`it tells ${understood} of ${KNOWN.length} known pairs of English sentences from a third`);
  const understands = understoodLanguages(encoder, prefixes.document);
  notices.push(describeUnderstood(understands));
  return {
    description: {
      format: 1,
      kind: 'onnx',
      name: wishes.name,
      dimensions,
      maxTokens,
      windows,
      ...shape,
      prefixes,
      ...reading,
    },
    artifacts: { [MODEL_FILE]: model, [TOKENIZER_FILE]: tokenizerBytes, [TOKENIZER_CONFIG_FILE]: configBytes },
    notices,
    understands,
  };
}

function findModel(files: FolderFiles, wanted: string | undefined): { path: string; bytes: Uint8Array } {
  for (const path of wanted === undefined ? MODEL_PLACES : [wanted]) {
    const bytes = files(path);
    if (bytes === undefined) continue;
    if (bytes.length > MAX_MODEL_BYTES)
      throw new TerminalError('encoder.unsupported', `${path} has ${bytes.length} bytes; at most 1 GiB is taken`);
    return { path, bytes };
  }
  throw new TerminalError('encoder.missing-file', `The folder has no ${wanted ?? MODEL_PLACES.join(' or ')}`);
}

function need(files: FolderFiles, path: string): Uint8Array {
  const bytes = files(path);
  if (bytes === undefined) throw new TerminalError('encoder.missing-file', `The folder has no ${path}`);
  return bytes;
}

function readJson(path: string, bytes: Uint8Array): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (value !== null && typeof value === 'object') return value;
  } catch (cause) {
    throw new TerminalError('encoder.unsupported', `${path} is no JSON`, { cause });
  }
  throw new TerminalError('encoder.unsupported', `${path} is no JSON object`);
}

const optionalJson = (files: FolderFiles, path: string): object | undefined => {
  const bytes = files(path);
  return bytes === undefined ? undefined : readJson(path, bytes);
};

function openModel(model: Uint8Array, path: string, files: FolderFiles) {
  try {
    return openSession(model);
  } catch (error) {
    if (files(`${path}_data`) !== undefined || files(`${path}.data`) !== undefined)
      throw new TerminalError('encoder.unsupported', `${path} keeps its weights in another file`, { cause: error });
    throw error;
  }
}

function checkVocabulary(tokens: TextTokens, config: object | undefined): void {
  const size = (config as { vocab_size?: unknown } | undefined)?.vocab_size;
  if (typeof size === 'number' && tokens.vocabularySize > size)
    throw new TerminalError(
      'encoder.tokenizer-mismatch',
      `The tokenizer has ${tokens.vocabularySize} tokens, the model ${size} (config.json)`,
    );
}

/** What sentence-transformers writes into 1_Pooling/config.json. */
function poolingOf(config: object | undefined): Pooling | undefined {
  if (config === undefined) return undefined;
  const flags = config as Record<string, unknown>;
  if (flags.pooling_mode_mean_tokens === true) return 'mean';
  if (flags.pooling_mode_cls_token === true) return 'cls';
  if (flags.pooling_mode_lasttoken === true) return 'last';
  throw new TerminalError('encoder.unsupported', '1_Pooling/config.json: need mean, cls or last token pooling');
}

function prefixesOf(
  files: FolderFiles,
  { prefixes = {}, name }: EncoderWishes,
  config: object | undefined,
  notices: string[],
): OnnxDescription['prefixes'] {
  const { prompts = {} } = (optionalJson(files, 'config_sentence_transformers.json') ?? {}) as {
    prompts?: Record<string, unknown>;
  };
  const prompt = (...names: string[]) =>
    names.map((key) => prompts[key]).find((value): value is string => typeof value === 'string' && value !== '');
  const called = (config as { _name_or_path?: unknown } | undefined)?._name_or_path;
  const isE5 = [name, called].some(
    (text) => typeof text === 'string' && /(?:^|[^a-z0-9])e5(?:[^a-z0-9]|$)/i.test(text),
  );
  const document = prefixes.document ?? prompt('document', 'passage') ?? (isE5 ? 'passage: ' : '');
  const label = prefixes.label ?? prompt('query') ?? (isE5 ? 'query: ' : '');
  if (document !== '' || label !== '')
    notices.push(`documents begin with ${JSON.stringify(document)}, labels with ${JSON.stringify(label)}`);
  return { document, label };
}

function maxTokensOf(files: FolderFiles, { maxTokens }: EncoderWishes, modelMax: unknown): number {
  if (maxTokens !== undefined) return maxTokens;
  const { max_seq_length: trained } = (optionalJson(files, 'sentence_bert_config.json') ?? {}) as {
    max_seq_length?: unknown;
  };
  const limit = typeof modelMax === 'number' && modelMax > 0 ? modelMax : MOST_TOKENS;
  return Math.min(MOST_TOKENS, limit, typeof trained === 'number' && trained > 8 ? trained : DEFAULT_MAX_TOKENS);
}

function describeUnderstood(understands: UnderstoodLanguages): string {
  const names = new Intl.DisplayNames('en', { type: 'language' });
  const said = (isKnown: boolean) =>
    Object.keys(understands)
      .filter((language) => isUnderstood(understands, language) === isKnown)
      .map((language) => names.of(language) ?? language)
      .join(', ');
  const [yes, no] = [said(true), said(false)];
  return `Languages that were tried: it reads the meaning of sentences in ${yes || 'none'}${no === '' ? '' : `, not in ${no}`}`;
}

/** How many of the known triples the encoder gets right. */
function tryKnown(encoder: OnnxEncoder, prefix: string): { dimensions: number; understood: number } {
  const { vectors, dimensions } = encoder.encode(KNOWN.flat(), prefix);
  const understood = KNOWN.filter(
    (_, i) =>
      cosine(vectors, 3 * i, vectors, 3 * i + 1, dimensions) > cosine(vectors, 3 * i, vectors, 3 * i + 2, dimensions),
  ).length;
  return { dimensions, understood };
}
