// Changes the document only where something has changed, so that nothing flickers, and the focus, the
// selection and the scroll position stay. Strings become text, never HTML.

/** An element with a class and children: elements, or strings. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

export function setText(element, text) {
  const value = String(text ?? "");
  if (element.textContent !== value) element.textContent = value;
}

export function setClass(element, className) {
  if (element.className !== className) element.className = className;
}

export function setTitle(element, title) {
  if (element.title !== title) element.title = title;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/**
 * Makes the children of `parent` those of `items`, in their order. `key` identifies an item; `create`
 * returns its element, and `update` fills it, for new and for known ones.
 */
export function keep(parent, items, key, create, update) {
  const known = parent.kept ?? new Map();
  const kept = new Map();
  for (const item of items) {
    const id = key(item);
    if (kept.has(id)) continue;
    const element = known.get(id) ?? create(item);
    update(element, item);
    kept.set(id, element);
  }
  for (const [id, element] of known) {
    if (!kept.has(id)) element.remove();
  }
  // From the end, so that what is in its place is not touched.
  let next = null;
  for (const element of [...kept.values()].reverse()) {
    if (element.parentNode !== parent || element.nextSibling !== next) {
      parent.insertBefore(element, next);
    }
    next = element;
  }
  parent.kept = kept;
}

/** The time of day of an RFC 3339 time, as the emulator has it: in UTC. */
export function clock(time, digits = 0) {
  const rest = time.slice(11).replace("Z", "");
  return digits === 0 ? rest.slice(0, 8) : rest.slice(0, 9 + digits);
}

/** A duration in words that stay short. */
export function duration(milliseconds) {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

export function count(number, singular, plural = `${singular}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? singular : plural}`;
}

/** How many of how many, if not all are listed. */
export function newest(listed, total) {
  const all = total.toLocaleString("en");
  return listed < total ? `newest ${listed} of ${all}` : all;
}
