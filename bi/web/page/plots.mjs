// Models of drawings (see chart.mjs) from plain rows.  Names on axes are looked
// up by index, so that equal or odd names of different values never meet.
import { textWidth } from './chart.mjs';
import { format } from './format.mjs';
import { SYMBOLS } from './theme.mjs';

export const SMALL = 30; // groups below this are grey

const names = (items, width) => {
  const widest = Math.max(0, ...items.map((item) => textWidth(item.short)));
  return Math.min(widest, Math.max(72, Math.round(width * 0.38)));
};
const axisText = (c) => ({ color: c.muted, fontSize: 12 });
const hidden = { show: false };

// Horizontal bars of one or more measures beside each other.  A row is
//   { short, label, lines, toggle, faded, small, values: [n, ...], all: [n, ...] }
// all: the same of the whole mart, drawn behind; missing without filters.
// series: [{ name, kind, color? }]
export function bars(rows, series, { rowHeight = 34 } = {}) {
  const titled = series.length > 1;
  const top = titled ? 26 : 6;
  return {
    height: Math.max(rows.length, 1) * rowHeight + top + 6,
    items: rows,
    itemAt: (place, params) => (params ? params.dataIndex : Math.round(place[1])),
    freeClick: (chart, pixel) => {
      for (let gridIndex = 0; gridIndex < series.length; gridIndex++) {
        const place = chart.convertFromPixel({ gridIndex }, pixel);
        const at = place && Math.round(place[1]);
        if (at >= 0 && at < rows.length && pixel[1] >= top) return place;
      }
      return null;
    },
    option(c, width) {
      const labels = series.map((s, k) => Math.max(30, ...rows.map((row) => textWidth(format(s.kind, row.values[k]) + (row.small ? ' *' : '')))) + 10);
      const gap = 18;
      // names give way where the window is narrow
      const left = Math.max(60, Math.min(names(rows, width) + 18, width - labels.reduce((a, b) => a + b, 0) - gap * (series.length - 1) - 24 * series.length));
      const free = width - left - labels.reduce((a, b) => a + b, 0) - gap * (series.length - 1);
      const each = Math.max(free / series.length, 24);
      const grids = [];
      let x = left;
      series.forEach((s, k) => {
        grids.push({ left: x, width: each, top, bottom: 6, outerBoundsMode: 'none' });
        x += each + labels[k] + gap;
      });
      const paint = (row, s) => ({
        color: row.small ? c.small : (s.color ?? c.bar),
        opacity: row.faded ? 0.35 : 1,
        borderRadius: 3,
      });
      return {
        grid: grids,
        xAxis: series.map((s, k) => {
          const drawn = rows.flatMap((row) => [row.values[k] ?? 0, row.all?.[k] ?? 0]);
          return { gridIndex: k, type: 'value', show: false, min: Math.min(0, ...drawn), max: Math.max(...drawn, 0) || 1 };
        }),
        yAxis: series.map((s, k) => ({
          gridIndex: k, type: 'category', inverse: true, data: rows.map((_, i) => String(i)),
          axisLine: { show: true, lineStyle: { color: c.line } }, axisTick: hidden, splitLine: hidden,
          name: titled ? s.name : undefined, nameLocation: 'start', nameGap: 10,
          nameTextStyle: { color: c.muted, align: 'left', fontSize: 12 },
          axisLabel: k > 0 ? hidden : {
            color: c.text, fontSize: 12.5, interval: 0, width: left - 8, overflow: 'truncate',
            formatter: (i) => rows[i]?.short ?? '',
          },
        })),
        series: series.flatMap((s, k) => [
          {
            id: `all${k}`, type: 'bar', xAxisIndex: k, yAxisIndex: k, z: 1, silent: true, barWidth: '58%',
            itemStyle: { color: c.ghost, borderRadius: 3 },
            data: rows.map((row, i) => [row.all?.[k] ?? null, i]),
          },
          {
            id: `value${k}`, name: s.name, type: 'bar', xAxisIndex: k, yAxisIndex: k, z: 2, barGap: '-100%', barWidth: '58%',
            label: {
              show: true, position: 'right', distance: 6, color: c.text, opacity: 1, fontSize: 12.5,
              formatter: (p) => format(s.kind, rows[p.dataIndex].values[k]) + (rows[p.dataIndex].small ? ' *' : ''),
            },
            emphasis: { disabled: true },
            data: rows.map((row, i) => ({ value: [row.values[k] ?? 0, i], itemStyle: paint(row, s) })),
          },
        ]),
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', axis: 'y', shadowStyle: { color: c.text, opacity: 0.05 } } },
      };
    },
    itemPlace: (i) => [1, i],
  };
}

