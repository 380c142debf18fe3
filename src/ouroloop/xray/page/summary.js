// The summary: the story in a few sentences at the top, and the figures at the foot.

import { counted, duration, grouped, moment, percent, round, visible } from './format.js';
import { action, extra, quiet, runLink, swatch } from './marks.js';
import { byId, element, emptied } from './dom.js';

const BLOCKING = 10e6; // ns from which on the summary says that the loop was blocked

/** Where a run's function is, or else where it was asked for, in brackets; "" if neither is known. */
function whereabouts(trace, run) {
  const place = trace.placeName(trace.runs.place[run]);
  if (place) return ` (at ${place})`;
  const asked = trace.placeName(trace.scheduledAt(run));
  return asked ? ` (asked for at ${asked})` : '';
}

/** How much of the work was the main program's, in brackets. */
function mainPart(trace) {
  return trace.kindOf(0) === 'main' ? ` (${duration(trace.lengthOf(0))} of it the main program)` : '';
}

/** What the program did, told in two or three sentences to someone who sees a trace for the first time. */
export function tellStory(trace, onSelect) {
  const { digest } = trace;
  const story = emptied(byId('story'));
  const name = (run) => action('inline', () => onSelect(run), trace.labelOf(run));
  if (trace.runs.count === 0) {
    const turns = counted(trace.turns.length, 'turn');
    const jobs = counted(trace.jobs.count, 'job');
    story.append(`No callback was recorded, but ${turns} of the loop and ${jobs} of its pool.`);
    return;
  }
  const awake = Math.max(0, digest.whole - digest.asleep);
  story.append(
    trace.dropped > 0 ? `Of ${duration(trace.duration)} the last ${duration(digest.whole)} are shown: ` :
      `The program ran for ${duration(digest.whole)}: `,
    element('b', {}, `${duration(awake)} at work`), mainPart(trace),
    ` in ${counted(trace.runs.count, 'callback')} and ${counted(trace.turns.length, 'turn')} of the loop`,
    digest.asleep > 0 ? `, ${duration(digest.asleep)} asleep, waiting. ` : '. ');
  const blocks = digest.blocks.filter(([run]) => trace.kindOf(run) !== 'main');
  if (blocks.length > 0) {
    const [run, , length] = blocks[0];
    const time = element('b', {}, duration(length));
    story.append('The loop was blocked for ', time, ' by ', name(run), whereabouts(trace, run), '. ');
  } else {
    story.append(`Once the main program was through, nothing held the loop up for ${round(BLOCKING)} or more. `);
  }
  if (digest.late.length > 0 && digest.late[0][1] >= BLOCKING) {
    const [run, late, culprit] = digest.late[0];
    story.append(name(run), ` ran ${duration(late)} late`);
    story.append(...(culprit >= 0 ? [', held up by ', name(culprit), '. '] : ['. ']));
  }
}

export class Summary {
  constructor(trace, onSelect) {
    this.trace = trace;
    this.onSelect = onSelect;
  }

