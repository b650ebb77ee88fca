// One phrase with its choices `{one|another}` and its slots `{company}`, filled from a seeded draw. Choices may hold slots.
import type { SeededRandom } from './random.ts';

const COMPANIES = [
  'Adler Werke GmbH',
  'Belmont Foods Ltd',
  'Cascadia Timber Inc',
  'Dorado Mining SA',
  'Elbtal Maschinen AG',
  'Fjordline Seafood AS',
  'Granada Textil SL',
  'Hanse Papier KG',
  'Iskra Motors d.o.o.',
  'Juniper Biotech plc',
  'Kowalski Meble Sp. z o.o.',
  'Lagoon Hotels Ltd',
  'Meridian Software BV',
  'Norsund Energi ASA',
  'Orchard Retail plc',
  'Pampa Agro SA',
  'Quartz Lighting Srl',
  'Riverside Pharma Inc',
  'Sakura Trading KK',
  'Tiber Ceramica SpA',
  'Ulmer Federn GmbH',
  'Volta Batteries NV',
  'Westgate Holdings Ltd',
  'Yarra Wines Pty Ltd',
  'Zephyr Air Parts SAS',
];
const PEOPLE = [
  'Anna',
  'Mr Becker',
  'Carla',
  'David',
  'Ms Eriksson',
  'Farid',
  'Giulia',
  'Mr Hughes',
  'Ivana',
  'Jonas',
  'Ms Kovacs',
  'Liam',
  'Maria',
  'Nikolai',
  'Dr Oduya',
  'Petra',
  'Mr Quist',
  'Rosa',
  'Samir',
  'Ms Tanaka',
];
const COUNTRIES = [
  'Germany',
  'France',
  'Poland',
  'Spain',
  'Brazil',
  'India',
  'China',
  'Japan',
  'Mexico',
  'Norway',
  'Switzerland',
  'the Netherlands',
  'Ireland',
  'Canada',
  'South Africa',
  'Turkey',
  'Korea',
  'Austria',
  'Denmark',
  'Chile',
];
const CITIES = [
  'Hamburg',
  'Lyon',
  'Gdynia',
  'Bilbao',
  'Santos',
  'Mumbai',
  'Shanghai',
  'Kobe',
  'Monterrey',
  'Oslo',
  'Basel',
  'Rotterdam',
  'Cork',
  'Toronto',
  'Cape Town',
  'Izmir',
  'Busan',
  'Graz',
  'Odense',
  'Valparaiso',
];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'];
/** Stands for the currency until the whole text is there: one text speaks of one currency. */
export const CURRENCY = '¤';
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'PLN', 'SEK'];
const MATTERS = ['due diligence', 'annual accounts', 'tax return', 'lease review', 'tariff advice', 'payroll review'];

const SLOTS: Readonly<Record<string, (random: SeededRandom) => string>> = {
  company: (random) => random.pick(COMPANIES),
  person: (random) => random.pick(PEOPLE),
  country: (random) => random.pick(COUNTRIES),
  city: (random) => random.pick(CITIES),
  month: (random) => random.pick(MONTHS),
  weekday: (random) => random.pick(WEEKDAYS),
  year: (random) => String(random.between(2018, 2025)),
  days: (random) => random.pick(['10', '14', '30', '45', '60', '90']),
  number: (random) => String(random.pick([random.between(2, 40), random.between(100, 9999)])),
  percent: (random) =>
    `${random.between(1, 34)}${random.next() < 0.4 ? `.${random.between(1, 9)}` : ''}${random.pick(['%', ' %', ' per cent'])}`,
  date: (random) =>
    random.pick([
      `${random.between(1, 28)} ${random.pick(MONTHS)} ${random.between(2019, 2025)}`,
      `${pad(random.between(1, 28))}.${pad(random.between(1, 12))}.${random.between(2019, 2025)}`,
    ]),
  price: (random) => `${CURRENCY} ${random.between(2, 990)}`,
  wage: (random) => `${CURRENCY} ${random.between(1, 9)},${pad(random.between(10, 99))}0`,
  range: (random) => {
    const lower = random.between(8, 40) / 10;
    const median = lower + random.between(5, 30) / 10;
    const upper = median + random.between(5, 40) / 10;
    return `${lower.toFixed(1)} % to ${upper.toFixed(1)} %, median ${median.toFixed(1)} %`;
  },
  amount: (random) =>
    `${CURRENCY} ${random.pick([`${random.between(2, 990)}`, `${random.between(1, 98)},${random.pick(['000', '500', '240', '775'])}`, `${random.between(1, 60)}.${random.between(1, 9)} million`])}`,
  hscode: (random) => `${random.between(2801, 9606)}.${pad(random.between(10, 99))}`,
  iban: (random) =>
    `DE${random.between(10, 99)} ${random.between(1000, 9999)} ${random.between(1000, 9999)} ${random.between(1000, 9999)}`,
  subject: (random) => random.pick(MATTERS),
};

/**
 * Fill the choices and slots of a phrase, innermost first. `{other}` is left for the caller.
 * @throws {Error} naming a slot that does not exist
 */
export function fillPhrase(phrase: string, random: SeededRandom): string {
  let text = phrase;
  for (;;) {
    const next = text.replace(/\{([^{}]*)\}/g, (whole, inner: string) => {
      if (inner.includes('|')) return random.pick(inner.split('|'));
      if (inner === 'other') return whole;
      const slot = SLOTS[inner];
      // A choice whose alternatives hold slots is filled from the inside, so a lone word can be a text that was a slot.
      if (slot === undefined) throw new Error(`training: no slot {${inner}} in "${phrase}"`);
      return slot(random);
    });
    if (next === text) return text.replace(/ {2,}/g, ' ').trim();
    text = next;
  }
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
