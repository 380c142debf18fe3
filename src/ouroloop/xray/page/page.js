// The page: reads the trace, makes its parts, and tells all of them what is selected.

import { attachGestures } from './gestures.js';
import { attachKeys, Player } from './player.js';
import { byId, element, emptied } from './dom.js';
import { CallbackTable } from './table.js';
import { CallbackView, sentence } from './callback.js';
import { counted, duration, grouped, visible } from './format.js';
import { Queues } from './queues.js';
import { swatch } from './marks.js';
import { Summary, tellStory } from './summary.js';
import { Timeline } from './timeline.js';
import { Trace } from './trace.js';
import { TurnPicture } from './turn.js';

const OUTPUT = 200; // of the last writes that are shown

function readTrace() {
  const block = byId('trace');
  const trace = new Trace(JSON.parse(block.textContent));
  block.remove(); // its text is of no use any more, and is large
  return trace;
}

function heading(trace) {
  document.title = `${trace.title} · Ouroloop X-ray`;
  byId('program').textContent = visible([trace.program, ...trace.arguments].join(' '));
  const code = trace.endedBy ? `ended by ${visible(trace.endedBy)}` : `exit code ${trace.exitCode}`;
  const end = trace.stillRuns ? 'still running' : code;
  const when = new Date(trace.wallTime * 1000);
  const began = when.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
  byId('facts').textContent = [began, trace.language, end].join(' · ');
  const dropped = byId('dropped');
  dropped.hidden = trace.dropped === 0;
  dropped.textContent = `The record was full: the ${counted(trace.dropped, 'oldest record')} gave way. ` +
    'What is shown begins later, and some causes are missing; record with a larger --limit to see more.';
}

const LEGEND = {
  main: 'main program', timer: 'timers', immediate: 'immediates', tick: 'ticks', promise: 'promises, await',
  network: 'sockets, servers', work: 'files and pool work', closing: 'closing', other: 'other',
};

function legend(trace) {
  const present = new Set(Array.from({ length: trace.runs.count }, (_, run) => trace.familyOf(run)));
  if (trace.jobs.count > 0) present.add('work');
  const list = emptied(byId('legend'));
  const add = (mark, text) => list.append(element('li', {}, mark, text));
  for (const family of trace.families) if (present.has(family)) add(swatch(family), LEGEND[family]);
  if (trace.sleeps.count > 0) add(element('span', { class: 'swatch hatched', 'aria-hidden': 'true' }), 'asleep');
  if (trace.pauses.count > 0) add(swatch('pause'), 'garbage collection');
}

/** What the program has written until its `run` was through; what that wrote itself is marked. */
function showOutput(trace, run) {
  const { output, texts, runs } = trace;
  const box = emptied(byId('output'));
  let until = output.time.length;
  while (until > 0 && output.time[until - 1] > runs.ended[run]) until--;
  for (let i = Math.max(0, until - OUTPUT); i < until; i++) {
    const line = element('span', {}, texts[output.text[i]]);
    line.classList.toggle('error', output.descriptor[i] === 2);
    line.classList.toggle('now', output.run[i] === run);
    box.append(line);
  }
  if (until === 0) box.append(element('span', { class: 'quiet' }, output.time.length > 0 ? 'nothing yet' : 'nothing'));
  box.scrollTop = box.scrollHeight;
}

function attachScale(timeline) {
  for (const button of document.querySelectorAll('#scale input')) {
    button.checked = button.value === timeline.scaleName;
    button.addEventListener('change', () => timeline.setScale(button.value));
  }
  byId('zoom-in').addEventListener('click', () => timeline.zoom(1.6));
  byId('zoom-out').addEventListener('click', () => timeline.zoom(1 / 1.6));
  byId('zoom-fit').addEventListener('click', () => timeline.fit());
}

/** Light and dark: the system's choice, until the switch is used; paper is always light. */
function attachTheme(onChange) {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const tell = () => {
    byId('theme').setAttribute('aria-pressed', String(isDark()));
    onChange();
  };
  byId('theme').addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    tell();
  });
  dark.addEventListener('change', tell);
  let before;
  window.addEventListener('beforeprint', () => {
    before = root.dataset.theme;
    root.dataset.theme = 'light';
    onChange(true);
  });
  window.addEventListener('afterprint', () => {
    if (before === undefined) delete root.dataset.theme;
    else root.dataset.theme = before;
    onChange();
  });
  tell();
}

function tellAloud(trace, run) {
  byId('spoken').textContent = `Callback ${grouped(run + 1)} of ${grouped(trace.runs.count)}: ${trace.labelOf(run)}, ` +
    `took ${duration(trace.lengthOf(run))}. ${sentence(trace, run)}`;
}

/** The run that the address names (`#run-12`), or -1. */
function runOfAddress(trace) {
  const number = /^#run-(\d+)$/.exec(location.hash)?.[1];
  return number === undefined ? -1 : trace.runs.number.indexOf(Number(number));
}

let remembering = 0;

/** Put the run into the address, when the reader has stopped there: browsers allow few such changes in a second. */
function rememberInAddress(trace, run) {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    try {
      history.replaceState(null, '', `#run-${trace.runs.number[run]}`);
    } catch {
      // Where a page may not change its address, as in a frame, it goes without.
    }
  }, 400);
}

function open() {
  const trace = readTrace();
  heading(trace);
  legend(trace);
  const select = (run) => player.go(run);
  const timeline = new Timeline(trace, select);
  const views = [new CallbackView(trace, select), new CallbackTable(trace, select)];
  const picture = new TurnPicture(trace, select);
  const queues = new Queues(trace);
  const showMoment = (run) => {
    const isThrough = document.querySelector('#when input:checked').value === 'through';
    picture.show(run, queues.at(run, isThrough), isThrough);
  };
  byId('when').addEventListener('change', () => showMoment(player.run));
  const player = new Player(trace, (run) => {
    timeline.select(run);
    views[0].show(run);
    views[1].select(run);
    showMoment(run);
    showOutput(trace, run);
    tellAloud(trace, run);
    rememberInAddress(trace, run);
  });
  attachGestures(timeline, byId('lanes'), byId('overview'));
  attachKeys(player, timeline);
  attachScale(timeline);
  attachTheme((now) => {
    timeline.recolour();
    if (now) timeline.draw();
  });
  for (const id of ['player', 'moment', 'all']) byId(id).hidden = trace.runs.count === 0;
  tellStory(trace, select);
  new Summary(trace, select).show();
  player.go(Math.max(0, runOfAddress(trace)));
  window.addEventListener('hashchange', () => {
    const run = runOfAddress(trace);
    if (run >= 0) player.go(run);
  });
  document.documentElement.dataset.ready = 'true';
  requestAnimationFrame(() => setTimeout(() => performance.mark('ready'))); // when the first frame is on the screen
}

open();
