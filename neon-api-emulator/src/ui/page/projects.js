// The list of projects; an open one has its branches, endpoints and last operations.
import { clock, count, duration, keep, make, setClass, setHidden, setText, setTitle } from "./dom.js";

/** From here on deeper branches are not indented further. */
const DEEPEST = 12;

const STATES = {
  init: "waiting",
  active: "on",
  idle: "off",
  ready: "on",
  archived: "off",
  finished: "on",
  skipped: "off",
  failed: "bad",
  error: "bad",
  cancelled: "bad",
};

/** A colored dot before a word, which says the same. */
export function state(word, pending) {
  const element = make("span", "state");
  showState(element, word, pending);
  return element;
}

export function showState(element, word, pending) {
  setClass(element, `state ${pending ? "waiting" : (STATES[word] ?? "waiting")}`);
  setText(element, pending && pending !== word ? `${word} → ${pending}` : word);
}

/** Shows the projects of a view. `onToggle` is called with an ID when one is opened or closed. */
export function showProjects(list, view, open, onToggle) {
  keep(
    list,
    view.projects.items,
    (project) => project.id,
    (project) => createProject(project, onToggle),
    (element, project) => updateProject(element, project, open, view.now),
  );
}

function createProject(project, onToggle) {
  const name = make("span", "name");
  const id = make("code", "id", project.id);
  const summary = make("summary", "", make("span", "title", name, id), make("span", "facts-line"));
  const about = make("p", "note");
  const tree = make("ul", "tree");
  const more = make("p", "note");
  const operations = make("ul", "operations");
  const title = make("h3", "", "Last operations");
  const details = make("details", "", summary, make("div", "inside", about, tree, more, title, operations));
  details.addEventListener("toggle", () => onToggle(project.id, details.open));
  const element = make("li", "project", details);
  element.parts = { name, summary, about, tree, more, operations, title, details };
  return element;
}

function updateProject(element, project, open, now) {
  const parts = element.parts;
  setText(parts.name, project.name);
  const version = `Postgres ${project.pg_version}`;
  const created = `created ${project.created_at.replace("T", " ").replace("Z", "")}`;
  setText(parts.about, [project.org_id, project.region_id, version, created].join(" · "));
  const facts = [
    count(project.branches, "branch", "branches"),
    `${count(project.endpoints, "endpoint")}, ${project.running} running`,
  ];
  const line = parts.summary.lastChild;
  keep(
    line,
    project.operations > 0 ? ["busy", ...facts.keys()] : [...facts.keys()],
    (key) => key,
    (key) => make("span", key === "busy" ? "badge busy" : "fact"),
    (span, key) => setText(span, key === "busy" ? count(project.operations, "operation") : facts[key]),
  );
  if (parts.details.open !== open.has(project.id)) parts.details.open = open.has(project.id);
  const inside = project.open;
  // The branches of one that was opened just now come with the next view.
  if (!inside) return;
  keep(parts.tree, inside.branches, (branch) => branch.id, createBranch, (row, branch) =>
    updateBranch(row, branch, now),
  );
  const missing = project.branches - inside.branches.length;
  setText(parts.more, `The default branch and the newest ones; ${missing} older ones are not listed.`);
  setHidden(parts.more, missing <= 0);
  setHidden(parts.title, inside.operations.length === 0);
  keep(parts.operations, inside.operations, (one) => one.id, createOperation, updateOperation);
}

function createBranch(branch) {
  const indent = make("span", "indent");
  indent.setAttribute("aria-hidden", "true");
  const name = make("span", "name");
  const facts = make("span", "facts-line");
  const endpoints = make("ul", "endpoints");
  const head = make("div", "head", name, make("span", "badges"), make("code", "id", branch.id), facts);
  const element = make("li", "branch", indent, make("div", "content", head, endpoints));
  element.parts = { indent, name, badges: head.children[1], facts, endpoints };
  return element;
}

function updateBranch(element, branch, now) {
  const parts = element.parts;
  const level = String(branch.depth + 1);
  if (element.getAttribute("aria-level") !== level) {
    element.setAttribute("aria-level", level);
    parts.indent.style.setProperty("--depth", String(Math.min(branch.depth, DEEPEST)));
  }
  setText(parts.name, branch.name);
  setTitle(parts.name, branch.parent_id ? `child of ${branch.parent_id}` : "root branch");
  keep(
    parts.badges,
    badges(branch, now),
    ([kind]) => kind,
    ([kind]) => make("span", `badge ${kind}`),
    (span, [, text]) => setText(span, text),
  );
  const facts = `${count(branch.roles, "role")} · ${count(branch.databases, "database")}`;
  setText(parts.facts, facts);
  keep(parts.endpoints, branch.endpoints, (one) => one.id, createEndpoint, updateEndpoint);
}

function badges(branch, now) {
  const list = [];
  if (branch.default) list.push(["default", "default"]);
  if (branch.protected) list.push(["protected", "protected"]);
  if (branch.pending_state || branch.current_state !== "ready") {
    list.push(["busy", [branch.current_state, branch.pending_state].filter(Boolean).join(" → ")]);
  }
  if (branch.init_source === "schema-only") list.push(["plain", "schema only"]);
  if (branch.restored_from) list.push(["plain", "from a snapshot"]);
  if (branch.depth > DEEPEST) list.push(["plain level", `level ${branch.depth + 1}`]);
  if (branch.expires_at) {
    const left = Date.parse(branch.expires_at) - Date.parse(now);
    list.push(["expiry", left > 0 ? `expires in ${duration(left)}` : "expired"]);
  }
  return list;
}

function createEndpoint(endpoint) {
  const word = state(endpoint.current_state, endpoint.pending_state);
  const kind = make("span", "fact");
  const element = make("li", "endpoint", word, make("code", "id", endpoint.id), kind);
  element.parts = { word, kind };
  return element;
}

function updateEndpoint(element, endpoint) {
  showState(element.parts.word, endpoint.current_state, endpoint.pending_state);
  const facts = [endpoint.type === "read_only" ? "read-only" : "read-write"];
  if (endpoint.disabled) facts.push("disabled");
  if (endpoint.current_state === "active" && endpoint.started_at) {
    facts.push(`since ${clock(endpoint.started_at)}`);
  } else if (endpoint.current_state === "idle" && endpoint.suspended_at) {
    facts.push(`since ${clock(endpoint.suspended_at)}`);
  }
  setText(element.parts.kind, facts.join(" · "));
}

function createOperation(operation) {
  const word = state(operation.status);
  const facts = make("span", "fact");
  const error = make("span", "error");
  const action = make("span", "action", operation.action);
  const time = make("time", "", clock(operation.created_at));
  const element = make("li", "operation", time, word, action, facts, error);
  element.parts = { word, facts, error };
  return element;
}

function updateOperation(element, operation) {
  showState(element.parts.word, operation.status);
  const took = operation.total_duration_ms > 0 ? duration(operation.total_duration_ms) : "";
  setText(element.parts.facts, took);
  setText(element.parts.error, operation.error);
  setHidden(element.parts.error, !operation.error);
}
