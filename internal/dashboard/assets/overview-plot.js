// The drawing of the chart, by uPlot: bars, failed on top of sent.
import uPlot from './vendor/uplot.js';
import { h } from './dom.js';
import { count } from './format.js';

const height = 210;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

// plotMinutes draws into root and returns {update(minutes), destroy()}. point is called
// with what happened in the minute under the pointer, in words; with '' when there is none.
export function plotMinutes(root, minutes, point) {
  const plot = new uPlot(options(root, point), series(minutes), root);
  const observer = new ResizeObserver(() => {
    if (root.clientWidth > 0 && root.clientWidth !== plot.width) plot.setSize({ width: root.clientWidth, height });
  });
  observer.observe(root);
  return {
    update(now) { plot.setData(series(now)); },
    destroy() { observer.disconnect(); plot.destroy(); },
  };
}

// series returns [seconds, sent + failed where some failed, sent]: the last is drawn over the other.
function series(minutes) {
  return [
    minutes.map((minute) => Date.parse(minute.at) / 1000),
    minutes.map(({ sent, failed }) => (failed > 0 ? sent + failed : null)),
    minutes.map((minute) => minute.sent),
  ];
}

function options(root, point) {
  const colour = paint(root);
  const bars = (token) => ({ stroke: colour(token), fill: colour(token), width: 0, paths: uPlot.paths.bars({ size: [0.75, 18] }), points: { show: false } });
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(root).fontFamily}` };
  return {
    width: root.clientWidth || 600, height, padding: [10, 18, 0, 0],
    legend: { show: false }, cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: (plot, first, last) => [first - 40, last + 40] }, // room for whole bars
      y: { range: (plot, least, most) => [0, Math.max(4, most * 1.08)] },
    },
    series: [{}, bars('--chart-failed'), bars('--chart-sent')],
    hooks: { setCursor: [(plot) => point(describe(plot.data, plot.cursor.idx))] },
    axes: [
      { ...axis, grid: { show: false }, space: 60, size: 30, incrs: [300, 600, 900, 1800, 3600], values: (plot, splits) => splits.map((at) => clock.format(at * 1000)) },
      { ...axis, size: 52, space: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7], values: (plot, splits) => splits.map(count) },
    ],
  };
}

function describe([at, both, sent], i) {
  if (i === null || i === undefined) return '';
  return `${clock.format(at[i] * 1000)}: ${count(sent[i])} sent, ${count(both[i] ? both[i] - sent[i] : 0)} failed`;
}

// paint returns the colour of a token as the theme has it now: a canvas knows no tokens.
function paint(root) {
  const probe = h('span', { hidden: true });
  root.append(probe);
  return (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
}
