// One drawing: ECharts with the SVG renderer, usable by mouse, touch and keys.
import * as echarts from 'echarts/core';
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import { h } from './dom.mjs';
import { colors, onTheme } from './theme.mjs';

echarts.use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

export const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';
const FONT_SIZE = 12.5;
const pencil = document.createElement('canvas').getContext('2d');
export function textWidth(text) {
  pencil.font = `${FONT_SIZE}px ${FONT}`;
  return Math.ceil(pencil.measureText(text).width);
}

const announcer = h('div.unseen', { 'aria-live': 'polite', id: 'announcer' });
document.addEventListener('DOMContentLoaded', () => document.body.append(announcer));
if (document.body) document.body.append(announcer);

const charts = new Set();
onTheme(() => charts.forEach((chart) => chart.redraw()));
const still = matchMedia('(prefers-reduced-motion: reduce)');

// A model is what Chart.draw takes:
//   height        in pixels
//   option        (colors, width) => option of ECharts
//   items         [{ label, lines: [[name, text], ...], toggle }], what can be
//                 pointed at; toggle is missing if nothing happens on a click
//   itemAt        ([x, y] in data, params of an event) => index of an item
export class Chart {
  constructor(label) {
    this.canvas = h('div.canvas');
    this.band = h('div.band', { hidden: true });
    this.node = h('div.chart', { role: 'group', tabindex: 0, 'aria-label': label }, this.canvas, this.band);
    this.canvas.addEventListener('pointerdown', (event) => this.startBrush(event));
    this.node.addEventListener('keydown', (event) => this.onKey(event));
    this.node.addEventListener('focusout', () => this.point(-1));
    this.label = label;
    this.at = -1;
    this.anchor = -1; // where a selection by keys began
    this.observer = new ResizeObserver(() => this.onResize());
    this.observer.observe(this.canvas);
    charts.add(this);
  }

  draw(model) {
    this.model = model;
    const usable = model.items.some((item) => item.toggle);
    this.node.setAttribute(
      'aria-label',
      `${this.label}. Chart of ${model.items.length} values. Arrow keys read them${usable ? `, Enter ${this.model.action ?? 'filters by one'}` : ''}${model.brush ? ', Shift and arrows choose a part, Enter looks at it' : ''}. The same is in the table.`,
    );
    this.canvas.style.height = `${model.height}px`;
    this.canvas.classList.toggle('brushed', Boolean(model.brush));
    this.mark(-1, -1);
    this.redraw();
  }

  redraw() {
    const width = this.canvas.clientWidth;
    if (!this.model || !width) return;
    if (!this.echarts) {
      this.echarts = echarts.init(this.canvas, null, { renderer: 'svg' });
      this.listen();
    }
    if (this.width !== width || this.height !== this.model.height) this.echarts.resize();
    this.width = width;
    this.height = this.model.height;
    const c = colors();
    const option = this.model.option(c, width);
    this.echarts.setOption(
      {
        animation: !still.matches,
        animationDuration: 250,
        animationDurationUpdate: 250,
        backgroundColor: 'transparent',
        textStyle: { fontFamily: FONT, fontSize: FONT_SIZE, color: c.text },
        aria: { enabled: false }, // we say it better
        ...option,
        tooltip: {
          trigger: 'item',
          confine: true,
          transitionDuration: 0,
          backgroundColor: c.surface,
          borderColor: c.line,
          padding: [8, 12],
          textStyle: { color: c.text, fontSize: FONT_SIZE, fontFamily: FONT },
          axisPointer: { type: 'none' },
          ...option.tooltip,
          formatter: (params) => this.tip(params),
        },
      },
      { replaceMerge: ['series', 'xAxis', 'yAxis', 'grid'] },
    );
  }

  onResize() {
    if (this.canvas.clientWidth !== this.width) this.redraw();
  }

  // An element, never a string: ECharts would read that as HTML.
  tip(params) {
    const first = Array.isArray(params) ? params[0] : params;
    const item = this.model.items[this.model.itemAt([first.value?.[0], first.value?.[1]], first)];
    if (!item) return '';
    return h('div.tip', {}, h('strong', {}, item.label), ...item.lines.map(([name, text]) => h('div', {}, h('span', {}, name), h('span', {}, text))));
  }

