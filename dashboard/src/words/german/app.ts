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
  nameYourself: 'Ihr Name',
  yourName: 'Ihr Name als Prüfer',
  yourNameNote:
    'Er wird mit Ihren Entscheidungen gespeichert, damit sich zwei Prüfer unterscheiden lassen. Dieser Browser merkt ihn sich. Angeben kann ihn jeder, der den Funktionsschlüssel hat: Er ist ein Name, kein Beweis.',
  keepName: 'Merken',
  drop: 'Ablegen zum Einordnen',
  dropNote:
    'Einzelne Dateien werden sofort eingeordnet. Ein Ordner wird importiert; vor seinem Lauf sehen Sie die Kosten.',
};
