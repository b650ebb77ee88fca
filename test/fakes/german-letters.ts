// German letters of an office as a seeded generator makes them, in six categories that people tell apart by what a letter wants, not by one word: reminders
// speak of invoices, invoices of contracts, terminations of rent, applications of notice periods, and every third letter has a subject that says little.
// All names, firms and numbers are made up.
import { seededRandom } from '../../shared/ports.ts';

export const LETTER_LABELS = [
  'Rechnungen',
  'Mahnungen',
  'Kündigungen',
  'Steuerbescheide',
  'Mietverträge',
  'Bewerbungen',
] as const;
export type LetterLabel = (typeof LETTER_LABELS)[number];

/** What a records manager would write beside the names. */
export const LETTER_DESCRIPTIONS: Readonly<Record<LetterLabel, string>> = {
  Rechnungen:
    'Rechnungen von Lieferanten und Dienstleistern über Waren und Leistungen, auch Abschläge und Gutschriften',
  Mahnungen: 'Zahlungserinnerungen und Mahnungen wegen offener Beträge, mit Frist, Gebühren oder Inkasso',
  Kündigungen:
    'Schreiben, mit denen ein Vertrag beendet wird: Kündigung von Abonnements, Versicherungen, Arbeit oder Räumen',
  Steuerbescheide: 'Bescheide des Finanzamts oder der Gemeinde über Steuern, Festsetzung, Vorauszahlung und Erstattung',
  Mietverträge: 'Verträge und Nachträge über Miete von Räumen, Flächen und Stellplätzen, mit Mietzins und Kaution',
  Bewerbungen: 'Bewerbungen um eine Stelle oder Ausbildung, mit Lebenslauf, Zeugnissen und Gehaltswunsch',
};

export interface Letter {
  label: LetterLabel;
  text: string;
}

interface Kind {
  /** How often it comes, beside the others. */
  weight: number;
  senders: readonly string[];
  subjects: readonly string[];
  openings: readonly string[];
  bodies: readonly string[];
  enclosures: readonly string[];
}

