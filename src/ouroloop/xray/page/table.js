// All callbacks as a table: what the lanes show, for those who would rather read, search or hear it.
//
// Theory of operation. A table of 100,000 rows would take a browser seconds: it shows a page of them, and the filters
// and orders work on positions.

import { counted, duration, grouped, moment } from './format.js';
import { action, swatch } from './marks.js';
import { byId, element, emptied } from './dom.js';

const PAGE = 50; // rows

export class CallbackTable {
  constructor(trace, onSelect) {
    this.trace = trace;
    this.onSelect = onSelect;
    this.selected = -1;
    this.first = 0;
    const kinds = [...new Set(Array.from({ length: trace.runs.count }, (_, run) => trace.kindOf(run)))];
    byId('kind').append(...kinds.map((kind) => element('option', { value: kind }, kind)));
    for (const id of ['find', 'kind', 'order']) byId(id).addEventListener('input', () => this.filter());
    byId('earlier').addEventListener('click', () => this.turnTo(this.first - PAGE));
    byId('later').addEventListener('click', () => this.turnTo(this.first + PAGE));
    this.filter();
  }

  filter() {
    const { trace } = this;
    const text = byId('find').value.trim().toLowerCase();
    const kind = byId('kind').value;
    const rows = [];
    for (let run = 0; run < trace.runs.count; run++) {
      if (kind !== '' && trace.kindOf(run) !== kind) continue;
      if (text === '' || this.#textOf(run).includes(text)) rows.push(run);
    }
    if (byId('order').value === 'length') rows.sort((a, b) => trace.lengthOf(b) - trace.lengthOf(a));
    this.rows = rows;
    this.turnTo(Math.max(0, this.#pageOf(this.selected)));
  }

  #textOf(run) {
    const { trace } = this;
    return `#${trace.runs.number[run]} ${trace.labelOf(run)} ${trace.placeName(trace.scheduledAt(run))}`.toLowerCase();
  }

  #pageOf(run) {
    const at = this.rows.indexOf(run);
    return at < 0 ? -1 : at - (at % PAGE);
  }

  turnTo(first) {
    this.first = Math.max(0, Math.min(first, this.rows.length - 1));
    const last = Math.min(this.first + PAGE, this.rows.length);
    byId('shown').textContent = this.rows.length === 0 ? 'none' :
      `${grouped(this.first + 1)} to ${grouped(last)} of ${counted(this.rows.length, 'callback')}`;
    byId('earlier').disabled = this.first === 0;
    byId('later').disabled = last >= this.rows.length;
    emptied(byId('rows')).append(...this.rows.slice(this.first, last).map((run) => this.#row(run)));
    this.#mark();
  }

  #row(run) {
    const { trace } = this;
    const { runs } = trace;
    const cause = trace.causeOf(run);
    const link = (each, label) => action('inline', () => this.onSelect(each), label);
    const cells = [
      link(run, `#${runs.number[run]}`), moment(runs.began[run]), duration(trace.lengthOf(run)),
      element('span', {}, swatch(trace.familyOf(run)), trace.labelOf(run)),
      runs.turn[run] > 0 ? `${runs.turn[run]} ${trace.stepOf(run)}` : trace.stepOf(run),
      trace.placeName(trace.scheduledAt(run)), cause >= 0 ? link(cause, `#${runs.number[cause]}`) : ''];
    return element('tr', { 'data-run': String(run) }, ...cells.map((cell) => element('td', {}, cell)));
  }

  /** Mark a run, and turn to its page. */
  select(run) {
    this.selected = run;
    const page = this.#pageOf(run);
    if (page >= 0 && page !== this.first) this.turnTo(page);
    else this.#mark();
  }

  #mark() {
    for (const row of byId('rows').children) {
      if (Number(row.dataset.run) === this.selected) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }
}
