// The API as an OpenAPI 3.1 document, made of the schemas that validate the requests.
// Invariant: A1 every HTTP route is an entry of OPERATIONS and the other way round; test/functions/openapi.test.ts holds them together.

import { z } from 'zod';
import { ERROR_REMEDIES } from '../errors.ts';
import { taxonomySchema } from '../taxonomy.ts';
import {
  batchAnswerSchema,
  decisionHistorySchema,
  decisionsPageSchema,
  feedbackAnswerSchema,
  reviewAnswerSchema,
  runSchema,
  runsSchema,
  taxonomyAnswerSchema,
  undoAnswerSchema,
} from './answers.ts';
import {
  eraseSchema,
  exportResultsSchema,
  feedbackBatchSchema,
  feedbackSchema,
  listResultsSchema,
  reviewQueueSchema,
  searchSchema,
  whatIfSchema,
} from './decisions.ts';
import { DOCUMENT_OPERATIONS } from './openapi-documents.ts';
import { INSIGHT_OPERATIONS } from './openapi-insights.ts';
import { SOURCE_OPERATIONS } from './openapi-sources.ts';
import type { Operation } from './operation.ts';
import { listRunsSchema, rerunRequestSchema, runRequestSchema } from './runs.ts';
import { ROUTE_PARAMETERS, type RouteParameter } from './sources.ts';
import { promoteRequestSchema, trainRequestSchema } from './training.ts';
import { apiVersionSchema, FIRST, NEWEST, VERSION } from './version.ts';

const RUN = 'State, counts and cost of the run';