const KINDS: Readonly<Record<LetterLabel, Kind>> = {
  Rechnungen: {
    weight: 26,
    senders: ['firma'],
    subjects: [
      'Rechnung Nr. {nr}',
      'Unsere Lieferung vom {datum}',
      'Abrechnung {monat}',
      'Schlussrechnung zum Auftrag {nr}',
      'Gutschrift zu Vorgang {nr}',
    ],
    openings: [
      'für die ausgeführten Arbeiten erlauben wir uns, Ihnen folgende Positionen zu berechnen.',
      'vielen Dank für Ihren Auftrag. Wir stellen Ihnen hiermit in Rechnung:',
      'nachstehend erhalten Sie die Abrechnung über unsere Leistungen im {monat}.',
      'wie vereinbart berechnen wir den zweiten Abschlag für das Vorhaben {strasse}.',
      'die von Ihnen bestellte Ware haben wir am {datum} geliefert und berechnen sie wie folgt.',
    ],
    bodies: [
      'Pos. 1  {produkt}, {zahl} Stück zu je {betrag}\nPos. 2  Anfahrt und Kleinmaterial, pauschal {betrag}',
      '{produkt}   {zahl} Std.   {betrag}\nZwischensumme netto {betrag}, zuzüglich 19 % Umsatzsteuer',
      'Der Gesamtbetrag von {betrag} ist zahlbar innerhalb von 14 Tagen ohne Abzug.',
      'Bei Zahlung binnen acht Tagen gewähren wir 2 % Skonto. Bitte geben Sie bei der Überweisung die Nummer {nr} an.',
      'Leistungszeitraum: {monat}. Unsere Umsatzsteuer-Identifikationsnummer finden Sie in der Fußzeile.',
      'Die gelieferte Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.',
      'Von der Vergütung haben wir die Retoure vom {datum} abgezogen; der Restbetrag lautet {betrag}.',
      'Den Betrag ziehen wir mit der erteilten Lastschrift zum {datum} von Ihrem Konto ein.',
      'Es gilt die Steuerschuldnerschaft des Leistungsempfängers nach § 13b UStG.',
    ],
    enclosures: ['Lieferschein', 'Stundenzettel', 'Aufmaß'],
  },
  Mahnungen: {
    weight: 16,
    senders: ['firma', 'firma', 'kanzlei'],
    subjects: [
      'Zahlungserinnerung',
      'Unsere Rechnung Nr. {nr} vom {datum}',
      'Ihr Kundenkonto {nr}',
      'Zweite Mahnung',
      'Offene Posten zum {datum}',
    ],
    openings: [
      'sicher ist es Ihrer Aufmerksamkeit entgangen, dass unsere Rechnung {nr} noch nicht beglichen ist.',
      'leider konnten wir auf unser Schreiben vom {datum} bis heute keinen Eingang feststellen.',
      'bei der Durchsicht Ihres Kontos haben wir festgestellt, dass {betrag} seit dem {datum} ausstehen.',
      'trotz mehrfacher Aufforderung haben Sie die Forderung unserer Mandantin nicht ausgeglichen.',
      'die Abbuchung vom {datum} wurde von Ihrer Bank zurückgegeben; der Betrag ist damit weiter offen.',
    ],
    bodies: [
      'Wir bitten Sie, den rückständigen Betrag von {betrag} bis spätestens {datum} zu überweisen.',
      'Für dieses Schreiben berechnen wir {betrag} Gebühren; hinzu kommen Verzugszinsen seit dem {datum}.',
      'Sollte bis dahin keine Zahlung eingehen, werden wir die Angelegenheit ohne weitere Ankündigung an ein Inkassounternehmen abgeben.',
      'Haben Sie inzwischen gezahlt, betrachten Sie dieses Schreiben bitte als gegenstandslos.',
      'Sie befinden sich damit in Verzug, ohne dass es eines weiteren Hinweises bedarf (§ 286 BGB).',
      'Nach fruchtlosem Ablauf der Frist beantragen wir den Erlass eines gerichtlichen Mahnbescheids.',
      'Bis zum Ausgleich des Rückstands müssen wir weitere Lieferungen von {produkt} zurückstellen.',
      'Falls Sie in Raten zahlen möchten, rufen Sie uns bitte an; wir finden eine Lösung.',
    ],
    enclosures: ['Kontoauszug', 'Kopie der Rechnung', 'Forderungsaufstellung'],
  },
  Kündigungen: {
    weight: 16,
    senders: ['person', 'firma'],
    subjects: [
      'Kündigung',
      'Beendigung des Vertrags {nr}',
      'Meine Mitgliedschaft {nr}',
      'Ihr Schreiben vom {datum} – Vertrag {nr}',
      'Aufhebung unserer Vereinbarung',
    ],
    openings: [
      'hiermit kündige ich den oben genannten Vertrag fristgerecht zum {datum}.',
      'den mit Ihnen bestehenden Wartungsvertrag über {produkt} kündigen wir ordentlich zum nächstmöglichen Zeitpunkt.',
      'wegen der angekündigten Preiserhöhung mache ich von meinem Sonderkündigungsrecht Gebrauch.',
      'das zwischen uns bestehende Arbeitsverhältnis beenden wir hiermit unter Einhaltung der Frist zum {datum}.',
      'ich möchte mein Abonnement nicht verlängern und beende es mit Ablauf der Laufzeit.',
      'die Räume {strasse} geben wir auf; das Mietverhältnis soll mit dem {datum} enden.',
    ],
    bodies: [
      'Bitte bestätigen Sie mir den Eingang und das Datum, zu dem der Vertrag endet, schriftlich.',
      'Eine erteilte Einzugsermächtigung widerrufe ich mit sofortiger Wirkung.',
      'Hilfsweise gilt diese Erklärung zum nächsten zulässigen Termin.',
      'Von Anrufen zur Rückgewinnung bitte ich abzusehen.',
      'Zuviel gezahlte Beiträge, nach meiner Rechnung {betrag}, erstatten Sie bitte auf das bekannte Konto.',
      'Die Schlüssel und überlassenen Geräte übergeben wir am letzten Tag der Laufzeit.',
      'Der Resturlaub ist bis zum Ausscheiden zu nehmen; ein Zeugnis geht Ihnen gesondert zu.',
      'Meine bei Ihnen gespeicherten Daten löschen Sie bitte, sobald keine Pflicht zur Aufbewahrung mehr besteht.',
    ],
    enclosures: ['Kopie des Vertrags', 'Vollmacht'],
  },
  Steuerbescheide: {
    weight: 14,
    senders: ['amt'],
    subjects: [
      'Bescheid für {jahr} über Körperschaftsteuer',
      'Gewerbesteuer {jahr}',
      'Festsetzung der Vorauszahlungen ab {jahr}',
      'Grundbesitzabgaben {jahr}, Kassenzeichen {nr}',
      'Steuernummer {nr}',
    ],
    openings: [
      'die Einkommensteuer für {jahr} wird auf {betrag} festgesetzt.',
      'aufgrund Ihrer Erklärung setzen wir die Umsatzsteuer für {jahr} fest; der Bescheid ergeht unter dem Vorbehalt der Nachprüfung.',
      'der Messbetrag nach dem Gewerbeertrag beträgt {betrag}; bei einem Hebesatz von {zahl}0 v. H. ergibt sich die folgende Schuld.',
      'für das Grundstück {strasse} wird die Grundsteuer ab dem Kalenderjahr {jahr} neu veranlagt.',
      'der Bescheid vom {datum} wird nach § 164 Abs. 2 AO geändert.',
    ],
    bodies: [
      'Gegen diesen Bescheid ist der Einspruch gegeben. Er ist binnen eines Monats bei der oben bezeichneten Behörde einzulegen.',
      'Bereits getilgt sind {betrag}; mithin verbleiben {betrag}, zahlbar bis {datum}.',
      'Das Guthaben von {betrag} wird auf das angegebene Konto erstattet.',
      'Als Betriebsausgaben wurden {betrag} nicht anerkannt, da Belege trotz Anforderung nicht vorlagen.',
      'Die vierteljährlichen Vorauszahlungen sind am 10.03., 10.06., 10.09. und 10.12. fällig.',
      'Für jeden angefangenen Monat der Säumnis entsteht ein Zuschlag von eins vom Hundert.',
      'Der Solidaritätszuschlag beträgt {betrag}. Die Festsetzung ist nach § 165 AO teilweise vorläufig.',
      'Zu versteuerndes Einkommen: {betrag}. Verlustvortrag zum 31.12.{jahr}: {betrag}.',
    ],
    enclosures: ['Rechtsbehelfsbelehrung', 'Berechnungsbogen'],
  },
  Mietverträge: {
    weight: 12,
    senders: ['verwaltung'],
    subjects: [
      'Mietvertrag {strasse}',
      'Nachtrag Nr. 2 zum Vertrag vom {datum}',
      'Überlassung der Büroflächen {strasse}',
      'Stellplatz {zahl}, Tiefgarage',
      'Vertrag über Lagerräume',
    ],
    openings: [
      'zwischen {firma} als Vermieterin und dem Empfänger als Mieter wird Folgendes vereinbart.',
      'anbei erhalten Sie zwei Ausfertigungen des Vertrags über die Räume {strasse} zur Unterschrift.',
      '§ 1 Mietgegenstand. Überlassen werden {zahl}0 qm Gewerbefläche im Erdgeschoss des Hauses {strasse}.',
      'die Parteien ändern den bestehenden Vertrag mit Wirkung vom {datum} wie folgt.',
      'wir freuen uns, Ihnen den Stellplatz ab dem {datum} zu überlassen; es gelten die folgenden Bedingungen.',
    ],
    bodies: [
      'Die monatliche Grundmiete beträgt {betrag}, hinzu kommt eine Vorauszahlung auf die Betriebskosten von {betrag}.',
      'Das Mietverhältnis beginnt am {datum} und läuft auf unbestimmte Zeit. Die Kündigungsfrist richtet sich nach dem Gesetz.',
      'Der Mieter leistet eine Kaution von drei Monatsmieten, die verzinslich angelegt wird.',
      'Schönheitsreparaturen übernimmt der Mieter; Untervermietung bedarf der vorherigen Zustimmung.',
      'Steigt der Verbraucherpreisindex um mehr als fünf Prozent, kann die Miete angepasst werden.',
      'Über die Nebenkosten wird jährlich abgerechnet. Der Verteilerschlüssel ist die Wohnfläche.',
      'Bei der Übergabe wird ein Protokoll mit den Zählerständen gefertigt; der Mieter erhält {zahl} Schlüssel.',
      'Die Hausordnung ist Bestandteil dieser Vereinbarung. Tierhaltung ist im Einzelfall abzusprechen.',
    ],
    enclosures: ['Hausordnung', 'Grundriss', 'Übergabeprotokoll'],
  },
  Bewerbungen: {
    weight: 16,
    senders: ['person'],
    subjects: [
      'Bewerbung als {stelle}',
      'Ihre Anzeige vom {datum}',
      'Initiativbewerbung',
      'Kennziffer {nr}',
      'Ausbildungsplatz zum {datum}',
    ],
    openings: [
      'mit großem Interesse habe ich Ihre Ausschreibung gelesen und stelle mich Ihnen als {stelle} vor.',
      'Sie suchen Verstärkung in {ort}? Als {stelle} bringe ich mehrere Jahre Erfahrung mit.',
      'nach unserem Telefonat vom {datum} sende ich Ihnen wie besprochen meine Unterlagen.',
      'im Sommer schließe ich die Schule ab und möchte bei Ihnen den Beruf {stelle} lernen.',
      'auf der Suche nach einer neuen Aufgabe bin ich auf Ihr Haus aufmerksam geworden.',
    ],
    bodies: [
      'Zurzeit arbeite ich bei {firma} und verantworte dort die Betreuung von {produkt}.',
      'Meine Kündigungsfrist beträgt drei Monate zum Quartalsende; beginnen könnte ich am {datum}.',
      'Meine Gehaltsvorstellung liegt bei {betrag} im Jahr.',
      'Teamgeist, Sorgfalt und Freude am Umgang mit Menschen zeichnen mich aus.',
      'Während des Studiums habe ich ein Praktikum in der Buchhaltung gemacht und dort Rechnungen und Mahnungen bearbeitet.',
      'Über eine Einladung zu einem persönlichen Gespräch würde ich mich sehr freuen.',
      'Englisch spreche ich fließend, den Umgang mit den üblichen Programmen beherrsche ich sicher.',
      'Bitte behandeln Sie mein Schreiben vertraulich, da mein Arbeitgeber noch nichts davon weiß.',
    ],
    enclosures: ['Lebenslauf', 'Zeugnisse', 'Arbeitsproben'],
  },
};