  show() {
    const { digest } = this.trace;
    this.#figures(digest);
    this.#table('longest', ['Callback', 'Took', 'When'], this.#longest(digest));
    this.#table(
      'blocks', ['Callback', 'Held the loop up for', 'Of that itself'], this.#blocks(digest),
      `Nothing held the loop up for ${round(BLOCKING)} or more.`);
    this.#table(
      'functions', ['Function', 'In total', 'Times', 'Longest'], this.#functions(digest),
      'No function of the program ran for a time worth telling.');
    this.#table('late', ['Timer', 'Late by', 'Because of'], this.#late(digest), 'Every timer ran when it was due.');
    this.#pool(digest.pool);
    this.#histogram(digest.delays);
  }

  #longest({ longest }) {
    const { trace } = this;
    const most = trace.lengthOf(longest[0]);
    return longest.map((run) => [
      this.#run(run), this.#bar(trace.lengthOf(run), most), moment(trace.runs.began[run])]);
  }

  #blocks({ blocks }) {
    return blocks.map(([run, , length, own]) => [this.#run(run), this.#bar(length, blocks[0][2]), duration(own)]);
  }

  #functions({ functions }) {
    return functions.map(([place, name, kind, count, total, longest]) => [
      this.#function(place, name, kind), this.#bar(total, functions[0][4]), grouped(count), duration(longest)]);
  }

  #late({ late }) {
    return late.map(([run, by, culprit]) => [
      this.#run(run), this.#bar(by, late[0][1]), culprit >= 0 ? this.#run(culprit) : 'no callback of the program']);
  }

  #run(run) {
    const { trace } = this;
    const place = trace.runs.place[run] < 0 ? trace.scheduledAt(run) : trace.runs.place[run];
    return runLink(trace, run, this.onSelect, trace.placeName(place));
  }

  #function(place, name, kind) {
    const { trace } = this;
    return element(
      'span', { class: 'link' }, swatch(trace.familyOfKind(kind)),
      element('span', { class: 'what' }, visible(name) || kind), extra(trace.placeName(place)));
  }

  #bar(value, most) {
    const part = Math.max(2, (value / most) * 100).toFixed(1);
    return element('span', { class: 'measure' }, element('i', { style: `width: ${part}%` }), duration(value));
  }

  #figures(digest) {
    const { trace } = this;
    const figures = [
      [percent(digest.utilization), 'loop utilisation', 'of the loop\'s time it was not asleep'],
      [duration(digest.asleep), 'asleep', 'in the system\'s event queue'],
      ...(digest.longest.length > 0 ? [[duration(trace.lengthOf(digest.longest[0])), 'longest callback']] : []),
      [grouped(digest.blockCount), digest.blockCount === 1 ? 'time held up' : 'times held up',
        `for ${round(BLOCKING)} or more`],
      [grouped(digest.lateCount), digest.lateCount === 1 ? 'late timer' : 'late timers'],
    ];
    if (trace.pauses.count > 0) {
      figures.push([duration(digest.paused), 'garbage collection', counted(trace.pauses.count, 'pause')]);
    }
    emptied(byId('figures')).append(...figures.map(([value, name, more]) => element(
      'div', {}, element('dd', {}, value), element('dt', {}, name, more && element('small', {}, more)))));
  }

  #table(id, headings, rows, none) {
    const box = emptied(byId(id));
    if (rows.length === 0) {
      box.append(quiet(none ?? 'None.'));
      return;
    }
    const cells = (tag, values, more = {}) => values.map((value) => element(tag, more, value));
    box.append(element(
      'table', {}, element('thead', {}, element('tr', {}, ...cells('th', headings, { scope: 'col' }))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells('td', row))))));
  }

  #pool(pool) {
    const { trace } = this;
    const box = emptied(byId('pool'));
    if (pool.jobs === 0) {
      box.append(quiet('The thread pool had nothing to do.'));
      return;
    }
    const most = Math.max(...pool.busy.map(([, busy]) => busy));
    const line = pool.longestLine > 0 ? `, at most ${grouped(pool.longestLine)} in line at once` : '';
    const used = `while there was work, ${percent(pool.saturation)} of the ${pool.threads} threads' time was used`;
    const waited = `The longest wait for a thread was ${duration(pool.longestWait)}${line}.`;
    box.append(element('p', {}, `${counted(pool.jobs, 'job')}; ${used}. ${waited}`));
    const rows = pool.busy.map(([thread, busy]) => element(
      'tr', {}, element('td', {}, visible(thread) || 'unknown'), element('td', {}, this.#bar(busy, most)),
      element('td', {}, `${percent(busy / Math.max(1, trace.digest.whole))} of the time`)));
    box.append(element('table', {}, element('tbody', {}, ...rows)));
  }

  #histogram(delays) {
    const box = emptied(byId('delays'));
    const last = delays.findLastIndex(([, count]) => count > 0);
    if (last < 0) {
      box.append(quiet('Nothing ran.'));
      return;
    }
    const most = Math.max(...delays.map(([, count]) => count));
    const rows = delays.slice(0, last + 1).map(([bound, count]) => element(
      'tr', {}, element('th', { scope: 'row' }, bound < 0 ? 'longer' : `< ${round(bound)}`),
      element('td', {}, element('i', { style: `width: ${((count / most) * 100).toFixed(1)}%` })),
      element('td', { class: 'count' }, grouped(count))));
    box.append(element('table', { class: 'histogram' }, element('tbody', {}, ...rows)));
  }
}
