import { expect, test } from 'vitest';
import { acceptFor, route } from '../../shared/pipeline/route.ts';

const limits = { accept: 0.9, review: 0.2, llm: true };

test('route: the accept threshold itself accepts, just below it the LLM is asked', () => {
  expect(route(0.9, limits)).toBe('accept');
  expect(route(0.8999, limits)).toBe('ask');
});

test('route: the review threshold itself still asks, below it people decide', () => {
  expect(route(0.2, limits)).toBe('ask');
  expect(route(0.1999, limits)).toBe('review');
});

test('route: without an LLM everything unsure goes to people', () => {
  expect(route(0.5, { ...limits, llm: false })).toBe('review');
});

test('route: a probability that is no number never accepts', () => {
  expect(route(Number.NaN, { accept: 0, review: 0, llm: true })).toBe('ask');
  expect(route(Number.NaN, { accept: 0, review: 0, llm: false })).toBe('review');
});

test('route: a model with promises per label is trusted per label, and never where it promises nothing', () => {
  const model = { accept: 0.7, acceptByLabel: [0.8, null] };
  expect(acceptFor(model, 0)).toBe(0.8);
  expect(route(1, { ...limits, accept: acceptFor(model, 1) })).toBe('ask');
  expect(acceptFor({ accept: 0.7, acceptByLabel: null }, 1)).toBe(0.7);
});

test('route: a text with pages nobody could read is never accepted on the model’s word alone', () => {
  expect(route(1, limits, true)).toBe('ask');
  expect(route(1, { ...limits, llm: false }, true)).toBe('review');
  expect(route(0.1, limits, true)).toBe('review');
});