/** What letters of every kind say too. */
const COMMON = [
  'Für Rückfragen erreichen Sie uns werktags von 9 bis 16 Uhr unter der oben genannten Nummer.',
  'Bitte beachten Sie unsere neue Anschrift und Bankverbindung.',
  'Wie telefonisch besprochen erhalten Sie dieses Schreiben vorab per E-Mail.',
  'Wir danken für die gute Zusammenarbeit.',
  'Hinweise zum Datenschutz finden Sie auf unserer Internetseite.',
  'Dieses Schreiben wurde maschinell erstellt und ist ohne Unterschrift gültig.',
  'Ihr Zeichen {nr} haben wir vermerkt.',
];

/** Words of the other kinds, as they occur beside the matter. */
const ASIDES = [
  'Die Rechnung für {monat} geht Ihnen gesondert zu.',
  'Den Mietvertrag über die Räume {strasse} berührt das nicht.',
  'Eine Mahnung ist bis heute nicht eingegangen.',
  'Den Steuerbescheid {jahr} reichen wir nach, sobald er vorliegt.',
  'Auf die Kündigung vom {datum} kommen wir noch zurück.',
  'Ihre Bewerbung um den Auftrag {nr} liegt der Fachabteilung vor.',
  'Die Umsatzsteuer in Höhe von {betrag} ist darin enthalten.',
  'Die Kaution und die Miete für {monat} sind bezahlt.',
];

