// Numbers, times and texts as people read them.

const MINUS = '\u2212';

function digits(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A length of time, given in ns, with three digits. */
export function duration(ns) {
  if (ns < 0) return MINUS + duration(-ns);
  if (ns === 0) return '0 ms';
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${digits(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${digits(ns / 1e6)} ms`;
  if (ns < 600e9) return `${digits(ns / 1e9)} s`;
  return `${grouped(Math.round(ns / 60e9))} min`;
}

/** A round length of time, without digits that say nothing: "10 ms". */
export function round(ns) {
  return duration(ns).replace(/\.0+(?= )/, '');
}

/** A moment since the program began, given in ns, as ms to the µs: two of them can be compared digit by digit. */
export function moment(ns) {
  return `${grouped(Math.floor(ns / 1e6))}.${String(Math.floor((ns % 1e6) / 1e3)).padStart(3, '0')} ms`;
}

/** A whole number, its thousands apart. */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** "1 turn", "2 turns". */
export function counted(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
}

export function percent(part) {
  return part > 0 && part < 0.0995 ? `${(part * 100).toFixed(1)} %` : `${Math.round(part * 100)} %`;
}

/** A path's last name. */
export function baseName(path) {
  return path.split(/[/\\]/).pop() || path;
}

// Letters that would change what stands around them, such as those that turn the direction of writing.
const UNSEEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function seen(letter) {
  const code = letter.codePointAt(0);
  if (letter === '\n' || letter === '\t') return letter;
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\ufffd';
}

/** What a program wrote, without a terminal's colours, and with letters that cannot be seen made visible. */
export function visible(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[\d;]*[A-Za-z]/g, '').replace(/\r\n/g, '\n').replace(UNSEEN, seen);
}

export function shortened(text, most) {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
