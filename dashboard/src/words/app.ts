// The frame of the page, and what every view may say.
import { catalogue } from '../language/catalogue.ts';

export const words = catalogue('app', {
  skip: 'Skip to content',
  views: 'Views',
  page: 'the page',
  runs: 'Runs',
  documents: 'Documents',
  review: 'Review',
  labels: 'Labels',
  models: 'Models',
  sources: 'Sources',
  costs: 'Costs and trust',
  llmOff: 'LLM switched off',
  llmOffNote: 'LLM_ENABLED or --no-llm: this host sends no text to an LLM; uncertain documents go to review',
  llmSimulated: 'LLM simulated',
  llmSimulatedNote: 'Answers of the LLM come from the local simulator, not from a model',
  noSuchPage: 'There is no such page',
  toRuns: 'Go to the runs',
  help: 'Help',
  helpNote: 'The documentation, in a window of its own',
  otherLanguage: 'Deutsch',
  drop: 'Drop to classify',
  dropNote: 'Single files are decided at once. A folder is imported, and you see a quote before its run.',
});