const VAGUE_SUBJECTS = ['Ihr Zeichen {nr}', 'Unser Gespräch vom {datum}', 'Vorgang {nr}', 'Vertrag {nr}'];

const WORDS: Readonly<Record<string, readonly string[]>> = {
  vorname: ['Anke', 'Bernd', 'Carla', 'Detlef', 'Elif', 'Frauke', 'Gero', 'Hatice', 'Ingo', 'Jette', 'Kai', 'Leonie'],
  nachname: [
    'Achterberg',
    'Brinkhaus',
    'Czerny',
    'Dörflinger',
    'Eichhorst',
    'Feddersen',
    'Gözalan',
    'Hünefeld',
    'Imhoff',
  ],
  ort: ['Lüneburg', 'Kassel', 'Bamberg', 'Görlitz', 'Emden', 'Ravensburg', 'Speyer', 'Wismar', 'Fulda'],
  weg: ['Am Alten Markt', 'Lindenallee', 'Hafenstraße', 'Brückenweg', 'Schulgasse', 'An der Mühle', 'Ringstraße'],
  monat: ['Januar', 'März', 'April', 'Juni', 'August', 'September', 'November'],
  produkt: [
    'Heizungsanlage',
    'Büromaterial',
    'Serverwartung',
    'Bodenbeläge',
    'Druckpapier',
    'Gebäudereinigung',
    'Dichtungen',
  ],
  stelle: ['Sachbearbeiterin', 'Industriemechaniker', 'Buchhalterin', 'Lagerleiter', 'Bürokauffrau', 'Elektroniker'],
  branche: ['Haustechnik GmbH', 'Bürobedarf KG', 'Systeme AG', 'Bau GmbH & Co. KG', 'Logistik GmbH', 'Energie eG'],
};

