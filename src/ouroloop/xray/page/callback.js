// The selected callback: what it was, why it ran when it did, its source, its causes and what it scheduled.

import { duration, grouped, moment, shortened, visible } from './format.js';
import { byId, element, emptied, swatch } from './dom.js';
import { NONE } from './trace.js';

const CONTEXT = 5; // lines of source above and below
const EFFECTS = 30; // shown
const CHAIN = 40; // shown

export class CallbackView {
  constructor(trace, onSelect) {
    this.trace = trace;
    this.onSelect = onSelect;
  }

  show(run) {
    this.#heading(run);
    emptied(byId('why')).append(...this.#linked(sentence(this.trace, run)));
    this.#sources(run);
    this.#chain(run);
    this.#effects(run);
  }

  #heading(run) {
    const { trace } = this;
    const { runs } = trace;
    emptied(byId('callback-title')).append(
      swatch(trace.familyOf(run)), ` ${trace.labelOf(run)} `, element('span', { class: 'number' }, `#${runs.number[run]}`));
    const facts = [
      ['began', moment(runs.began[run])],
      ['took', duration(trace.lengthOf(run)) + (runs.unfinished[run] ? ' (did not return)' : '')],
      ['in', runs.turn[run] > 0 ? `turn ${grouped(runs.turn[run])}, step ${trace.stepOf(run)}` : trace.stepOf(run)],
    ];
    const resource = runs.resource[run];
    if (resource >= 0) {
      if (trace.resources.cause[resource] >= 0) {
        facts.push(['waited', duration(runs.began[run] - trace.resources.made[resource])]);
      }
      if (runs.due[run] >= 0) {
        const late = runs.began[run] - runs.due[run];
        facts.push(['due', moment(runs.due[run]) + (late >= 1e6 ? `, so ${duration(late)} late` : '')]);
      }
      const detail = trace.texts[trace.resources.detail[resource]] ?? '';
      if (detail) facts.push(['about', shortened(detail, 120)]);
      if (runs.descriptor[run] >= 0) facts.push(['descriptor', String(runs.descriptor[run])]);
      facts.push(...this.#jobFacts(trace.jobFor(run)), ['type', trace.resources.types[trace.resources.type[resource]][0]]);
    }
    emptied(byId('callback-facts')).append(
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
  }

  #jobFacts(job) {
    const { jobs, texts } = this.trace;
    if (job < 0 || jobs.started[job] < 0 || jobs.finished[job] < 0) return [];
    const took = duration(jobs.finished[job] - jobs.started[job]);
    return [['pool', `${shortened(texts[jobs.name[job]], 40)}, ${took} on ${texts[jobs.thread[job]]} after ${duration(jobs.started[job] - jobs.queued[job])} in line`]];
  }

  /** A sentence whose "#12" are links to those runs. */
  #linked(text) {
    return text.split(/(#\d+)/).map((part, i) => {
      const run = i % 2 === 1 ? this.trace.runs.number.indexOf(Number(part.slice(1))) : NONE;
      if (run === NONE) return part;
      return element(
        'button', { type: 'button', class: 'inline', title: this.trace.labelOf(run), onclick: () => this.onSelect(run) }, part);
    });
  }

  // Sources

  #sources(run) {
    const { trace } = this;
    const box = emptied(byId('sources'));
    const asked = trace.scheduledAt(run);
    const ran = trace.runs.place[run];
    if (trace.kindOf(run) === 'main' && ran < 0) return;
    if (asked >= 0) box.append(this.#excerpt('asked for at', asked));
    if (ran >= 0 && !this.#isSame(asked, ran)) box.append(this.#excerpt('ran', ran));
    if (box.children.length === 0) {
      const cause = trace.causesOf(run).find((each) => trace.scheduledAt(each) >= 0 || trace.runs.place[each] >= 0);
      const place = cause === undefined ? NONE : Math.max(trace.scheduledAt(cause), NONE);
      if (place >= 0) box.append(this.#excerpt(`part of the runtime; its nearest cause in the program, #${trace.runs.number[cause]}, was asked for at`, place));
      else box.append(element('p', { class: 'quiet' }, 'This callback is part of the runtime: no line of the program stands behind it.'));
    }
  }

  #isSame(a, b) {
    const { file, line } = this.trace.places;
    return a >= 0 && file[a] === file[b] && line[a] === line[b];
  }

  #excerpt(title, place) {
    const { trace } = this;
    const file = trace.places.file[place];
    const lit = trace.places.line[place];
    const name = trace.texts[trace.places.function[place]];
    const lines = trace.sources.get(file);
    const caption = element(
      'figcaption', {}, `${title} `, element('b', { title: trace.texts[file] }, trace.placeName(place)),
      name && `, in ${shortened(name, 60)}`);
    if (!lines?.has(lit)) {
      return element('figure', { class: 'source' }, caption, element('p', { class: 'quiet' }, 'The source is not in the trace.'));
    }
    const words = trace.texts[file].endsWith('.py') ? PYTHON_WORDS : WORDS;
    const rows = [];
    for (let line = lit - CONTEXT; line <= lit + CONTEXT; line++) {
      if (lines.has(line)) rows.push(sourceLine(line, lines.get(line), line === lit, words));
    }
    const code = element('div', { class: 'code', tabindex: '0', role: 'group', 'aria-label': `Source, line ${lit} is meant` }, ...rows);
    return element('figure', { class: 'source' }, caption, code);
  }