// rows: { label, lines, toggle, faded, value, color }
// Sectors of our own: the pie of ECharts 6.1 fails when it is drawn anew after a
// change of its size while its labels are off.
export function donut(rows) {
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  const from = rows.map((_, i) => rows.slice(0, i).reduce((sum, row) => sum + row.value, 0) / (total || 1));
  return {
    height: 190,
    items: rows,
    itemAt: (place, params) => params.dataIndex,
    option: (c) => ({
      grid: [], xAxis: [], yAxis: [],
      series: [{
        id: 'donut', type: 'custom', coordinateSystem: 'none', data: rows.map((row) => row.value),
        renderItem(params, api) {
          const row = rows[params.dataIndex];
          const r = Math.min(api.getWidth(), api.getHeight()) / 2 - 4;
          const angle = (share) => 2 * Math.PI * share - Math.PI / 2;
          return {
            type: 'sector',
            shape: { cx: api.getWidth() / 2, cy: api.getHeight() / 2, r0: r * 0.7, r, startAngle: angle(from[params.dataIndex]), endAngle: angle(from[params.dataIndex] + row.value / (total || 1)) },
            style: { fill: c.series[row.color % c.series.length], opacity: row.faded ? 0.35 : 1, stroke: c.surface, lineWidth: row.value === total ? 0 : 2 },
          };
        },
      }],
    }),
  };
}

// The place of the point that a click is nearest to, beside it or not
const inGrid = (chart, pixel) => (chart.containPixel({ gridIndex: 0 }, pixel) ? chart.convertFromPixel({ gridIndex: 0 }, pixel) : null);
const atColumn = (points) => (place, params) => (params ? params.dataIndex : Math.min(Math.max(Math.round(place[0]), 0), points.length - 1));

// points: { short, label, lines, value, all, complete, toggle }
export function line(points, kind) {
  const last = points.findLastIndex((p) => p.complete);
  return {
    height: 260,
    items: points,
    itemAt: atColumn(points),
    freeClick: inGrid,
    itemPlace: (i) => [1, i],
    option: (c, width) => ({
      grid: [{ left: 8, right: 18, top: 14, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{
        type: 'category', boundaryGap: false, data: points.map((_, i) => String(i)), axisTick: hidden,
        axisLine: { lineStyle: { color: c.line } },
        axisLabel: { ...axisText(c), formatter: (i) => points[i]?.short ?? '', hideOverlap: true, interval: 'auto', margin: 10 },
      }],
      yAxis: [{
        type: 'value', splitNumber: width < 500 ? 3 : 5, axisLabel: { ...axisText(c), formatter: (v) => format(kind.includes('share') ? 'whole share' : 'compact', v) },
        splitLine: { lineStyle: { color: c.line } }, scale: kind === 'rating' || kind === 'average',
      }],
      series: [
        { id: 'all', type: 'line', symbol: 'none', silent: true, z: 1, lineStyle: { color: c.small, width: 1.5, type: [2, 3] }, data: points.map((p) => p.before ?? p.all ?? null) },
        {
          id: 'value', type: 'line', showSymbol: points.length < 3, symbol: 'circle', symbolSize: 7, z: 3,
          lineStyle: { color: c.bar, width: 2.5 }, itemStyle: { color: c.bar }, areaStyle: { color: c.bar, opacity: 0.08 },
          emphasis: { disabled: false }, data: points.map((p, i) => (i <= last ? p.value : null)),
        },
        // what is not over yet hangs on the last complete point
        {
          id: 'open', type: 'line', showSymbol: true, symbol: 'emptyCircle', symbolSize: (v, p) => (p.dataIndex > last ? 7 : 0), z: 2, silent: true,
          lineStyle: { color: c.bar, width: 2, type: [5, 4] }, itemStyle: { color: c.bar }, data: points.map((p, i) => (i >= last ? p.value : null)),
        },
      ],
      tooltip: { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: c.muted } } },
    }),
  };
}