/** @param count  letters, in a shuffled order; equal seeds give equal letters */
export function germanLetters(count: number, seed: number): Letter[] {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random.next() * n);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!; // never empty
  const some = <T>(list: readonly T[], n: number): T[] => {
    const left = [...list];
    return Array.from({ length: Math.min(n, left.length) }, () => left.splice(below(left.length), 1)[0]!);
  };
  const word = (name: string): string => one(WORDS[name] ?? ['']);
  const slots: Readonly<Record<string, () => string>> = {
    nr: () => `${1000 + below(9000)}-${10 + below(90)}`,
    datum: () => `${String(1 + below(28)).padStart(2, '0')}.${String(1 + below(12)).padStart(2, '0')}.${slots.jahr!()}`,
    jahr: () => String(2019 + below(6)),
    betrag: () => `${10 + below(4000)},${String(below(100)).padStart(2, '0')} EUR`,
    zahl: () => String(2 + below(38)),
    strasse: () => `${word('weg')} ${1 + below(120)}`,
    person: () => `${word('vorname')} ${word('nachname')}`,
    firma: () => `${word('nachname')} ${word('branche')}`,
    kanzlei: () => `Rechtsanwälte ${word('nachname')} & ${word('nachname')}`,
    amt: () => one([`Finanzamt ${word('ort')}`, `Stadt ${word('ort')}, Steueramt`]),
    verwaltung: () => one([`Hausverwaltung ${word('nachname')}`, `${word('nachname')} Immobilien GmbH`]),
  };
  const fill = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => slots[name]?.() ?? word(name));
  const total = LETTER_LABELS.reduce((sum, label) => sum + KINDS[label].weight, 0);
  const drawLabel = (): LetterLabel => {
    let left = random.next() * total;
    for (const label of LETTER_LABELS) {
      left -= KINDS[label].weight;
      if (left < 0) return label;
    }
    return LETTER_LABELS[0];
  };
  const write = (label: LetterLabel): string => {
    const { senders, subjects, openings, bodies, enclosures } = KINDS[label];
    const sender = fill(`{${one(senders)}}`);
    const about = below(3) === 0 ? VAGUE_SUBJECTS : subjects;
    const between = [...some(COMMON, below(3)), ...some(ASIDES, below(2))];
    const matter = some(bodies, 2 + below(3));
    const paragraphs = [one(openings), ...some([...matter, ...between], matter.length + between.length)];
    return [
      `${sender}\n${fill('{strasse}')}\n${10000 + below(89000)} ${word('ort')}`,
      `${fill(one(['{firma}', '{person}']))}\n${fill('{strasse}')}\n${10000 + below(89000)} ${word('ort')}`,
      `${word('ort')}, den ${slots.datum!()}`,
      fill(one(about)),
      one(['Sehr geehrte Damen und Herren,', `Sehr geehrte Frau ${word('nachname')},`, 'Guten Tag,']),
      ...paragraphs.map(fill),
      `${one(['Mit freundlichen Grüßen', 'Freundliche Grüße', 'Hochachtungsvoll'])}\n${fill('{person}')}`,
      ...(below(3) === 0 ? [`Anlage: ${one(enclosures)}`] : []),
    ].join('\n\n');
  };
  return Array.from({ length: count }, () => {
    const label = drawLabel();
    return { label, text: write(label) };
  });
}