export const OPERATIONS: readonly Operation[] = [
  ...INSIGHT_OPERATIONS,
  ...SOURCE_OPERATIONS,
  {
    ...{ method: 'post', route: 'runs', id: 'startRun', tag: 'runs', body: runRequestSchema },
    answer: runSchema,
    summary: 'Start a run over a prefix, paths or a data set; an equal request joins its run',
    ok: [
      [202, RUN],
      [200, `${RUN}, which existed`],
    ],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'runs', id: 'listRuns', tag: 'runs', query: listRunsSchema },
    answer: runsSchema,
    summary: 'The newest runs first',
    ok: [[200, 'Runs; broken ones with file, code and remedy']],
  },
  {
    ...{ method: 'get', route: 'runs/{runId}', id: 'getRun', tag: 'runs' },
    answer: runSchema,
    summary: 'Follow a run',
    ok: [[200, RUN]],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'runs/{runId}/cancel', id: 'cancelRun', tag: 'runs' },
    answer: runSchema,
    summary: 'Stop a run; nothing is committed, finished steps are kept',
    ok: [[202, RUN]],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'runs/{runId}/rerun', id: 'rerunRun', tag: 'runs', body: rerunRequestSchema },
    answer: runSchema,
    summary: 'Repeat a run for some of its documents, reusing what earlier steps stored',
    ok: [
      [202, RUN],
      [200, `${RUN}, which existed`],
    ],
    problems: [404, 409],
  },
  {
    ...{ method: 'get', route: 'runs/{a}/compare/{b}', id: 'compareRuns', tag: 'runs' },
    summary: 'What two runs decided differently, by label and by reason',
    ok: [[200, 'The comparison']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'results', id: 'listResults', tag: 'results', query: listResultsSchema },
    answer: decisionsPageSchema,
    summary: 'Decisions, newest first, page by page; without a run the latest of every document',
    ok: [[200, 'Decisions, and the cursor of the next page']],
  },
  {
    ...{ method: 'get', route: 'results/export', id: 'exportResults', tag: 'results', query: exportResultsSchema },
    summary: 'Decisions as a file',
    ok: [
      [200, 'CSV', 'text/csv'],
      [200, 'Parquet', 'application/vnd.apache.parquet'],
    ],
  },
  {
    ...{ method: 'get', route: 'search', id: 'searchDocuments', tag: 'results', query: searchSchema },
    summary:
      'Documents by the words in their texts and in the reasons of their decisions, the best first, with the places',
    ok: [[200, 'Decisions with fragments of text; how many fit, were searched and wait to be indexed']],
  },
  {
    ...{ method: 'get', route: 'results/{documentId}', id: 'documentResults', tag: 'results' },
    answer: decisionHistorySchema,
    summary: 'All decisions on a document and what people said about it',
    ok: [[200, 'Latest decision, history, feedback']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'whatif', id: 'whatIf', tag: 'results', body: whatIfSchema },
    summary: 'What another model or bar would have decided; changes nothing',
    ok: [[200, 'Flips, coverage, cost and the label matrix']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'review', id: 'reviewQueue', tag: 'review', query: reviewQueueSchema },
    answer: reviewAnswerSchema,
    summary: 'The next documents that wait for a person; they are kept from others for a while',
    ok: [[200, 'Documents with excerpt, top labels, reasons and quote']],
  },
  {
    ...{ method: 'post', route: 'feedback', id: 'giveFeedback', tag: 'review', body: feedbackSchema },
    answer: feedbackAnswerSchema,
    summary: 'Decide on a document',
    ok: [
      [201, 'The stored decision'],
      [200, 'The decision, which was there already'],
    ],
    problems: [404, 409],
  },
  {
    ...{ method: 'post', route: 'feedback/batch', id: 'giveFeedbackBatch', tag: 'review', body: feedbackBatchSchema },
    answer: batchAnswerSchema,
    summary: 'Decide on many documents at once; one that is refused keeps no other from being stored',
    ok: [[200, 'What became of each, in the order of the request']],
  },
  {
    ...{ method: 'post', route: 'feedback/batch/{batchId}/undo', id: 'undoFeedbackBatch', tag: 'review' },
    answer: undoAnswerSchema,
    summary: 'Take the decisions of a batch back as one, where they still stand',
    ok: [[200, 'What became of each document']],
    problems: [403, 404],
  },
  {
    ...{ method: 'delete', route: 'documents/{documentId}', id: 'eraseDocument', tag: 'documents', query: eraseSchema },
    summary: 'Erase a document: text, features, answers, decisions; tombstone rows stay',
    ok: [[200, 'What was erased']],
    problems: [404, 409],
  },
  ...DOCUMENT_OPERATIONS,
  {
    ...{ method: 'get', route: 'models', id: 'listModels', tag: 'models' },
    summary: 'Registered models and the champion; those that cannot be read stand apart',
    ok: [[200, 'Models; broken ones with file, code and remedy']],
  },
  {
    ...{ method: 'post', route: 'models/{version}/promote', id: 'promoteModel', tag: 'models' },
    body: promoteRequestSchema,
    summary: 'Make a model the champion',
    ok: [[200, 'The champion']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'models/train', id: 'startTraining', tag: 'models', body: trainRequestSchema },
    summary: 'Train a model on labelled data sets and decisions; an equal request joins its training',
    ok: [[202, 'State of the training']],
  },
  {
    ...{ method: 'get', route: 'models/training-offer', id: 'trainingOffer', tag: 'models' },
    summary: 'Have people decided enough for a training, and what is it expected to give?',
    ok: [
      [
        200,
        'Decisions, whether a training is due, expected share of right labels with its interval, before and with twice as many',
      ],
    ],
  },
  {
    ...{ method: 'get', route: 'models/train/{trainingId}', id: 'getTraining', tag: 'models' },
    summary: 'Follow a training',
    ok: [[200, 'State of the training']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'taxonomies/current', id: 'currentTaxonomy', tag: 'models' },
    answer: taxonomyAnswerSchema,
    summary: 'The labels in use',
    ok: [[200, 'The taxonomy']],
  },
  {
    ...{ method: 'get', route: 'taxonomies', id: 'listTaxonomies', tag: 'models' },
    summary: 'Every version of the labels, the newest first',
    ok: [[200, 'Versions with name, number of labels, time; which one is in use']],
  },
  {
    ...{ method: 'get', route: 'taxonomies/{taxonomyVersion}', id: 'getTaxonomy', tag: 'models' },
    answer: taxonomyAnswerSchema,
    summary: 'One version of the labels',
    ok: [[200, 'The taxonomy']],
  },
  {
    ...{ method: 'post', route: 'taxonomies', id: 'publishTaxonomy', tag: 'models', body: taxonomySchema },
    summary: 'Store labels and use them from now on',
    ok: [[201, 'The taxonomy with its version']],
  },
  {
    ...{ method: 'post', route: 'taxonomies/check', id: 'checkTaxonomy', tag: 'models', body: taxonomySchema },
    summary:
      'What is weak in labels: thin descriptions, labels that read alike (by the encoder in use, else by words); stores nothing',
    ok: [[200, 'Version the labels would get, remarks, the worst first, and the difference to the labels in use']],
  },
  {
    ...{ method: 'get', route: 'health', id: 'health', tag: 'app', isOpen: true },
    summary: 'Is the app up, and with what?',
    ok: [[200, 'Version and LLM']],
  },
  {
    ...{ method: 'get', route: 'openapi.json', id: 'openApi', tag: 'app', isOpen: true },
    summary: 'This document',
    ok: [[200, 'OpenAPI 3.1']],
  },
  {
    ...{ method: 'get', route: 'dashboard/{*path}', id: 'dashboard', tag: 'app', isOpen: true },
    summary: 'The web page',
    ok: [[200, 'A file of the page', 'text/html']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'docs/{*path}', id: 'docs', tag: 'app', isOpen: true },
    summary: 'The documentation',
    ok: [
      [200, 'A page or another file of it', 'text/html'],
      [302, 'Its first page'],
    ],
    problems: [404],
  },
];

