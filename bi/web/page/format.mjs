// Numbers and names as people read them.

let scale = 2; // decimals of money in the mart
let currency = null; // its code, if the mart has one
export const setMoney = (digits, code) => {
  scale = digits ?? 2;
  currency = code ?? null;
};

const formats = new Map();
function intl(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(navigator.languages, options));
  return formats.get(key);
}
const fixed = (digits) => intl({ minimumFractionDigits: digits, maximumFractionDigits: digits });
const money = (digits) => intl({ ...(currency ? { style: 'currency', currency } : {}), minimumFractionDigits: digits, maximumFractionDigits: digits });

export const NONE = '–';

// kind: count, money, average (of money), rating, seconds, share, number, p
export function format(kind, value) {
  if (value === null || value === undefined || value === '') return NONE;
  if (typeof value !== 'number') return clean(value, 200);
  const text = formatNumber(kind, value);
  return /[1-9]/.test(text) ? text : text.replace(/^[-\u2212]/, ''); // no minus zero
}

// Money is rounded for show: more than two decimals only where there is nothing before them.
const decimals = (value) => Math.min(scale, Math.abs(value) >= 1 || value === 0 ? 2 : 6);

function formatNumber(kind, value) {
  switch (kind) {
    case 'count':
      return intl({ maximumFractionDigits: 0 }).format(value);
    case 'money':
      return (Math.abs(value) >= 1000 ? money(0) : money(decimals(value))).format(value);
    case 'exact money':
      return money(decimals(value)).format(value);
    case 'average':
      return money(Math.max(decimals(value), 2)).format(value);
    case 'rating':
    case 'seconds':
      return fixed(2).format(value);
    case 'share':
      return intl({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
    case 'fine share':
      return intl({ style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    case 'whole share':
      return intl({ style: 'percent', maximumFractionDigits: 0 }).format(value);
    case 'change':
      return intl({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(value);
    case 'p':
      return value < 0.001 ? `< ${fixed(3).format(0.001)}` : fixed(3).format(value);
    case 'compact':
      return intl({ notation: 'compact', maximumSignificantDigits: 3 }).format(value);
    default:
      return intl({ maximumSignificantDigits: 4 }).format(value);
  }
}

// With its sign also where it is above zero.
export const signed = (kind, value) => (typeof value === 'number' && value > 0 && /[1-9]/.test(format(kind, value)) ? `+${format(kind, value)}` : format(kind, value));

// One line of text without control characters and without the marks that turn
// the direction of what follows; at most so many characters.
export function clean(text, length = 60) {
  const line = String(text)
    .slice(0, 4 * length + 16)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : line;
}

export const NO_VALUE = '(no value)';
export const valueName = (value, length) => (value === null ? NO_VALUE : value === '' ? '(empty)' : clean(value, length));

// snake_case of our own names, such as a segment, as words
export function words(name) {
  if (name === 'cant_lose') return "Can't lose";
  const text = String(name).replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function period(text, unit) {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const options = { weekday: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, day: { day: 'numeric', month: 'short', year: 'numeric' }, week: { day: 'numeric', month: 'short', year: 'numeric' }, month: { month: 'short', year: 'numeric' }, year: { year: 'numeric' } }[unit];
  return new Intl.DateTimeFormat(navigator.languages, { ...options, timeZone: 'UTC' }).format(Date.UTC(year, month - 1, day ?? 1));
}

export const moment = (text) => {
  const time = new Date(`${text.slice(0, 19)}Z`);
  return Number.isNaN(time.getTime())
    ? clean(text)
    : new Intl.DateTimeFormat(navigator.languages, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(time);
};

// A moment with its time zone, in that of the reader; moment() is for times of the data, which have none.
export const instant = (text) => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? clean(text) : new Intl.DateTimeFormat(navigator.languages, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
};

// The measures of mart_dashboard.
export const MEASURES = {
  customers: { label: 'Customers', kind: 'count', adds: true },
  purchases: { label: 'Purchases', kind: 'count', adds: true },
  revenue: { label: 'Revenue', kind: 'money', adds: true },
  average_amount: { label: 'Average purchase', kind: 'average' },
  revenue_per_customer: { label: 'Revenue per customer', kind: 'average' },
  average_rating: { label: 'Average rating', kind: 'rating', absent: 'no ratings in this mart' },
  subscriber_share: { label: 'Subscribers', kind: 'share', absent: 'no subscriptions in this mart' },
  discount_share: { label: 'With a discount', kind: 'share', absent: 'no discounts in this mart' },
};

// Those that stand in for measures that a mart has not.
export const MORE = {
  repeat_share: { label: 'Bought more than once', kind: 'share', text: 'Of the customers who bought, those with at least two purchases up to the end of the period, whatever they bought.' },
  returns: { label: 'Returns', kind: 'count', text: 'Orders with an amount below zero.' },
  new_customers: { label: 'New customers', kind: 'count', text: 'Customers who bought, and whose very first purchase is in the period.' },
};
