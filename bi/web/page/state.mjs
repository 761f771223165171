// What is shown is in the address, after the #: a bookmark brings it back.

export const PAGES = { overview: 'Overview', customers: 'Customers', products: 'Products and offers', trends: 'Trends', about: 'About the numbers' };

const isFilter = (filters) =>
  filters !== null && typeof filters === 'object' && !Array.isArray(filters) &&
  Object.values(filters).every((values) => Array.isArray(values) && values.every((v) => v === null || typeof v === 'string'));

const PERIOD_KEYS = new Set(['preset', 'from', 'to', 'compare']);
const isPeriod = (period) =>
  period !== null && typeof period === 'object' && !Array.isArray(period) && Object.entries(period).every(([key, value]) => PERIOD_KEYS.has(key) && typeof value === 'string');

export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const page = given.get('page');
  let filters = {};
  let unreadable = false;
  if (given.has('filters')) {
    try {
      const read = JSON.parse(given.get('filters'));
      if (isFilter(read)) filters = Object.fromEntries(Object.entries(read).filter(([, values]) => values.length));
      else unreadable = true;
    } catch {
      unreadable = true;
    }
  }
  let period = null;
  if (given.has('period')) {
    try {
      const read = JSON.parse(given.get('period'));
      if (isPeriod(read)) period = read;
      else unreadable = true;
    } catch {
      unreadable = true;
    }
  }
  return { mart: given.get('mart'), period, page: Object.hasOwn(PAGES, page ?? '') ? page : 'overview', filters, unreadable };
}

export function addressOf({ mart, page, filters, period }) {
  const parts = new URLSearchParams();
  if (mart !== null) parts.set('mart', mart);
  parts.set('page', page);
  if (Object.keys(filters).length) parts.set('filters', JSON.stringify(filters));
  if (period) parts.set('period', JSON.stringify(period));
  return `#${parts}`;
}

// a dimension may have the name of something that every object has
export const chosenOf = (filters, dimension) => (Object.hasOwn(filters, dimension) ? filters[dimension] : undefined);

export function toggled(filters, dimension, value) {
  const values = chosenOf(filters, dimension) ?? [];
  const rest = values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
  const { [dimension]: _, ...others } = filters;
  return rest.length ? { ...others, [dimension]: rest } : others;
}

// A cell of the heat map is both its row and its column.
export function toggledCell(filters, [rowDimension, row], [columnDimension, column]) {
  const only = (dimension, value) => {
    const values = chosenOf(filters, dimension);
    return values?.length === 1 && values[0] === value;
  };
  const { [rowDimension]: _r, [columnDimension]: _c, ...others } = filters;
  if (only(rowDimension, row) && only(columnDimension, column)) return others;
  return { ...others, [rowDimension]: [row], [columnDimension]: [column] };
}