// Estimates with intervals. rows: { short, label, lines, small, marks: [{ value, low, high }, ...] }
// series: [{ name, color (index) }]; zero: what makes no difference
export function intervals(rows, series, { zero = 0 } = {}) {
  const rowHeight = Math.max(34, series.length * 20 + 8);
  const slot = (i, k) => i + (k - (series.length - 1) / 2) * (16 / rowHeight);
  return {
    height: rows.length * rowHeight + 40,
    items: rows,
    itemAt: (place, params) => Math.floor(params.dataIndex / series.length),
    itemPlace: (i) => [0, i * series.length],
    option: (c, width) => {
      const left = names(rows, width) + 20;
      return {
        grid: [{ left, right: 14, top: 8, bottom: 30, outerBoundsMode: 'none' }],
        xAxis: [{
          type: 'value', splitNumber: width < 500 ? 3 : 6, axisLabel: { ...axisText(c), formatter: (v) => format('compact', v), hideOverlap: true },
          splitLine: { lineStyle: { color: c.line } }, axisLine: hidden, axisTick: hidden, position: 'bottom',
          scale: zero !== 0,
        }],
        yAxis: [{
          type: 'value', inverse: true, min: -0.5, max: rows.length - 0.5, interval: 1, splitLine: hidden, axisLine: hidden, axisTick: hidden, axisLabel: hidden,
        }],
        series: [{
          id: 'intervals', type: 'custom', clip: true,
          dimensions: ['estimate', 'place', 'low', 'high'], encode: { x: [0, 2, 3], y: 1 },
          data: rows.flatMap((row, i) => row.marks.map((m, k) => ({ value: [m.value, slot(i, k), m.low, m.high] }))),
          renderItem(params, api) {
            const index = params.dataIndex;
            const k = index % series.length;
            const color = rows[Math.floor(index / series.length)].small ? c.small : c.series[series[k].color];
            const [x, y] = api.coord([api.value(0), api.value(1)]);
            const low = api.coord([api.value(2), api.value(1)])[0];
            const high = api.coord([api.value(3), api.value(1)])[0];
            const children = [];
            const stroke = { stroke: color, lineWidth: 2 };
            if (Number.isFinite(low) && Number.isFinite(high)) {
              children.push({ type: 'line', shape: { x1: low, y1: y, x2: high, y2: y }, style: stroke });
              for (const end of [low, high]) children.push({ type: 'line', shape: { x1: end, y1: y - 4, x2: end, y2: y + 4 }, style: stroke });
            }
            if (Number.isFinite(x)) {
              children.push(
                k === 0
                  ? { type: 'circle', shape: { cx: x, cy: y, r: 5 }, style: { fill: color } }
                  : { type: 'rect', shape: { x: x - 4.5, y: y - 4.5, width: 9, height: 9 }, rotation: Math.PI / 4, originX: x, originY: y, style: { fill: color } },
              );
            }
            // an empty group would keep the marks of before
            return { type: 'group', children, $mergeChildren: false };
          },
        }, {
          id: 'zero', type: 'line', silent: true, symbol: 'none', data: zero === 0 ? [] : [[zero, 0]], // that the axis has it
          markLine: { silent: true, symbol: 'none', animation: false, label: hidden, lineStyle: { color: c.muted, type: 'solid', width: 1 }, data: [{ xAxis: zero }] },
        }, {
          // the names, where a value axis has none
          id: 'names', type: 'custom', silent: true, clip: false, data: rows.map((_, i) => [0, i]), encode: { x: -1, y: 1 },
          renderItem: (params, api) => ({
            type: 'text', x: 0, y: params.coordSys.y + (params.coordSys.height * (params.dataIndex + 0.5)) / rows.length,
            style: { text: rows[params.dataIndex].short, fill: c.text, fontSize: 12.5, verticalAlign: 'middle', width: left - 10, overflow: 'truncate' },
          }),
        }],
      };
    },
  };
}

