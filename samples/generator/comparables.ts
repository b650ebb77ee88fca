// The appendices of the benchmarking study: invented companies with the figures and reasons such a study lists over many pages.
import { SeededRandom } from './random.ts';

const STEMS = [
  'Alba',
  'Brno',
  'Cedr',
  'Dunaj',
  'Elast',
  'Forma',
  'Gama',
  'Hron',
  'Inpla',
  'Javor',
  'Karpat',
  'Lisov',
  'Mold',
  'Nitra',
  'Orava',
  'Plast',
  'Radom',
  'Sava',
  'Tatra',
  'Vistula',
  'Wega',
  'Zlin',
];
const ENDINGS = ['plast', 'form', 'tech', 'mould', 'pol', 'systems', 'inject', 'union', 'line', 'pack'];
const COUNTRIES = [
  ['CZ', 's.r.o.'],
  ['PL', 'Sp. z o.o.'],
  ['SK', 'a.s.'],
  ['HU', 'Kft.'],
  ['RO', 'S.R.L.'],
  ['BG', 'EOOD'],
  ['SI', 'd.o.o.'],
  ['LT', 'UAB'],
] as const;
const REASONS = [
  'makes films and bags',
  'trades, does not manufacture',
  'own branded toys',
  'recycling',
  'majority of sales in toolmaking',
  'member of a group according to its web site',
  'window profiles',
  'no information on activity',
  'pipes and fittings under own patents',
  'in liquidation',
  'medical devices, regulated',
  'packaging with heavy marketing',
];
const PRODUCTS = [
  'housings and covers for household appliances',
  'technical parts for cars, on drawings of the customer',
  'gears and bearings from engineering plastics',
  'boxes for electrical installation on order',
  'handles, knobs and feet for furniture makers',
  'caps and closures for one large filler',
];
const REJECTED = 304;
const ACCEPTED = 14;
const PROFILES_PER_PAGE = 1;

/** Appendices A (rejected candidates) and B (accepted ones) in the Markdown of the sources. */
export function comparablesAppendix(seed: number): string {
  const random = new SeededRandom(seed);
  const names = companyNames(random, REJECTED + ACCEPTED);
  const rejected = names
    .slice(0, REJECTED)
    .map(
      (name, index) =>
        `| ${index + 1} | ${name.text} | ${name.country} | ${money(random.between(2000, 58_000))} | ${random.pick(REASONS)} |`,
    );
  const accepted = names.slice(REJECTED).map((name, index) => profile(random, name, index + 1));
  const pages: string[] = [];
  for (let i = 0; i < accepted.length; i += PROFILES_PER_PAGE)
    pages.push(accepted.slice(i, i + PROFILES_PER_PAGE).join('\n\n'));
  return [
    '===',
    '## Appendix A: candidates reviewed and not accepted',
    'Revenue in thousand EUR, last year available.',
    ['| No | Company | Country | Revenue | Reason |', ...rejected].join('\n'),
    '===',
    '## Appendix B: accepted companies',
    'Descriptions were taken from web sites and trade registers. Operating profit is before interest and extraordinary items.',
    pages.join('\n\n===\n\n'),
  ].join('\n\n');
}

function companyNames(random: SeededRandom, count: number): { text: string; country: string }[] {
  const combinations = STEMS.flatMap((stem) =>
    ENDINGS.flatMap((ending) => ['', ' Plus'].map((suffix) => `${stem}${ending}${suffix}`)),
  );
  return random
    .shuffle(combinations)
    .slice(0, count)
    .map((name) => {
      const [country, form] = random.pick(COUNTRIES);
      return { text: `${name} ${form}`, country };
    });
}

function profile(random: SeededRandom, name: { text: string; country: string }, index: number): string {
  const years = [2021, 2022, 2023].map((year) => {
    const cost = random.between(3000, 45_000);
    const profit = Math.round((cost * random.between(-8, 108)) / 1000);
    return `| ${year} | ${money(cost + profit)} | ${money(cost)} | ${money(profit)} | ${((100 * profit) / cost).toFixed(1)} % |`;
  });
  return [
    `### B.${index} ${name.text} (${name.country})`,
    `The company has moulded ${random.pick(PRODUCTS)} since ${random.between(1991, 2012)} and employs about ${random.between(28, 240)} people. It works to customers' drawings, owns ${random.between(9, 60)} presses and no patents. ${random.between(1, 4) === 1 ? 'A family holds all shares.' : 'Shares are held by several private persons, none above a quarter.'} Customers are ${random.pick(['appliance makers', 'car suppliers', 'electrical firms'])} at home and in ${random.pick(['Germany', 'Austria', 'Sweden', 'Italy'])}; ${random.pick(['no single one exceeds a third of sales', 'the largest takes about one third'])}.`,
    ['| Year | Revenue kEUR | Total cost kEUR | Operating profit kEUR | Mark-up on total cost |', ...years].join('\n'),
    balanceSheet(random),
    `Differences to the tested party: ${random.pick(['buys resin on own account; corrected by excluding pass-through cost where shown', 'keeps four weeks of stock; working capital adjustment immaterial', 'none that would affect the margin visibly', 'some assembly work, below a tenth of revenue'])}.`,
  ].join('\n\n');
}

/** Three years of a small balance sheet that adds up. */
function balanceSheet(random: SeededRandom): string {
  const rows = [2021, 2022, 2023].map((year) => {
    const fixed = random.between(1500, 24_000);
    const stocks = random.between(300, 4000);
    const receivables = random.between(600, 7000);
    const equity = Math.round((fixed + stocks + receivables) * (random.between(25, 70) / 100));
    const total = fixed + stocks + receivables;
    return `| ${year} | ${money(fixed)} | ${money(stocks)} | ${money(receivables)} | ${money(equity)} | ${money(total - equity)} | ${money(total)} |`;
  });
  return ['| Year | Fixed assets | Stocks | Receivables and cash | Equity | Liabilities | Total |', ...rows].join('\n');
}

function money(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
