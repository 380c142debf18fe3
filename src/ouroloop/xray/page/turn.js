// The picture of the turn: its seven steps in their order, the present one lit, each with what waits in it.

import { duration, grouped, shortened } from './format.js';
import { action, extra, swatch } from './marks.js';
import { byId, element, emptied } from './dom.js';

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
const EVENTS = [
  [1, 'readable'], [4, 'writable'], [2, 'urgent data'], [8, 'error'], [16, 'hang-up'], [0x2000, 'disconnect'],
];

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
    const heading = [element('h4', {}, name), element('p', { class: 'meaning' }, meaning)];
    const card = element('li', { class: `card step-${name}` }, ...heading, content);
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
    const outside = OUTSIDE[step] ?? 'before the first turn';
    byId('turn-now').textContent = turn > 0 ? `in turn ${grouped(turn)}, step ${step}` : outside;
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
    const place = drained ? this[drained] : this.cards.get(step)?.content;
    place?.prepend(this.#running(run, isThrough ? 'has just run' : 'runs now'));
  }

  #running(run, state) {
    const { trace } = this;
    return entry(trace.familyOf(run), shortened(trace.labelOf(run), 40), state, 'entry running');
  }

  #fill(step, nodes) {
    emptied(this.cards.get(step).content).append(...nodes);
  }

  #dueText(entry, now) {
    const left = entry.due - now;
    return left > 0 ? `in ${duration(left)}` : 'due';
  }

  /** The program's own first; what only the runtime knows of is counted. */
  #entries(entries, stateOf = () => '') {
    const own = entries.filter((entry) => !this.#isInternal(entry));
    const internal = entries.length - own.length;
    return [
      ...own.slice(0, MOST).map((each) => this.#entry(each, stateOf(each))),
      ...(own.length > MOST ? [more(own.length - MOST, 'more')] : []),
      ...(internal > 0 ? [more(internal, 'of the runtime')] : [])];
  }

  #isInternal({ resource, run }) {
    const { resources, texts } = this.trace;
    if (resources.place[resource] >= 0 || texts[resources.detail[resource]]) return false;
    return run < 0 || this.trace.runs.place[run] < 0;
  }

  /** Something that waits, as a button that goes to its run; or as a text, if it never ran. */
  #entry({ resource, run }, state) {
    const { trace } = this;
    const kind = trace.kindOfResource(resource);
    const name = run >= 0 ? trace.nameOf(run) : '';
    const where = trace.placeName(trace.resources.place[resource]);
    const label = shortened(name || where || trace.texts[trace.resources.detail[resource]] || kind, 40);
    const family = trace.familyOfKind(kind);
    const node = run < 0 ? entry(family, label, state) :
      action('entry', () => this.onSelect(run), ...entry(family, label, state).childNodes);
    const fate = run < 0 ? 'did not run' : `runs as #${trace.runs.number[run]}`;
    node.title = `${kind}${where && ` asked for at ${where}`}; ${fate}`;
    return node;
  }

  #poll({ watched, pool }) {
    const { jobs, texts } = this.trace;
    const job = (each, state) => entry(
      'work', shortened(`${texts[jobs.name[each]]} ${this.trace.detailOfJob(each)}`.trim(), 32), state);
    const threadOf = (each) => texts[jobs.thread[each]];
    return [
      ...group('descriptors watched', watched, descriptorEntry),
      ...group('pool: on a thread', pool.running, (each) => job(each, threadOf(each))),
      ...group('pool: waiting for a thread', pool.queued, (each) => job(each, '')),
      ...group('pool: done, to be delivered', pool.finished, (each) => job(each, '')),
    ];
  }
}

function entry(family, label, state, name = 'entry') {
  return element('span', { class: name }, swatch(family), element('span', { class: 'what' }, label), extra(state));
}

/** A heading and the first of a list; nothing if there is none. */
function group(title, list, nodeOf) {
  if (list.length === 0) return [];
  const nodes = list.slice(0, MOST).map(nodeOf);
  if (list.length > MOST) nodes.push(more(list.length - MOST, 'more'));
  return [element('p', { class: 'group' }, title), ...nodes];
}

const DRAINED = { tick: 'ticks', await: 'microtasks', microtask: 'microtasks' };

const OUTSIDE = { exit: 'the loop has ended', start: 'before the program' };

function more(count, what) {
  return element('span', { class: 'more' }, `+ ${grouped(count)} ${what}`);
}

function descriptorEntry({ descriptor, events, owner }) {
  const names = EVENTS.filter(([bit]) => events & bit).map(([, name]) => name).join(', ');
  return entry('network', shortened(`${descriptor} ${owner}`, 60), names);
}