// rows: { short, label, lines, group (index), small, x, y }
export function scatter(rows, [xName, xKind], [yName, yKind]) {
  // names only at the edges of the cloud: all of them could not be read
  const edges = new Set();
  const ends = {};
  for (const axis of ['x', 'y']) {
    const order = rows.map((_, i) => i).sort((a, b) => rows[a][axis] - rows[b][axis]);
    for (const i of [...order.slice(-3), ...order.slice(0, 3)]) edges.add(i);
    ends[axis] = order.length === 0 ? [0, 1] : [rows[order[0]][axis], rows[order.at(-1)][axis]];
  }
  const height = 340;
  // ... of these none that would stand over another name or the axis. Axes are a little longer than the data.
  const readable = (width) => {
    const along = (value, [low, high], length) => (high > low ? (value - low) / (high - low) : 0.5) * length * 0.7;
    const boxes = [];
    return new Set([...edges].filter((i) => {
      const box = { x: along(rows[i].x, ends.x, width - 80), y: along(rows[i].y, ends.y, height - 90), half: rows[i].short.length * 3.6 + 4 };
      if (width < 500 && box.x < box.half - 20 || boxes.some((b) => Math.abs(b.x - box.x) < b.half + box.half && Math.abs(b.y - box.y) < 18)) return false;
      boxes.push(box);
      return true;
    }));
  };
  return {
    height,
    items: rows,
    itemAt: (place, params) => params.dataIndex,
    option: (c, width) => ({
      grid: [{ left: 8, right: 20, top: 30, bottom: 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{
        type: 'value', scale: true, name: xName, nameLocation: 'middle', nameGap: 28, nameTextStyle: { color: c.muted },
        axisLabel: { ...axisText(c), formatter: (v) => format(xKind, v), hideOverlap: true }, splitLine: { lineStyle: { color: c.line } }, axisLine: { lineStyle: { color: c.line } },
      }],
      yAxis: [{
        type: 'value', scale: true, name: yName, nameTextStyle: { color: c.muted, align: 'left' },
        axisLabel: { ...axisText(c), formatter: (v) => format(yKind, v) }, splitLine: { lineStyle: { color: c.line } },
      }],
      series: [{
        id: 'points', type: 'scatter', symbolSize: 13,
        data: rows.map((row) => ({
          value: [row.x, row.y], symbol: SYMBOLS[row.group % SYMBOLS.length],
          itemStyle: { color: row.small ? c.small : c.series[row.group % c.series.length], opacity: 0.9 },
        })),
        label: { show: true, position: 'top', distance: 5, color: c.muted, fontSize: 11.5, formatter: ((named) => (p) => (named.has(p.dataIndex) ? rows[p.dataIndex].short : ''))(readable(width)) },
        labelLayout: { hideOverlap: true },
        emphasis: { disabled: true },
      }],
    }),
  };
}

// Columns over time. points: { short, label, lines, values: [n, ...], complete }, series: [{ name }]
export function columns(points, series) {
  return {
    height: 280,
    items: points,
    itemAt: (place, params) => params.dataIndex,
    option: (c, width) => ({
      grid: [{ left: 8, right: 12, top: 14, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{
        type: 'category', data: points.map((_, i) => String(i)), axisTick: hidden, axisLine: { onZero: true, lineStyle: { color: c.muted } },
        axisLabel: { ...axisText(c), formatter: (i) => points[i]?.short ?? '', hideOverlap: true, margin: 10 }, position: 'bottom',
      }],
      yAxis: [{ type: 'value', splitNumber: width < 500 ? 3 : 5, axisLabel: { ...axisText(c), formatter: (v) => format('compact', v) }, splitLine: { lineStyle: { color: c.line } } }],
      series: series.map((s, k) => ({
        id: `column${k}`, name: s.name, type: 'bar', stack: 'one', barCategoryGap: '25%', emphasis: { disabled: true },
        itemStyle: { color: c.series[k] }, data: points.map((p) => ({ value: p.values[k], itemStyle: { opacity: p.complete ? 1 : 0.5 } })),
      })),
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: c.text, opacity: 0.05 } } },
    }),
  };
}