  // Causes and effects

  #link(run, more = '') {
    const { trace } = this;
    const place = trace.placeName(trace.scheduledAt(run));
    return element(
      'button', { type: 'button', class: 'link', onclick: () => this.onSelect(run) }, swatch(trace.familyOf(run)),
      element('span', { class: 'what' }, trace.labelOf(run)), element('span', { class: 'number' }, `#${trace.runs.number[run]}`),
      place && element('span', { class: 'extra' }, place), more && element('span', { class: 'extra' }, more));
  }

  #chain(run) {
    const { trace } = this;
    const chain = [run, ...trace.causesOf(run)];
    const list = emptied(byId('chain'));
    const last = chain[chain.length - 1];
    const isWhole = trace.kindOf(last) === 'main';
    const shown = chain.length <= CHAIN ? chain : [...chain.slice(0, CHAIN - 1), last];
    for (const each of shown.reverse()) {
      const item = element('li', {}, each === run ? element('span', { class: 'link here' }, swatch(trace.familyOf(each)),
        element('span', { class: 'what' }, trace.labelOf(each)), element('span', { class: 'number' }, `#${trace.runs.number[each]}`)) :
        this.#link(each));
      if (each === run) item.setAttribute('aria-current', 'true');
      list.append(item);
      if (each === last && shown.length < chain.length) {
        list.append(element('li', { class: 'quiet' }, `… ${grouped(chain.length - shown.length)} between …`));
      }
    }
    if (!isWhole) list.prepend(element('li', { class: 'quiet' }, trace.dropped > 0 ?
      'What came before is not in the trace: the record was full.' : 'Nothing in the program asked for this.'));
    const trigger = trace.runs.trigger[run];
    const box = emptied(byId('trigger'));
    box.hidden = trigger < 0 || trigger === trace.causeOf(run);
    if (!box.hidden) box.append('Made ready by ', this.#link(trigger));
  }

  #effects(run) {
    const { trace } = this;
    const effects = trace.effectsOf(run);
    const list = emptied(byId('effects'));
    for (const effect of effects.slice(0, EFFECTS)) {
      list.append(element('li', {}, this.#link(effect, `${duration(trace.runs.began[effect] - trace.runs.began[run])} later`)));
    }
    if (effects.length > EFFECTS) {
      list.append(element('li', { class: 'quiet' }, `and ${grouped(effects.length - EFFECTS)} more`));
    }
    if (effects.length === 0) list.append(element('li', { class: 'quiet' }, 'Nothing that ran.'));
  }
}

const WORDS = /\/\/.*|\/\*.*?\*\/|(["'`])(?:\\.|(?!\1).)*\1/g;
const PYTHON_WORDS = /#.*|("""|'''|["'])(?:\\.|(?!\1).)*\1/g;

/** A line of source: strings and comments are toned, all else is plain; numbers are left out of what is copied. */
function sourceLine(number, text, isLit, words) {
  const content = [];
  let last = 0;
  const clean = visible(text);
  for (const match of clean.matchAll(words)) {
    content.push(clean.slice(last, match.index), element('span', { class: match[1] ? 'string' : 'comment' }, match[0]));
    last = match.index + match[0].length;
  }
  content.push(clean.slice(last));
  const line = element('span', { class: 'text' }, ...content);
  return element('div', { class: isLit ? 'line lit' : 'line' }, element('span', { class: 'at', 'data-line': String(number), 'aria-hidden': 'true' }), line);
}

/** Why a run ran when it did; what the trace says of it, or else what step and place say. */
export function sentence(trace, run) {
  const [which, ...numbers] = trace.runs.why[run] ?? [];
  const template = trace.sentences[which];
  if (template !== undefined) return filled(template, numbers);
  if (trace.kindOf(run) === 'main') return 'The main program: it runs first, and the loop begins when it is through.';
  const place = trace.placeName(trace.scheduledAt(run));
  const asked = place ? ` It was asked for at ${place}.` : '';
  return PLAIN[trace.kindOf(run)]?.concat(asked) ?? `It ran in the step ${trace.stepOf(run)}.${asked}`;
}

/** A template as Python's `format` fills it: {0} is the first number, {{ a brace. */
function filled(template, numbers) {
  return template.replace(/\{\{|\}\}|\{(\d+)\}/g, (found, index) => (
    index === undefined ? found[0] : String(Number((numbers[index] ?? 0).toPrecision(12)))));
}

const PLAIN = {
  tick: 'A tick runs as soon as the callback that asked for it is through, before promises and before the loop goes on.',
  await: 'A promise was settled: what waits for it runs when the callback and its ticks are through.',
  microtask: 'A microtask runs when the callback that asked for it and its ticks are through, before the loop goes on.',
  immediate: 'An immediate runs in the check step, right after the loop has polled.',
  timer: 'A timer runs in the timers step, the last of a turn, once its time has come.',
  interval: 'An interval runs in the timers step, the last of a turn, each time that it is due.',
};
