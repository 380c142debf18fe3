// The summary: the story in a few sentences at the top, and the figures at the foot.

import { counted, duration, grouped, moment, percent, round, visible } from './format.js';
import { byId, element, emptied, swatch } from './dom.js';

/** What the program did, told in two or three sentences to someone who sees a trace for the first time. */
export function tellStory(trace, onSelect) {
  const { digest } = trace;
  const story = emptied(byId('story'));
  const name = (run) => element(
    'button', { type: 'button', class: 'inline', onclick: () => onSelect(run) }, trace.labelOf(run));
  if (trace.runs.count === 0) {
    story.append('Nothing was recorded.');
    return;
  }
  const awake = Math.max(0, digest.whole - digest.asleep);
  story.append(
    `The program ran for ${duration(digest.whole)}: `,
    element('b', {}, `${duration(awake)} at work`), ` in ${counted(trace.runs.count, 'callback')} and ${counted(trace.turns.length, 'turn')} of the loop`,
    digest.asleep > 0 ? `, ${duration(digest.asleep)} asleep, waiting. ` : '. ');
  const [worst] = digest.stretches;
  const blocked = worst && worst[2] >= digest.blocked && trace.kindOf(worst[0]) !== 'main' ? worst :
    digest.stretches.find(([run, , length]) => trace.kindOf(run) !== 'main' && length >= digest.blocked);
  if (blocked) {
    const [run, , length] = blocked;
    const place = trace.placeName(trace.scheduledAt(run));
    story.append('The loop was blocked for ', element('b', {}, duration(length)), ' by ', name(run), place ? ` (asked for at ${place}). ` : '. ');
  } else {
    story.append(`Once the main program was through, nothing held the loop up for ${round(digest.blocked)} or more. `);
  }
  if (digest.late.length > 0) {
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
    this.#table('longest', ['Callback', 'Took', 'When'], digest.longest.map((run) => [
      this.#run(run), this.#bar(this.trace.lengthOf(run), this.trace.lengthOf(digest.longest[0])),
      moment(this.trace.runs.began[run])]));
    const stretches = digest.stretches.filter(([, , length]) => length >= digest.blocked);
    this.#table('blocks', ['Callback', 'Held the loop up for', 'With'], stretches.map(([run, , length, count]) => [
      this.#run(run), this.#bar(length, stretches[0][2]),
      count > 1 ? `${counted(count - 1, 'run')} drained after it` : 'itself alone']),
    `Nothing held the loop up for ${round(digest.blocked)} or more.`);
    this.#table('late', ['Timer', 'Late by', 'Because of'], digest.late.map(([run, late, culprit]) => [
      this.#run(run), this.#bar(late, digest.late[0][1]), culprit >= 0 ? this.#run(culprit) : 'nothing that was recorded']),
    'Every timer ran when it was due.');
    this.#pool(digest.pool);
    this.#histogram(digest.delays);
  }

  #run(run) {
    const { trace } = this;
    const place = trace.placeName(trace.scheduledAt(run));
    return element(
      'button', { type: 'button', class: 'link', onclick: () => this.onSelect(run) }, swatch(trace.familyOf(run)),
      element('span', { class: 'what' }, trace.labelOf(run)), element('span', { class: 'number' }, `#${trace.runs.number[run]}`),
      place && element('span', { class: 'extra' }, place));
  }

  #bar(value, most) {
    return element(
      'span', { class: 'measure' }, element('i', { style: `width: ${Math.max(2, (value / most) * 100).toFixed(1)}%` }), duration(value));
  }

  #figures(digest) {
    const { trace } = this;
    const pauses = trace.pauses.began.reduce((sum, began, i) => sum + trace.pauses.ended[i] - began, 0);
    const figures = [
      [percent(digest.utilization), 'loop utilisation', 'the part of the time that the loop was not asleep'],
      [duration(digest.delays.median), 'delay, median', 'how long a turn kept an event waiting'],
      [duration(digest.delays.p99), 'delay, 99th percentile', ''],
      [duration(digest.delays.most), 'delay, longest', ''],
      [grouped(trace.runs.count), 'callbacks', ''],
      [grouped(trace.turns.length), 'turns', ''],
      ...(trace.pauses.count > 0 ? [[duration(pauses), 'garbage collection', counted(trace.pauses.count, 'pause')]] : []),
    ];
    emptied(byId('figures')).append(...figures.map(([value, name, more]) => element(
      'div', {}, element('dd', {}, value), element('dt', {}, name, more && element('small', {}, more)))));
  }

  #table(id, headings, rows, none) {
    const box = emptied(byId(id));
    if (rows.length === 0) {
      box.append(element('p', { class: 'quiet' }, none ?? 'None.'));
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
      box.append(element('p', { class: 'quiet' }, 'The thread pool had nothing to do.'));
      return;
    }
    const most = Math.max(...pool.busy.map(([, busy]) => busy));
    const saturated = pool.saturated > 0 ?
      `For ${duration(pool.saturated)} all ${pool.size} threads were busy while jobs waited; UV_THREADPOOL_SIZE allows more threads.` :
      'No job waited because all threads were busy.';
    box.append(element('p', {}, `${counted(pool.jobs, 'job')}; the longest wait for a thread was ${duration(pool.longestWait)}. ${saturated}`));
    const rows = pool.busy.map(([thread, busy]) => element(
      'tr', {}, element('td', {}, visible(thread) || 'unknown'), element('td', {}, this.#bar(busy, most)),
      element('td', {}, `${percent(busy / Math.max(1, trace.digest.whole))} of the time`)));
    box.append(element('table', {}, element('tbody', {}, ...rows)));
  }

  #histogram({ bounds, counts }) {
    const box = emptied(byId('delays'));
    const last = counts.findLastIndex((count) => count > 0);
    if (last < 0) {
      box.append(element('p', { class: 'quiet' }, 'The loop made no turn.'));
      return;
    }
    const first = Math.max(0, counts.findIndex((count) => count > 0));
    const most = Math.max(...counts);
    const name = (i) => (i < bounds.length ? `< ${round(bounds[i])}` : 'longer');
    const rows = [];
    for (let i = first; i <= last; i++) {
      rows.push(element(
        'tr', {}, element('th', { scope: 'row' }, name(i)),
        element('td', {}, element('i', { style: `width: ${((counts[i] / most) * 100).toFixed(1)}%` })),
        element('td', { class: 'count' }, grouped(counts[i]))));
    }
    box.append(element('table', { class: 'histogram' }, element('tbody', {}, ...rows)));
  }
}
