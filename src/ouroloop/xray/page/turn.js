// The picture of the turn: its seven steps in their order, the present one lit, each with what waits in it.

import { duration, grouped, shortened } from './format.js';
import { byId, element, emptied, swatch } from './dom.js';

const MOST = 6; // entries of a queue that are shown

const STEPS = [
  ['pending', 'put off in an earlier step'],
  ['idle', 'idle watchers'],
  ['prepare', 'just before polling'],
  ['poll', 'sleeps until something is ready, then calls back'],
  ['check', 'immediates'],
  ['closing', 'closed handles'],
  ['timers', 'what is due'],
];

// Bits of an event mask, as the operating systems' poll has them.
const EVENTS = [[1, 'readable'], [4, 'writable'], [2, 'urgent data'], [8, 'error'], [16, 'hang-up'], [0x2000, 'disconnect']];

export class TurnPicture {
  constructor(trace, onSelect) {
    this.trace = trace;
    this.onSelect = onSelect;
    this.cards = new Map();
    const list = emptied(byId('turn-steps'));
    for (const [name, meaning] of STEPS) list.append(this.#card(name, meaning));
    if (trace.language === 'Python') byId('ticks-meaning').textContent = 'next_tick';
    this.ticks = byId('ticks');
    this.microtasks = byId('microtasks');
  }

  #card(name, meaning) {
    const content = element('div', { class: 'waiting' });
    const card = element(
      'li', { class: `card step-${name}` }, element('h4', {}, name), element('p', { class: 'meaning' }, meaning), content);
    this.cards.set(name, { card, content });
    return card;
  }

  /** Show the moment at which `run` began, or was through. */
  show(run, queues, isThrough) {
    const { trace } = this;
    const now = isThrough ? trace.runs.ended[run] : trace.runs.began[run];
    const step = trace.stepOf(run);
    for (const [name, { card }] of this.cards) {
      card.classList.toggle('present', name === step);
      if (name === step) card.setAttribute('aria-current', 'step');
      else card.removeAttribute('aria-current');
    }
    const turn = trace.runs.turn[run];
    byId('turn-now').textContent = turn > 0 ? `in turn ${grouped(turn)}, step ${step}` : OUTSIDE[step] ?? 'before the first turn';
    byId('turn-outside').classList.toggle('present', !this.cards.has(step));
    const drained = DRAINED[trace.kindOf(run)];
    for (const name of ['ticks', 'microtasks']) this[name].parentElement.classList.toggle('present', name === drained);
    byId('turn-outside').textContent = step === 'exit' ? 'the loop has ended' : 'main program';
    this.#fill('pending', this.#entries(queues.pending));
    this.#fill('poll', this.#poll(queues));
    this.#fill('check', this.#entries(queues.immediates));
    this.#fill('closing', this.#entries(queues.closing));
    this.#fill('timers', this.#entries(queues.timers, (entry) => this.#dueText(entry, now)));
    emptied(this.ticks).append(...this.#entries(queues.ticks));
    emptied(this.microtasks).append(...this.#entries(queues.microtasks));
    (drained ? this[drained] : this.cards.get(step)?.content)?.prepend(this.#running(run, isThrough ? 'has just run' : 'runs now'));
  }

  #running(run, extra) {
    const { trace } = this;
    return element(
      'span', { class: 'entry running' }, swatch(trace.familyOf(run)),
      element('b', { class: 'what' }, shortened(trace.labelOf(run), 40)), element('span', { class: 'extra' }, extra));
  }

  #fill(step, nodes) {
    emptied(this.cards.get(step).content).append(...nodes);
  }

  #dueText(entry, now) {
    const left = entry.due - now;
    return left > 0 ? `in ${duration(left)}` : 'due';
  }

  /** The program's own first; what only the runtime knows of is counted. */
  #entries(entries, extra = () => '') {
    const own = entries.filter((entry) => !this.#isInternal(entry));
    const internal = entries.length - own.length;
    return [
      ...own.slice(0, MOST).map((entry) => this.#entry(entry, extra(entry))),
      ...(own.length > MOST ? [more(own.length - MOST, 'more')] : []),
      ...(internal > 0 ? [more(internal, 'of the runtime')] : [])];
  }

  #isInternal({ resource, run }) {
    const { resources, texts } = this.trace;
    return resources.place[resource] < 0 && !texts[resources.detail[resource]] && (run < 0 || this.trace.runs.place[run] < 0);
  }

  /** Something that waits, as a button that goes to its run; or as a text, if it never ran. */
  #entry(entry, extra) {
    const { trace } = this;
    const kind = trace.kindOfResource(entry.resource);
    const name = entry.run >= 0 ? trace.nameOf(entry.run) : '';
    const where = trace.placeName(trace.resources.place[entry.resource]);
    const detail = trace.texts[trace.resources.detail[entry.resource]] ?? '';
    const label = shortened(name || where || detail || kind, 40);
    const content = [
      swatch(trace.familyOfKind(kind)), element('span', { class: 'what' }, label),
      extra && element('span', { class: 'extra' }, extra)];
    if (entry.run < 0) return element('span', { class: 'entry lost', title: `${kind}: did not run` }, ...content);
    const title = `${kind}${where && ` asked for at ${where}`}; runs as #${trace.runs.number[entry.run]}`;
    return element('button', { class: 'entry', type: 'button', title, onclick: () => this.onSelect(entry.run) }, ...content);
  }

  #poll({ watched, pool }) {
    const { trace } = this;
    const { jobs, texts } = trace;
    const name = (job) => shortened(texts[jobs.name[job]], 32);
    const group = (title, nodes) => (nodes.length === 0 ? [] : [element('p', { class: 'group' }, title), ...nodes]);
    const job = (each, extra) => element(
      'span', { class: 'entry' }, swatch('work'), element('span', { class: 'what' }, name(each)),
      extra && element('span', { class: 'extra' }, extra));
    const cut = (nodes, count) => (count > MOST ? [...nodes.slice(0, MOST), more(count - MOST, 'more')] : nodes);
    const lines = (list, extra = () => '') => cut(list.slice(0, MOST).map((each) => job(each, extra(each))), list.length);
    return [
      ...group('descriptors watched', cut(watched.slice(0, MOST).map(descriptorEntry), watched.length)),
      ...group('pool: on a thread', lines(pool.running, (each) => texts[jobs.thread[each]])),
      ...group('pool: waiting for a thread', lines(pool.queued)),
      ...group('pool: done, to be delivered', lines(pool.finished)),
    ];
  }
}

const DRAINED = { tick: 'ticks', await: 'microtasks', microtask: 'microtasks' };

const OUTSIDE = { exit: 'the loop has ended', start: 'before the program' };

function more(count, what) {
  return element('span', { class: 'more' }, `+ ${grouped(count)} ${what}`);
}

function descriptorEntry({ descriptor, events, owner }) {
  const names = EVENTS.filter(([bit]) => events & bit).map(([, name]) => name).join(', ');
  return element(
    'span', { class: 'entry' }, swatch('network'), element('span', { class: 'what' }, shortened(`${descriptor} ${owner}`, 60)),
    element('span', { class: 'extra' }, names));
}
