// How a callback is named everywhere on the page: a mark of its family's colour, its name, its number.

import { element } from './dom.js';

/** A coloured mark. */
export function swatch(family) {
  return element('span', { class: 'swatch', style: `--swatch: var(--${family})`, 'aria-hidden': 'true' });
}

/** Something toned down, after what it belongs to; nothing if the text is empty. */
export const extra = (text) => (text ? element('span', { class: 'extra' }, text) : '');

export const quiet = (text, tag = 'p') => element(tag, { class: 'quiet' }, text);

/** A button that looks like a part of the text. */
export function action(name, listener, ...content) {
  return element('button', { type: 'button', class: name, onclick: listener }, ...content);
}

/** A run's mark, name and number. */
export function runName(trace, run) {
  return [
    swatch(trace.familyOf(run)), element('span', { class: 'what' }, trace.labelOf(run)),
    element('span', { class: 'number' }, `#${trace.runs.number[run]}`)];
}

/** A run as a link to it, and what else is to be said of it. */
export function runLink(trace, run, onSelect, ...extras) {
  return action('link', () => onSelect(run), ...runName(trace, run), ...extras.map(extra));
}
