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
  nameYourself: 'Your name',
  yourName: 'Your name as a reviewer',
  yourNameNote:
    'It is stored with what you decide, so that two reviewers can be told apart. This browser remembers it. Everybody with the function key could give it: it is a name, not a proof.',
  keepName: 'Keep',
  drop: 'Drop to classify',
  dropNote: 'Single files are decided at once. A folder is imported, and you see a quote before its run.',
});
