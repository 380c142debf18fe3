// The selected callback: what it was, why it ran when it did, its source, its causes and what it scheduled.

import { action, quiet, runLink, runName, swatch } from './marks.js';
import { byId, element, emptied } from './dom.js';
import { duration, grouped, moment, shortened, visible } from './format.js';
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
    const number = element('span', { class: 'number' }, `#${runs.number[run]}`);
    emptied(byId('callback-title')).append(swatch(trace.familyOf(run)), ` ${trace.labelOf(run)} `, number);
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
      facts.push(...this.#jobFacts(trace.jobFor(run)));
      facts.push(['type', trace.resources.types[trace.resources.type[resource]][0]]);
    }
    emptied(byId('callback-facts')).append(
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
  }

  #jobFacts(job) {
    const { jobs, texts } = this.trace;
    if (job < 0 || jobs.started[job] < 0 || jobs.finished[job] < 0) return [];
    const took = duration(jobs.finished[job] - jobs.started[job]);
    const waited = duration(jobs.started[job] - jobs.queued[job]);
    const name = shortened(texts[jobs.name[job]], 40);
    return [['pool', `${name}, ${took} on ${texts[jobs.thread[job]]} after ${waited} in line`]];
  }

  /** A sentence whose "#12" are links to those runs. */
  #linked(text) {
    return text.split(/(#\d+)/).map((part, i) => {
      const run = i % 2 === 1 ? this.trace.runs.number.indexOf(Number(part.slice(1))) : NONE;
      if (run === NONE) return part;
      const link = action('inline', () => this.onSelect(run), part);
      link.title = this.trace.labelOf(run);
      return link;
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
    if (box.children.length === 0) box.append(this.#nearestSource(run));
  }

  /** Of a run that is part of the runtime: where the nearest of its causes was asked for. */
  #nearestSource(run) {
    const { trace } = this;
    const cause = trace.causesOf(run).find((each) => trace.scheduledAt(each) >= 0);
    if (cause === undefined) {
      return quiet('This callback is part of the runtime: no line of the program stands behind it.');
    }
    const number = trace.runs.number[cause];
    const title = `part of the runtime; its nearest cause in the program, #${number}, was asked for at`;
    return this.#excerpt(title, trace.scheduledAt(cause));
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
      return element('figure', { class: 'source' }, caption, quiet('The source is not in the trace.'));
    }
    const words = trace.texts[file].endsWith('.py') ? PYTHON_WORDS : WORDS;
    const rows = [];
    for (let line = lit - CONTEXT; line <= lit + CONTEXT; line++) {
      if (lines.has(line)) rows.push(sourceLine(line, lines.get(line), line === lit, words));
    }
    const label = `Source, line ${lit} is meant`;
    const code = element('div', { class: 'code', tabindex: '0', role: 'group', 'aria-label': label }, ...rows);
    return element('figure', { class: 'source' }, caption, code);
  }

  // Causes and effects

  #link(run, more = '') {
    const { trace } = this;
    return runLink(trace, run, this.onSelect, trace.placeName(trace.scheduledAt(run)), more);
  }

  #chain(run) {
    const { trace } = this;
    const chain = [run, ...trace.causesOf(run)];
    const list = emptied(byId('chain'));
    const last = chain[chain.length - 1];
    const isWhole = trace.kindOf(last) === 'main';
    const shown = chain.length <= CHAIN ? chain : [...chain.slice(0, CHAIN - 1), last];
    for (const each of shown.reverse()) {
      const isHere = each === run;
      const name = isHere ? element('span', { class: 'link here' }, ...runName(trace, each)) : this.#link(each);
      list.append(element('li', { 'aria-current': isHere && 'true' }, name));
      if (each === last && shown.length < chain.length) {
        list.append(quiet(`… ${grouped(chain.length - shown.length)} between …`, 'li'));
      }
    }
    if (!isWhole) {
      list.prepend(quiet(trace.dropped > 0 ? 'What came before is not in the trace: the record was full.' :
        'Nothing in the program asked for this.', 'li'));
    }
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
      const later = duration(trace.runs.began[effect] - trace.runs.began[run]);
      list.append(element('li', {}, this.#link(effect, `${later} later`)));
    }
    if (effects.length > EFFECTS) {
      list.append(quiet(`and ${grouped(effects.length - EFFECTS)} more`, 'li'));
    }
    if (effects.length === 0) list.append(quiet('Nothing that ran.', 'li'));
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
  const at = element('span', { class: 'at', 'data-line': String(number), 'aria-hidden': 'true' });
  return element('div', { class: isLit ? 'line lit' : 'line' }, at, line);
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
  tick: 'A tick runs as soon as the callback that asked for it is through, before promises and the rest of the loop.',
  await: 'A promise was settled: what waits for it runs when the callback and its ticks are through.',
  microtask: 'A microtask runs when the callback that asked for it and its ticks are through, before the loop goes on.',
  immediate: 'An immediate runs in the check step, right after the loop has polled.',
  timer: 'A timer runs in the timers step, the last of a turn, once its time has come.',
  interval: 'An interval runs in the timers step, the last of a turn, each time that it is due.',
};