  listen() {
    const zr = this.echarts.getZr();
    const find = (event) => {
      const { itemAt, items, freeClick } = this.model;
      if (!freeClick) return null;
      const place = freeClick(this.echarts, [event.offsetX, event.offsetY]);
      return place === null ? null : items[itemAt(place, null)];
    };
    const act = (item, shift) => (shift && item?.rows ? item.rows() : item?.toggle?.());
    zr.on('click', (event) => act(find(event), event.event?.shiftKey));
    zr.on('mousemove', (event) => {
      if (this.model.freeClick) zr.setCursorStyle(find(event)?.toggle ? 'pointer' : 'default');
    });
    this.echarts.on('click', (params) => {
      if (!this.model.freeClick) act(this.model.items[this.model.itemAt(null, params)], params.event?.event?.shiftKey);
    });
  }

  onKey(event) {
    const items = this.model?.items ?? [];
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      const anchor = event.shiftKey && this.model.brush ? (this.anchor >= 0 ? this.anchor : Math.max(this.at, 0)) : -1;
      if (anchor >= 0) {
        this.point(Math.min(Math.max(Math.max(this.at, 0) + step, 0), items.length - 1));
        this.anchor = anchor;
        this.mark(anchor, this.at);
        announcer.textContent = `From ${items[Math.min(anchor, this.at)].label} to ${items[Math.max(anchor, this.at)].label}. Enter looks at it.`;
        return;
      }
      this.mark(-1, -1);
      this.point(this.at < 0 ? (step > 0 ? 0 : items.length - 1) : (this.at + step + items.length) % items.length);
    } else if ((event.key === 'Home' || event.key === 'End') && items.length) {
      event.preventDefault();
      this.point(event.key === 'Home' ? 0 : items.length - 1);
    } else if (event.key === 'Enter' && this.anchor >= 0) {
      event.preventDefault();
      this.model.brush(this.anchor, this.at);
    } else if ((event.key === 'Enter' || event.key === ' ') && items[this.at]?.toggle) {
      event.preventDefault();
      if (event.shiftKey && items[this.at].rows) items[this.at].rows();
      else items[this.at].toggle();
    } else if (event.key === 'Escape') {
      this.point(-1);
    }
  }

  point(index) {
    this.at = index;
    if (index < 0) this.mark(-1, -1);
    if (!this.echarts) return;
    if (index < 0) {
      this.echarts.dispatchAction({ type: 'hideTip' });
      return;
    }
    const item = this.model.items[index];
    const [seriesIndex, dataIndex] = this.model.itemPlace?.(index) ?? [0, index];
    this.echarts.dispatchAction({ type: 'showTip', seriesIndex, dataIndex });
    announcer.textContent = `${item.label}: ${item.lines.map(([name, text]) => `${name} ${text}`).join(', ')}${item.toggle ? `. Enter ${this.model.action ?? 'filters'}${item.rows ? ', Shift and Enter lists its purchases' : ''}.` : ''}`;
  }

  // the part from one item to another; none: -1
  mark(a, b) {
    if (a < 0) this.anchor = -1;
    this.band.hidden = a < 0 || !this.echarts;
    if (this.band.hidden) return;
    const [left, right] = [a, b].map((i) => this.echarts.convertToPixel({ xAxisIndex: 0 }, i)).sort((x, y) => x - y);
    Object.assign(this.band.style, { left: `${left - 3}px`, width: `${right - left + 6}px`, height: `${this.model.height}px` });
  }

  startBrush(event) {
    if (!this.model?.brush || !this.echarts || event.button !== 0) return;
    const box = this.canvas.getBoundingClientRect();
    const last = this.model.items.length - 1;
    const at = (e) => Math.min(Math.max(Math.round(this.echarts.convertFromPixel({ xAxisIndex: 0 }, e.clientX - box.left)), 0), last);
    const from = at(event);
    const move = (e) => { if (Math.abs(e.clientX - event.clientX) > 4) this.mark(from, at(e)); };
    const end = (e) => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      const far = e.type === 'pointerup' && Math.abs(e.clientX - event.clientX) > 4;
      this.mark(-1, -1);
      if (far) this.model.brush(from, at(e));
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  }

  dispose() {
    charts.delete(this);
    this.observer.disconnect();
    this.echarts?.dispose();
  }
}
