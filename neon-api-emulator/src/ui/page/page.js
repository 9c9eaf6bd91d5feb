// Polls the emulator and shows what it returns. A hidden or paused page does not poll.
import { newest, setHidden, setText } from "./dom.js";
import { showProjects } from "./projects.js";
import {
  showFaults, showLimits, showOperations, showOrganizations, showRequests, showStatus, showTotals,
} from "./side.js";

const INTERVAL = 1_000;
const TIMEOUT = 5_000;
/** As many are opened by themselves when they are the first to be seen. */
const FEW = 3;
/** As many have their branches in a view: opening another closes the one that was opened first. */
const MOST_OPEN = 20;

const at = (id) => document.getElementById(id);

const page = {
  view: undefined,
  open: new Set(),
  filter: "",
  onlyFailed: false,
  paused: false,
  timer: undefined,
  /** Ends a poll that is out of date. */
  polling: undefined,
};

async function poll() {
  clearTimeout(page.timer);
  page.polling?.abort();
  const polling = new AbortController();
  page.polling = polling;
  try {
    const open = [...page.open];
    const view = await load(open, polling.signal);
    if (polling.signal.aborted) return;
    take(view, open);
    show();
    if (page.paused) showStatus("paused", "Paused");
    else showStatus("live", "Live");
  } catch (error) {
    if (polling.signal.aborted) return;
    const since = page.view ? `, last seen ${page.view.now.slice(11, 19)}` : "";
    showStatus("lost", `Not reachable${since}`);
    console.info("the emulator cannot be reached", error);
  }
  schedule();
}

async function load(open, signal) {
  const query = new URLSearchParams();
  if (page.filter !== "") query.set("filter", page.filter);
  for (const id of open) query.append("open", id);
  const response = await fetch(`/ui/view?${query}`, {
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

/** Keeps a view, for which these projects were open. */
function take(view, open) {
  const isOther = page.view?.started_at !== view.started_at;
  const before = isOther ? 0 : page.view.projects.total;
  page.view = view;
  if (page.filter === "") {
    // An open project is listed as long as it exists.
    const listed = new Set(view.projects.items.map((project) => project.id));
    open.filter((id) => !listed.has(id)).forEach((id) => page.open.delete(id));
  }
  if (before === 0 && view.projects.total > 0 && view.projects.total <= FEW) {
    view.projects.items.forEach((project) => page.open.add(project.id));
    queueMicrotask(poll);
  }
}

function show() {
  const view = page.view;
  if (!view) return;
  showTotals(view);
  showProjects(at("projects"), view, page.open, toggled);
  const { total, matching, items } = view.projects;
  const listed = newest(items.length, matching);
  setText(at("projects-count"), page.filter === "" ? listed : `${listed} matching, ${total.toLocaleString("en")} in all`);
  setHidden(at("projects-empty"), items.length > 0);
  setText(at("projects-empty"), total === 0 ? "None yet." : "None matches.");
  showRequests(view, page.onlyFailed);
  showOperations(view);
  showFaults(view);
  showLimits(view);
  showOrganizations(view);
  setText(at("version"), `Version ${view.version}. Times are in UTC.`);
}

function toggled(id, isOpen) {
  if (isOpen === page.open.has(id)) return;
  if (!isOpen) {
    page.open.delete(id);
    return;
  }
  page.open.add(id);
  const [first] = page.open;
  if (page.open.size > MOST_OPEN) page.open.delete(first);
  poll();
}

function schedule() {
  clearTimeout(page.timer);
  if (!page.paused && !document.hidden) page.timer = setTimeout(poll, INTERVAL);
}

at("filter").addEventListener("input", (event) => {
  page.filter = event.target.value.trim();
  poll();
});

at("failed").addEventListener("change", (event) => {
  page.onlyFailed = event.target.checked;
  show();
});

at("pause").addEventListener("click", () => {
  page.paused = !page.paused;
  at("pause").setAttribute("aria-pressed", String(page.paused));
  setText(at("pause"), page.paused ? "Resume" : "Pause");
  if (page.paused) {
    page.polling?.abort();
    clearTimeout(page.timer);
    showStatus("paused", "Paused");
  } else {
    poll();
  }
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(page.timer);
  else if (!page.paused) poll();
});

setText(at("base"), `${location.origin}/api/v2`);
poll();
