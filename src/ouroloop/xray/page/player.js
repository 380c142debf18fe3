// The player: from callback to callback, forward and back, by button, key or by itself; and the page's keys.

import { grouped, moment } from './format.js';
import { byId } from './dom.js';

const PACE = 900; // ms at each callback while it plays

export class Player {
  constructor(trace, show) {
    this.trace = trace;
    this.show = show;
    this.run = -1;
    this.timer = 0;
    const steps = {
      first: () => this.go(0), back: () => this.step(-1), forward: () => this.step(1), last: () => this.go(Infinity),
    };
    for (const [id, action] of Object.entries(steps)) byId(id).addEventListener('click', action);
    byId('play').addEventListener('click', () => this.toggle());
    byId('position').addEventListener('input', (event) => this.go(Number(event.target.value)));
    byId('position').max = String(Math.max(0, trace.runs.count - 1));
  }

  /** Go to a run. */
  go(run) {
    const last = this.trace.runs.count - 1;
    const next = Math.max(0, Math.min(run, last));
    if (next === this.run || last < 0) return;
    this.run = next;
    byId('position').value = String(next);
    const text = `${grouped(next + 1)} of ${grouped(last + 1)}`;
    byId('position').setAttribute('aria-valuetext', `callback ${text}, ${this.trace.labelOf(next)}`);
    byId('position-text').textContent = `callback ${text}`;
    byId('position-time').textContent = moment(this.trace.runs.began[next]);
    for (const id of ['first', 'back']) byId(id).disabled = next === 0;
    for (const id of ['forward', 'last']) byId(id).disabled = next === last;
    this.show(next);
  }

  step(by) {
    this.go(this.run + by);
  }

  toggle() {
    const plays = this.timer === 0;
    clearInterval(this.timer);
    this.timer = plays ? setInterval(() => this.#tick(), PACE) : 0;
    byId('play').setAttribute('aria-pressed', String(plays));
    byId('play').querySelector('.name').textContent = plays ? 'Pause' : 'Play';
    byId('play').querySelector('.icon').textContent = plays ? '‖' : '▶';
    if (plays && this.run === this.trace.runs.count - 1) this.go(0);
  }

  #tick() {
    if (this.run >= this.trace.runs.count - 1) this.toggle();
    else this.step(1);
  }
}

const OWN_KEYS = 'input, select, textarea, summary, [contenteditable]';

/**
 * The page's keys, wherever the focus is, but for fields that have their own. Who speaks to the computer may say to it
 * what are keys here: so letters and signs can be left to the timeline.
 */
export function attachKeys(player, timeline) {
  const { trace } = player;
  const keys = {
    ArrowLeft: (shift) => (shift ? timeline.pan(-timeline.plotWidth / 6) : player.step(-1)),
    ArrowRight: (shift) => (shift ? timeline.pan(timeline.plotWidth / 6) : player.step(1)),
    Home: () => player.go(0),
    End: () => player.go(Infinity),
    '+': () => timeline.zoom(1.6),
    '=': () => timeline.zoom(1.6),
    '-': () => timeline.zoom(1 / 1.6),
    0: () => timeline.fit(),
    z: () => timeline.zoomTo(player.run),
    c: () => follow(player, trace.causeOf(player.run)),
    s: () => follow(player, trace.effectsOf(player.run)[0]),
    p: () => player.toggle(),
  };
  // Up and down scroll the page, unless it is the timeline that has the focus.
  const lanes = { ArrowUp: keys.c, ArrowDown: keys.s, ' ': keys.p, Enter: () => byId('callback').focus() };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(OWN_KEYS)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isInTimeline = event.target.id === 'timeline';
    if (event.key.length === 1 && !isInTimeline && !byId('single-keys').checked) return;
    const action = (isInTimeline && lanes[key]) || keys[key];
    if (!action) return;
    event.preventDefault();
    action(event.shiftKey);
  });
}

function follow(player, run) {
  if (run !== undefined && run >= 0) player.go(run);
}
