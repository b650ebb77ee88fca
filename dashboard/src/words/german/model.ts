import { count } from '../../format.ts';
import { pluralDe } from '../../language/plural.ts';
import type { words } from '../model.ts';

export const model: typeof words = {
  model: (version) => `Modell ${version}`,
  theModel: (version) => `Modell ${version}`,
  above: 'Über dieser Seite',
  allModels: 'Alle Modelle',
  neverEvaluated: (code) => [
    'Diese Version wurde nie bewertet und lässt sich nur trotzdem freigeben. Importieren Sie sie neu mit eingeordneten Dokumenten, an denen sie nicht trainiert wurde: ',
    code('sluice models import … --evaluate labelled.jsonl'),
    '.',
  ],
  confusionMatrix: 'Verwechslungsmatrix',
  confusionCaption:
    'Zeilen sind die Wahrheit, Spalten sagt das Modell. Je dunkler, desto größer der Anteil an der Zeile; rote sind Fehler.',
  labels: 'Kategorien',
  createdAt: (kind, time, rows) => `${kind}, erstellt ${time}, trainiert ${rows === null ? 'anderswo' : `an: ${rows}`}`,
  promote: 'Freigeben …',
  rollBack: 'Zurücknehmen …',
  wasNeverEvaluated: 'Diese Version wurde nie bewertet',
  strangers: (n, some) =>
    `${n === 1 ? 'Eine Kategorie' : `${count(n)} Kategorien`} dieses Modells ${pluralDe(n, 'gibt', 'gibt')} es in den aktuellen nicht (${some}): Läufe mit diesen verwenden es nicht. Trainieren Sie eine Version an den aktuellen Kategorien.`,
  accuracy: 'Trefferquote',
  ofDocuments: (documents, source) => `von ${count(documents)} Dokumenten, ${source}`,
  macroF1: 'Makro-F1',
  meanOverLabels: 'Mittel über Kategorien',
  logLoss: 'Log-Verlust',
  lowerIsBetter: 'weniger ist besser',
  calibrationError: 'Kalibrierfehler',
  meanGap: 'mittlerer Abstand, 15 Klassen',
  coverage: 'Abdeckung',
  atItsThreshold: 'bei seiner Schwelle',
  precisionThere: 'Genauigkeit dort',
  ofAccepted: (n) => `von ${count(n)} angenommenen`,
  notMeasured: 'nicht gemessen',
  whenItStands: 'Wann seine Kategorie gilt',
  labelByLabel: (alone, all) =>
    `Das Versprechen gilt je Kategorie: ${count(alone)} von ${count(all)} Kategorien haben eine eigene Schwelle; bei den übrigen wird immer nachgefragt.`,
  aboutLikeDocuments:
    'Das Versprechen gilt für Dokumente wie die zurückgehaltenen: Eine andere Quelle, Sprache oder ein anderes Jahr ist neu zu beweisen.',
  provenOnParts:
    'Bewiesen wurde es an Modellen, die an Teilen der Zeilen trainiert wurden; das endgültige Modell hat alle gesehen.',
  bases: {
    guarantee: {
      name: 'Garantie',
      title: 'Ein Binomialtest an Zeilen, die das Modell nicht kannte, hält das Versprechen',
    },
    empirical: {
      name: 'empirisch',
      title: 'Die Genauigkeit wurde an Zeilen gesehen, die das Modell nicht kannte; zu wenige für ein Versprechen',
    },
    default: {
      name: 'Vorgabe',
      title: 'Nichts ist bewiesen, wann es oft genug richtig liegt: Es entscheidet nichts allein',
    },
  },
  seen: (precision, accepted, samples) =>
    `${precision} von ${accepted} angenommenen Kategorien, aus ${samples} zurückgehaltenen Dokumenten`,
  guaranteed: (confidence, aim, at, seen) =>
    `Mit ${confidence} Sicherheit sind mindestens ${aim} der Kategorien richtig, die ab ${at} angenommen werden. Gesehen: ${seen}.`,
  empirical: (confidence, aim, at, seen) =>
    `Kategorien werden ab ${at} angenommen. Ziel waren ${aim} richtige, mit ${confidence} Sicherheit ist das nicht bewiesen; gesehen: ${seen}. Für ein Versprechen trainieren Sie an mehr eingeordneten Dokumenten.`,
  nothingAlone: (missing, aim) =>
    `Das Modell entscheidet nichts allein: ${
      missing > 0
        ? `Es fehlen mindestens ${count(missing)} eingeordnete Dokumente zum Beweis, wann es oft genug richtig liegt; fast gleiche zählen einmal`
        : `Bei keiner seiner Konfidenzen waren ${aim} der Kategorien richtig`
    }.`,
  byDefault: (at) => `Kategorien werden ab ${at} angenommen. Das ist eine Vorgabe: Niemand hat das Modell gemessen.`,
  toPromise: (aim, confidence, needed) =>
    `Um ${aim} mit ${confidence} Sicherheit zu versprechen, braucht es mindestens ${needed} angenommene Dokumente, alle richtig.`,
  confusions: 'Häufigste Verwechslungen',
  noConfusions: 'Keine: Jedes Dokument der Bewertung bekam seine Kategorie.',
  is: 'Ist',
  takenFor: 'Gehalten für',
  documents: 'Dokumente',
  ofItsLabel: 'Der Kategorie',
  labelsCaption: 'Kategorien, die am schlechtesten erkannten zuerst',
  label: 'Kategorie',
  precision: 'Genauigkeit',
  recall: 'Abruf',
  f1: 'F1',
  acceptsFrom: 'Nimmt an ab',
  alwaysAsked: 'fragt immer',
  objectiveBy: (isLog) => `Zielwert je Iteration${isLog ? ' (logarithmisch)' : ''}`,
  objectiveCaption:
    'Was die letzte Anpassung verkleinert, zu Beginn und nach jeder Iteration: der mittlere Verlust an den Trainingszeilen mit Strafterm; beim quadrierten Scharnierverlust sein Dual, von 0 abwärts.',
  objective: 'Zielwert',
  iteration: 'Iteration',
  reliability: 'Verlässlichkeit',
  reliabilityCaption: (gap) =>
    `Anteil richtiger unter Dokumenten gleicher Konfidenz; Punkte wachsen mit ihrer Zahl. Auf der gestrichelten Linie hält die Konfidenz, was sie sagt; der mittlere Abstand ist ${gap}.`,
  asConfident: 'so sicher wie richtig',
  observed: 'beobachtet',
  axisConfidence: 'Konfidenz',
  shareRight: 'Anteil richtiger',
  columnDocuments: 'Dokumente',
  coverageAgainst: 'Abdeckung gegen Genauigkeit',
  coverageCaption:
    'Nach rechts werden mehr Dokumente ohne LLM entschieden und weniger davon richtig. Jeder Punkt ist eine Schwelle.',
  thresholds: 'Schwellen, streng bis locker',
  tried: (threshold) => `probiert: ${threshold}`,
  axisCoverage: 'Abdeckung: Anteil, den das Modell allein entscheidet',
  axisPrecision: 'Genauigkeit',
  markThreshold: (threshold) => `Schwelle ${threshold}`,
  promised: (share) => `versprochen: ${share}`,
  aimedAt: (share) => `Ziel: ${share}`,
  columnThreshold: 'Schwelle',
  columnAccepted: 'angenommen',
  columnCoverage: 'Abdeckung',
  promotions: 'Freigaben',
  neverChampion: 'Bisher nie freigegeben.',
  training: 'Training',
  yes: 'ja',
  no: 'nein',
  taxonomy: 'Kategorien',
  features: 'Merkmale',
  wordsPerTerm: 'Wörter je Begriff',
  calibration: 'Kalibrierung',
  whatIf: 'Was wäre bei einer anderen Schwelle?',
  acceptThreshold: (threshold) => `Annahmeschwelle ${threshold}`,
  backTo: (threshold) => `Zurück zu ${threshold}`,
  byLabelNote: 'Dieses Modell hat Schwellen je Kategorie; hier wird eine für alle probiert.',
  asManyAsNow: 'so viele wie jetzt',
  againstOwn: (change) => `${change} gegen die Schwelle des Modells`,
  decidedAlone: (n) => `${n} von 1.000 allein entschieden`,
  nothingAccepted: 'nichts wird angenommen',
  wrongOfThose: (n) => `etwa ${n} davon falsch`,
  llmAsked: 'LLM gefragt',
  ofThousand: (n) => `${n} von 1.000`,
  costOfThousand: 'Kosten für 1.000',
  readingPaid: 'bisher Bezahltes wird gelesen',
  nothingPaid: 'noch keine Antwort bezahlt',
  onAverage: (price) => `im Mittel ${price} je gefragtes Dokument`,
  scoring: 'Wird bewertet …',
  tryOnLake: (threshold) => `${threshold} an den Dokumenten des Datensees probieren`,
  tryNote: 'Bewertet die letzte Entscheidung jedes Dokuments neu; nichts wird gefragt oder geändert.',
  nothingToScore: (unavailable) =>
    unavailable > 0
      ? `Kein Dokument zu bewerten: Von ${count(unavailable)} wird der Text nicht mehr aufbewahrt.`
      : 'Noch kein Dokument zu bewerten.',
  ofTheLakeAt: (documents, threshold) =>
    `${count(documents)} ${pluralDe(documents, 'Dokument', 'Dokumente')} des Datensees bei ${threshold}`,
  notScored: (n) => `${count(n)} weitere ließen sich nicht bewerten: Ihr Text wird nicht mehr aufbewahrt.`,
  decidedByModelNow: (share) => `jetzt vom Modell entschieden: ${share}`,
  otherLabel: 'Andere Kategorie',
  wouldFlip: 'Dokumente, die kippen würden',
  askedFirst: 'Zum ersten Mal gefragt',
  notSeenByLlm: 'Dokumente, die das LLM nicht kennt',
  extraCost: 'Mehrkosten',
  atAverage: 'nach bisherigem Durchschnitt',
  againstPeople: 'Gegen Menschen',
  nobodyDecided: 'niemand hat eines davon entschieden',
  agree: (right, accepted, documents) =>
    `${count(right)} von ${count(accepted)} allein entschiedenen stimmen; Menschen entschieden ${count(documents)}`,
  runsWith: 'Läufe mit Dokumenten, die sich ändern würden:',
  andMore: (n) => ` und ${count(n)} weitere`,
  runAgain: 'Wiederholen Sie sie, damit es wirkt.',
  firstFlips: (shown, all) => `Die ersten ${count(shown)} von ${count(all)}.`,
  documentsFlip: 'Dokumente, die kippen würden',
  document: 'Dokument',
  now: 'Jetzt',
  wouldBe: 'Würde',
  confidence: 'Konfidenz',
};
