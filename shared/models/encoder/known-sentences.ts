// Sentences of which it is known which two mean the same, by which an encoder is tried: at all in English, and in which languages it reads meaning.
// Invariants: K1 two that mean the same share no word that carries meaning, so that letters alone find no pair. K2 a language counts as understood
// only where nearly all pairs are found among all others of it: by chance six of eight are found once in some ten thousand draws.
import { cosine } from './encoder.ts';

/** Sentence, one that means the same, one that does not: no words in common. */
export const KNOWN: readonly (readonly [string, string, string])[] = [
  ['The invoice has not been paid.', 'A bill is still outstanding.', 'The cat sleeps on the sofa.'],
  ['She lost her credit card.', 'My bank plastic went missing.', 'Rain is expected in the mountains.'],
  ['The company hired a new lawyer.', 'A firm employed another attorney.', 'He scored two goals yesterday.'],
  ['The doctor examined the patient.', 'A physician looked at someone who is ill.', 'This car needs fuel.'],
  ['The flight was cancelled.', 'Our plane did not depart.', 'Onions make me cry.'],
  ['Kids love to play.', 'Children enjoy games.', 'Interest rates rose sharply.'],
  ['I cannot log in to my account.', 'Signing on fails every time.', 'The recipe asks for butter.'],
  ['They bought a house.', 'A couple purchased real estate.', 'Volcanoes emit ash.'],
];

/** An encoder at work: vectors one after the other. */
interface Tried {
  encode(texts: readonly string[], prefix: string): { vectors: Float32Array; dimensions: number };
}

type Pair = readonly [string, string];

/** Pairs of further languages. */
const PAIRS: Readonly<Record<string, readonly Pair[]>> = {
  en: KNOWN.map(([one, same]): Pair => [one, same]),
  de: [
    ['Die Rechnung ist noch nicht bezahlt.', 'Es steht weiterhin eine Zahlung aus.'],
    ['Sie hat ihre Kreditkarte verloren.', 'Mein Plastikgeld von der Bank ist weg.'],
    ['Die Firma hat einen neuen Anwalt eingestellt.', 'Ein Unternehmen beschäftigt jetzt einen anderen Juristen.'],
    ['Der Arzt untersuchte den Patienten.', 'Eine Medizinerin sah sich jemanden an, der krank ist.'],
    ['Der Flug wurde gestrichen.', 'Unsere Maschine ist nicht gestartet.'],
    ['Kinder toben gern.', 'Die Kleinen mögen Spiele.'],
    ['Ich komme nicht in mein Benutzerkonto.', 'Die Anmeldung schlägt jedes Mal fehl.'],
    ['Sie haben ein Haus gekauft.', 'Ein Paar erwarb eine Immobilie.'],
  ],
  fr: [
    ["La facture n'a pas été payée.", 'Un règlement reste dû.'],
    ['Elle a perdu sa carte de crédit.', 'Mon moyen de paiement bancaire a disparu.'],
    ["L'entreprise a embauché un nouvel avocat.", 'Une société emploie un autre juriste.'],
    ['Le médecin a examiné le patient.', "Une doctoresse s'est occupée de quelqu'un de malade."],
    ['Le vol a été annulé.', "Notre avion n'est pas parti."],
    ['Les enfants adorent jouer.', 'Les petits aiment les jeux.'],
    ['Je ne peux pas accéder à mon compte.', 'La connexion échoue à chaque fois.'],
    ['Ils ont acheté une maison.', 'Un couple a acquis un bien immobilier.'],
  ],
  es: [
    ['La factura no se ha pagado.', 'Queda un importe pendiente.'],
    ['Ella perdió su tarjeta de crédito.', 'Mi plástico del banco ha desaparecido.'],
    ['La empresa contrató a un nuevo abogado.', 'Una compañía emplea ahora a otro jurista.'],
    ['El médico examinó al paciente.', 'Una doctora atendió a alguien que está enfermo.'],
    ['El vuelo fue cancelado.', 'Nuestro avión no despegó.'],
    ['A los niños les gusta jugar.', 'Los pequeños disfrutan de los juegos.'],
    ['No puedo entrar en mi cuenta.', 'El inicio de sesión falla siempre.'],
    ['Compraron una casa.', 'Una pareja adquirió un inmueble.'],
  ],
  it: [
    ['La fattura non è stata pagata.', 'Resta un importo da saldare.'],
    ['Lei ha perso la carta di credito.', 'Il mio bancomat è sparito.'],
    ["L'azienda ha assunto un nuovo avvocato.", 'Una ditta impiega un altro legale.'],
    ['Il medico ha visitato il paziente.', 'Una dottoressa ha curato una persona malata.'],
    ['Il volo è stato cancellato.', 'Il nostro aereo non è partito.'],
    ['Ai bambini piace giocare.', 'I piccoli amano i giochi.'],
    ['Non riesco a entrare nel mio account.', "L'accesso fallisce ogni volta."],
    ['Hanno comprato una casa.', 'Una coppia ha acquistato un immobile.'],
  ],
};

/** Of a language's pairs, so many must be found. */
const MUST_FIND = 6;
/** Pairs of each language. */
export const PAIRS_OF_LANGUAGE = KNOWN.length;

/** By language (ISO 639-1): of how many of PAIRS_OF_LANGUAGE sentences the one that means the same was nearer than all others of the language. */
export type UnderstoodLanguages = Readonly<Record<string, number>>;

/** @param prefix  what the encoder wants before a text */
export function understoodLanguages(encoder: Tried, prefix: string): UnderstoodLanguages {
  return Object.fromEntries(
    Object.entries(PAIRS).map(([language, pairs]) => [language, found(encoder, pairs, prefix)]),
  );
}

/** null: not known, as the language is none of those that were tried. */
export function isUnderstood(understands: UnderstoodLanguages, language: string): boolean | null {
  const count = understands[language];
  return count === undefined ? null : count >= MUST_FIND;
}

function found(encoder: Tried, pairs: readonly Pair[], prefix: string): number {
  const { vectors, dimensions } = encoder.encode(pairs.flat(), prefix);
  const near = (i: number, j: number) => cosine(vectors, 2 * i, vectors, 2 * j + 1, dimensions);
  return pairs.filter((_, i) => pairs.every((_, j) => j === i || near(i, j) < near(i, i))).length;
}