// points: { label, lines, x, y }, both 0 to 1
export function share(points, xName, yName) {
  return {
    height: 280,
    items: points,
    itemAt: (place, params) => params.dataIndex,
    option: (c) => ({
      grid: [{ left: 8, right: 22, top: 30, bottom: 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{ type: 'value', min: 0, max: 1, name: xName, nameLocation: 'middle', nameGap: 28, nameTextStyle: { color: c.muted }, axisLabel: { ...axisText(c), formatter: (v) => format('whole share', v), hideOverlap: true }, splitLine: { lineStyle: { color: c.line } } }],
      yAxis: [{ type: 'value', min: 0, max: (v) => Math.max(1, v.max), name: yName, nameTextStyle: { color: c.muted, align: 'left' }, axisLabel: { ...axisText(c), formatter: (v) => format('whole share', v) }, splitLine: { lineStyle: { color: c.line } } }],
      series: [
        { id: 'share', type: 'line', showSymbol: false, symbolSize: 8, lineStyle: { color: c.bar, width: 2.5 }, itemStyle: { color: c.bar }, areaStyle: { color: c.bar, opacity: 0.08 }, data: points.map((p) => [p.x, p.y]) },
        { id: 'equal', type: 'line', symbol: 'none', silent: true, lineStyle: { color: c.muted, width: 1, type: [3, 3] }, data: [[0, 0], [1, 1]] },
      ],
      tooltip: { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: c.muted } } },
    }),
  };
}


// What was, and what is expected. points: { short, label, lines, value, odd, forecast, low, high, naive }; those
// that are still to come have no value.
export function outlook(points) {
  const first = points.findIndex((p) => p.forecast !== null);
  // what is to come hangs on the last value
  const from = (i, key) => (first > 0 && i === first - 1 ? points[i].value : points[i][key]);
  const data = (key) => points.map((_, i) => from(i, key) ?? null);
  const banded = points.map((p, i) => i).filter((i) => typeof from(i, 'low') === 'number' && typeof from(i, 'high') === 'number');
  return {
    height: 300,
    items: points,
    itemAt: atColumn(points),
    freeClick: inGrid,
    itemPlace: (i) => [points[i].value === null ? 2 : 1, i],
    option: (c, width) => ({
      grid: [{ left: 8, right: 18, top: 14, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{
        type: 'category', boundaryGap: false, data: points.map((_, i) => String(i)), axisTick: hidden,
        axisLine: { onZero: false, lineStyle: { color: c.line } },
        axisLabel: { ...axisText(c), formatter: (i) => points[i]?.short ?? '', hideOverlap: true, interval: 'auto', margin: 10 },
      }],
      yAxis: [{
        type: 'value', splitNumber: width < 500 ? 3 : 5, axisLabel: { ...axisText(c), formatter: (v) => format('compact', v) }, splitLine: { lineStyle: { color: c.line } },
      }],
      series: [
        {
          id: 'band', type: 'custom', silent: true, z: 1, clip: true, dimensions: ['place', 'low', 'high'], encode: { x: 0, y: [1, 2] },
          data: points.map((p, i) => [i, from(i, 'low') ?? null, from(i, 'high') ?? null]),
          renderItem(params, api) {
            if (params.dataIndex !== banded[0] || banded.length < 2) return null;
            const edge = (key) => banded.map((i) => api.coord([i, from(i, key)]));
            return { type: 'polygon', shape: { points: [...edge('low'), ...edge('high').reverse()] }, style: { fill: c.bar, opacity: 0.18 } };
          },
        },
        {
          id: 'value', type: 'line', showSymbol: points.length < 3, symbol: 'circle', symbolSize: 7, z: 3,
          lineStyle: { color: c.bar, width: 2.5 }, itemStyle: { color: c.bar }, emphasis: { disabled: false }, data: points.map((p) => p.value),
        },
        { id: 'forecast', type: 'line', symbol: 'circle', symbolSize: 7, showSymbol: false, z: 3, lineStyle: { color: c.bar, width: 2, type: [5, 4] }, itemStyle: { color: c.bar }, data: data('forecast') },
        { id: 'naive', type: 'line', symbol: 'none', silent: true, z: 2, lineStyle: { color: c.muted, width: 1.5, type: [2, 3] }, data: points.map((p) => p.naive) },
        {
          id: 'odd', type: 'scatter', symbol: 'diamond', symbolSize: 13, z: 5, silent: true, itemStyle: { color: c.series[4], opacity: 1, borderColor: c.surface, borderWidth: 1.5 },
          data: points.map((p) => (p.odd ? p.value : null)),
        },
      ],
      tooltip: { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: c.muted } } },
    }),
  };
}

