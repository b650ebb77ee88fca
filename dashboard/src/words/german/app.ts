import type { words } from '../app.ts';

export const app: typeof words = {
  skip: 'Zum Inhalt',
  views: 'Ansichten',
  page: 'Seite',
  runs: 'Läufe',
  documents: 'Dokumente',
  review: 'Prüfung',
  labels: 'Kategorien',
  models: 'Modelle',
  sources: 'Quellen',
  costs: 'Kosten und Vertrauen',
  llmOff: 'LLM abgeschaltet',
  llmOffNote: 'LLM_ENABLED oder --no-llm: Dieser Host sendet keinen Text an ein LLM; Unsicheres kommt in die Prüfung',
  llmSimulated: 'LLM simuliert',
  llmSimulatedNote: 'Die Antworten des LLM stammen vom lokalen Simulator, nicht von einem Modell',
  noSuchPage: 'Diese Seite gibt es nicht',
  toRuns: 'Zu den Läufen',
  help: 'Hilfe',
  helpNote: 'Die Dokumentation, in einem eigenen Fenster; sie ist englisch',
  otherLanguage: 'English',
  drop: 'Ablegen zum Einordnen',
  dropNote:
    'Einzelne Dateien werden sofort eingeordnet. Ein Ordner wird importiert; vor seinem Lauf sehen Sie die Kosten.',
};