/** A route as OpenAPI writes it: `{*path}`, `{file?}` and `{id:length(64)}` are plain parameters. */
export const openApiPath = (route: string): string => route.replaceAll(/\{\*?(\w+)[^{}]*\}/g, '{$1}');

/** @param version  of the app */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const answers: Record<string, unknown> = {};
  for (const operation of OPERATIONS) {
    const path = `/api/${openApiPath(operation.route)}`;
    paths[path] = { ...paths[path], [operation.method]: describe(operation, answers) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'Sorts every document that lands in a data lake into your categories.',
    },
    servers: [{ url: '/' }],
    security: [{ functionKey: [] }, { entra: [] }],
    paths,
    components: {
      securitySchemes: {
        functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
        entra: { type: 'http', scheme: 'bearer', description: 'Token of Entra ID, with AUTH_MODE = entra' },
      },
      schemas: { Problem: problemSchema, ...answers },
      parameters: { ApiVersion: versionParameter },
      responses: {
        Problem: {
          description: 'RFC 9457 problem',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string', description: 'What to do about it' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERROR_REMEDIES) },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const versionParameter = {
  name: VERSION,
  in: 'query',
  schema: { ...jsonSchema(apiVersionSchema), default: FIRST },
  description: `The shape of the answer. What is described here is ${NEWEST}; without it decisions are rows of table \`results\`, with JSON in strings`,
};

function describe(operation: Operation, answers: Record<string, unknown>): Record<string, unknown> {
  const version = operation.answer === undefined ? [] : [{ $ref: '#/components/parameters/ApiVersion' }];
  const parameters = [...pathParameters(openApiPath(operation.route)), ...queryParameters(operation.query), ...version];
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.tag],
    ...(operation.isOpen ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: !operation.body.safeParse({}).success, // a body that is left out is {}
            content: { 'application/json': { schema: jsonSchema(operation.body) } },
          },
        }),
    // Without one an empty file is stored: files may be empty.
    ...(operation.takesFile ? { requestBody: { required: false, content: { 'application/octet-stream': {} } } } : {}),
    responses: responses(operation, answers),
  };
}

function responses(
  { ok, problems = [], isOpen, answer }: Operation,
  answers: Record<string, unknown>,
): Record<string, unknown> {
  const body = answer === undefined ? {} : { schema: answerSchema(answer, answers) };
  const described: Record<string, { description: string; content: Record<string, unknown> }> = {};
  for (const [status, description, mediaType = 'application/json'] of ok) {
    const before = described[status];
    described[status] = {
      description: before === undefined ? description : `${before.description} or ${description}`,
      content: { ...before?.content, [mediaType]: mediaType === 'application/json' ? body : {} },
    };
  }
  const usual = isOpen ? [500] : [400, 401, 403, 500, 503];
  const problem = { $ref: '#/components/responses/Problem' };
  return { ...described, ...Object.fromEntries([...usual, ...problems].map((status) => [status, problem])) };
}

/**
 * An answer's schema; parts with a name of their own (`meta({id})`) are put among `components` and referred to.
 * @param components  is added to
 */
function answerSchema(schema: z.ZodType, components: Record<string, unknown>): Record<string, unknown> {
  const { $schema: _, id, $defs = {}, ...described } = z.toJSONSchema(z.object({ answer: schema }), { io: 'output' });
  for (const [name, part] of Object.entries($defs)) components[name] = referring(part);
  return referring(described.properties?.answer ?? {});
}

/** As a part of the document: names are components, and fields may be added later. */
const referring = (schema: unknown): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(schema, (key, value) =>
      (key === 'id' && typeof value === 'string') || (key === 'additionalProperties' && value === false)
        ? undefined
        : value,
    ).replaceAll('#/$defs/', '#/components/schemas/'),
  );

const pathParameters = (route: string): Record<string, unknown>[] =>
  [...route.matchAll(/\{\*?(\w+)\??\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(ROUTE_PARAMETERS[name as RouteParameter]), // openapi.test.ts: every parameter of a route has its schema
  }));

function queryParameters(query: z.ZodObject | undefined): Record<string, unknown>[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(query) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }));
}

/** What a caller may send: defaults may be left out. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return rest;
}
