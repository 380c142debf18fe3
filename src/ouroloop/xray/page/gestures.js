// Mouse, wheel, trackpad and fingers on the timeline. (Keys: `player.js`.)
//
// What surprises people: a wheel that turns down zooms out, and where there is nothing left to zoom out it scrolls the
// page, so that nobody is caught in the timeline; a trackpad's pinch arrives as a wheel with the control key.

const CLICK = 4; // pixels that a pointer may move and still click

export function attachGestures(timeline, canvas, overview) {
  const pointers = new Map(); // pointerId -> { x, y }
  let moved = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size === 1) moved = 0;
  });

  canvas.addEventListener('pointermove', (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === 'mouse') timeline.hover(now.x, now.y);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (other) pinch(before, now, other);
    else if (moved > CLICK) drag(now.x - before.x);
    pointers.set(event.pointerId, now);
  });

  function pinch(before, now, other) {
    const factor = Math.max(Math.abs(now.x - other.x), 10) / Math.max(Math.abs(before.x - other.x), 10);
    timeline.zoom(factor, other.x);
  }

  function drag(by) {
    canvas.classList.add('dragged');
    timeline.unhover();
    timeline.pan(-by);
  }

  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    canvas.classList.remove('dragged');
    if (event.type === 'pointerup' && moved <= CLICK && pointers.size === 0) {
      const { x, y } = place(event);
      timeline.click(x, y);
    }
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', () => timeline.unhover());
  canvas.addEventListener('dblclick', (event) => {
    const { x, y } = place(event);
    const found = timeline.at(x, y);
    if (found?.row.runs) timeline.zoomTo(found.row.bars.items[found.bar]);
    else timeline.zoom(3, x);
  });

  canvas.addEventListener('wheel', (event) => {
    const unit = event.deltaMode === 1 ? 16 : 1; // lines, or pixels
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      timeline.pan(sideways * unit);
      return;
    }
    if (timeline.whole && event.deltaY > 0 && !event.ctrlKey) return;
    event.preventDefault();
    const speed = event.ctrlKey ? 0.01 : 0.002;
    timeline.zoom(Math.exp(-event.deltaY * unit * speed), place(event).x);
  }, { passive: false });

  attachOverview(timeline, overview);
}

function attachOverview(timeline, overview) {
  const look = (event) => timeline.lookAtOverview(event.clientX - overview.getBoundingClientRect().left);
  overview.addEventListener('pointerdown', (event) => {
    overview.setPointerCapture(event.pointerId);
    look(event);
  });
  overview.addEventListener('pointermove', (event) => {
    if (overview.hasPointerCapture(event.pointerId)) look(event);
  });
}