// From one total to another: rows { short, label, lines, text, from, to, total }, from and to being sums so far.
// start: where the axis begins.
export function waterfall(rows, start) {
  const rowHeight = 34;
  return {
    height: rows.length * rowHeight + 12,
    items: rows,
    itemAt: (place, params) => params.dataIndex,
    itemPlace: (i) => [0, i],
    option(c, width) {
      const left = names(rows, width) + 18;
      const right = Math.max(30, ...rows.map((row) => textWidth(row.text))) + 10;
      const ends = rows.flatMap((row) => [row.from, row.to]);
      return {
        grid: [{ left, right, top: 6, bottom: 6, outerBoundsMode: 'none' }],
        xAxis: [{ type: 'value', show: false, min: Math.min(start, ...ends), max: Math.max(start, ...ends) === Math.min(start, ...ends) ? start + 1 : Math.max(start, ...ends) }],
        yAxis: [{
          type: 'category', inverse: true, data: rows.map((_, i) => String(i)), axisTick: hidden, splitLine: hidden, axisLine: { show: true, onZero: false, lineStyle: { color: c.line } },
          axisLabel: { color: c.text, fontSize: 12.5, interval: 0, width: left - 8, overflow: 'truncate', formatter: (i) => rows[i]?.short ?? '' },
        }],
        series: [{
          id: 'steps', type: 'custom', clip: false, dimensions: ['low', 'high', 'place'], encode: { x: [0, 1], y: 2 },
          data: rows.map((row, i) => [Math.min(row.from, row.to), Math.max(row.from, row.to), i]),
          renderItem(params, api) {
            const i = params.dataIndex;
            const row = rows[i];
            const [a, y] = api.coord([row.from, i]);
            const b = api.coord([row.to, i])[0];
            const high = api.size([0, 1])[1];
            const thick = high * 0.58;
            const color = row.total ? c.bar : row.to > row.from ? c.series[2] : row.to < row.from ? c.series[4] : c.muted;
            const children = [
              { type: 'rect', shape: { x: Math.min(a, b), y: y - thick / 2, width: Math.max(Math.abs(b - a), 1.5), height: thick, r: row.total ? [0, 3, 3, 0] : 2 }, style: { fill: color } },
              { type: 'text', silent: true, style: { text: row.text, x: Math.max(a, b) + 6, y, fill: c.text, fontSize: 12.5, verticalAlign: 'middle' } },
            ];
            if (i + 1 < rows.length) children.push({ type: 'line', silent: true, shape: { x1: b, y1: y + thick / 2, x2: b, y2: y + high - thick / 2 }, style: { stroke: c.muted, lineWidth: 1 } });
            return { type: 'group', children, $mergeChildren: false };
          },
        }],
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', axis: 'y', shadowStyle: { color: c.text, opacity: 0.05 } } },
      };
    },
  };
}

// Columns against the average, which is 1. points: { short, label, lines, value }
export function indices(points) {
  return {
    height: 220,
    items: points,
    itemAt: (place, params) => params.dataIndex,
    option: (c, width) => ({
      grid: [{ left: 8, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }],
      xAxis: [{
        type: 'category', data: points.map((_, i) => String(i)), axisTick: hidden, axisLine: { lineStyle: { color: c.line } },
        axisLabel: { ...axisText(c), formatter: (i) => points[i]?.short ?? '', interval: 0, hideOverlap: true, margin: 8 },
      }],
      yAxis: [{ type: 'value', min: (v) => Math.min(0, v.min), max: (v) => Math.max(1, v.max), splitNumber: 3, axisLabel: { ...axisText(c), formatter: (v) => format('number', v), showMaxLabel: false }, splitLine: { lineStyle: { color: c.line } } }],
      series: [{
        id: 'index', type: 'bar', barCategoryGap: '28%', itemStyle: { color: c.bar, borderRadius: [3, 3, 0, 0] }, emphasis: { disabled: true }, data: points.map((p) => p.value),
        label: { show: width / points.length > 30, position: 'insideTop', distance: 6, color: c.surface, fontSize: 11.5, formatter: (p) => (points[p.dataIndex].value < 0.25 ? '' : format('rating', points[p.dataIndex].value)) },
        markLine: { silent: true, symbol: 'none', animation: false, label: hidden, lineStyle: { color: c.text, type: [4, 3], width: 1 }, data: [{ yAxis: 1 }] },
      }],
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: c.text, opacity: 0.05 } } },
    }),
  };
}
