// Requests, running operations, faults, limits, organizations and totals.
import {
  clock, count, duration, keep, make, newest, setClass, setHidden, setText, setTitle,
} from "./dom.js";
import { showState, state } from "./projects.js";

const at = (id) => document.getElementById(id);

export function showTotals(view) {
  const number = (value) => value.toLocaleString("en");
  const totals = [
    ["Organizations", number(view.organizations.total)],
    ["Projects", number(view.projects.total)],
    ["Branches", number(view.branches)],
    ["Running endpoints", `${number(view.endpoints.running)} of ${number(view.endpoints.total)}`],
    ["Running operations", number(view.operations.total)],
    ["Requests", number(view.requests.total)],
  ];
  keep(
    at("totals"),
    totals,
    ([name]) => name,
    ([name]) => make("div", "", make("dt", "", name), make("dd", "")),
    (element, [, text]) => setText(element.lastChild, text),
  );
}

export function showRequests(view, onlyFailed) {
  const { total, items } = view.requests;
  const failed = (request) => request.status === 0 || request.status >= 400;
  const shown = onlyFailed ? items.filter(failed) : items;
  setText(at("requests-count"), newest(items.length, total));
  // An emulator that was started again counts from one.
  const key = (request) => `${request.number} ${request.at}`;
  keep(at("requests"), shown, key, createRequest, () => {});
  setHidden(at("requests-empty"), shown.length > 0);
  setText(at("requests-empty"), onlyFailed && total > 0 ? "None of these failed." : "None yet.");
}

function createRequest(request) {
  const { status, query, fault, operation_id: operation } = request;
  const kind = status === 0 || status >= 500 ? "bad" : status >= 400 ? "refused" : "good";
  const line = make("div", "line", make("span", "method", request.method), " ", make("code", "path", request.path));
  if (query !== "") line.append(make("code", "query", `?${query}`));
  const below = make("div", "below", make("span", "operation-id", operation ?? "unknown route"));
  if (fault) below.append(make("span", "badge fault", `fault: ${fault}`));
  below.append(make("code", "id", request.request_id));
  const time = make("time", "", clock(request.at, 3));
  const row = make(
    "tr",
    "",
    make("td", "", time),
    make("td", `status-code ${kind}`, status === 0 ? "none" : String(status)),
    make("td", "", line, below),
    make("td", "number", duration(request.took_us / 1_000)),
  );
  setTitle(time, request.at);
  return row;
}

export function showOperations(view) {
  const { total, items } = view.operations;
  setText(at("operations-count"), newest(items.length, total));
  setHidden(at("operations-empty"), total > 0);
  keep(at("operations"), items, (one) => one.id, createRunning, (element, operation) => {
    showState(element.parts.word, operation.status);
    const age = Date.parse(view.now) - Date.parse(operation.created_at);
    // Whole seconds: it changes once a second, and not with every view.
    setText(element.parts.age, `for ${Math.max(0, Math.floor(age / 1_000))} s`);
  });
}

function createRunning(operation) {
  const word = state(operation.status);
  const age = make("span", "fact");
  const where = [operation.project, operation.branch_id, operation.endpoint_id];
  const element = make(
    "li",
    "",
    make("div", "line", word, make("span", "action", operation.action), age),
    make("div", "below", ...where.filter(Boolean).map((text) => make("code", "id", text))),
  );
  element.parts = { word, age };
  return element;
}

export function showFaults(view) {
  const { remaining, items } = view.faults;
  setText(at("faults-count"), remaining.toLocaleString("en"));
  setHidden(at("faults-empty"), items.length > 0);
  keep(
    at("faults"),
    [...items.entries()],
    ([position]) => position,
    () => make("li", "", make("div", "line", make("span", "action"), make("span", "fact")), make("div", "below")),
    (element, [, fault]) => {
      const [action, often] = element.firstChild.children;
      setText(action, fault.what);
      setText(often, oftenText(fault));
      setText(element.lastChild, whereText(fault));
    },
  );
}

function oftenText(fault) {
  const parts = [fault.remaining === null ? "always" : count(fault.remaining, "time")];
  if (fault.skips > 0) parts.push(`after ${fault.skips} others`);
  if (fault.probability < 1) parts.push(`with probability ${fault.probability}`);
  if (fault.delay_ms) parts.push(`delayed ${range(fault.delay_ms)}`);
  if (fault.after_effect) parts.push("after the effect");
  return parts.join(" · ");
}

function whereText(fault) {
  const kind = fault.is_of_operations ? "operations" : "requests";
  const on = fault.on.length > 0 ? fault.on.join(", ") : `all ${kind}`;
  return fault.has_condition ? `${on}, if a condition of the test is true` : on;
}

const range = ([low, high]) =>
  low === high ? duration(low) : `${duration(low)} to ${duration(high)}`;

export function showLimits(view) {
  const { rate_limits: rate, settings } = view;
  keep(
    at("used-up"),
    rate.used_up,
    ([name]) => name,
    ([name]) => make("li", "used-up", make("span", "badge bad", "429"), make("span", "action", name), make("span", "fact")),
    (element, [, wait]) =>
      setText(element.lastChild, wait === null ? "for ever" : `for ${duration(wait)}`),
  );
  const facts = [["Rate limit", rate.per_minute === null ? "off" : `${rate.per_minute.toLocaleString("en")} a minute`]];
  if (rate.per_minute !== null) {
    facts.push(["Bursts", String(rate.burst)], ["Account", rate.model], ["Routes", rate.route_model]);
  }
  for (const [name, limit] of Object.entries(settings.plan_limits)) {
    facts.push([`Plan: ${name}`, String(limit)]);
  }
  facts.push(
    ["Postgres", settings.postgres ? "behind the endpoints" : "none"],
    ["Operations take", settings.postgres ? "as long as Postgres" : range(settings.operation_latency_ms)],
    ["Changes while they run", settings.conflicts ? "423" : "accepted"],
    ["Accepted API keys", view.one_key ? "one, and created ones" : "any"],
    ["Seed", String(view.seed)],
  );
  if (settings.org_id_required) facts.push(["org_id", "required"]);
  keep(
    at("limits"),
    facts,
    ([name]) => name,
    ([name]) => make("div", "", make("dt", "", name), make("dd", "")),
    (element, [, text]) => setText(element.lastChild, text),
  );
}

export function showOrganizations(view) {
  const { total, items } = view.organizations;
  setText(at("organizations-count"), newest(items.length, total));
  keep(
    at("organizations"),
    items,
    (one) => one.id,
    (one) => make("li", "", make("div", "line", make("span", "name"), make("code", "id", one.id)), make("div", "below")),
    (element, one) => {
      setText(element.firstChild.firstChild, one.name);
      const facts = [count(one.projects, "project"), count(one.members, "member")];
      setText(element.lastChild, facts.join(" · "));
    },
  );
}

/** What the page is doing: `live`, `paused`, `lost` or `waiting`. */
export function showStatus(kind, text) {
  const status = at("status");
  if (status.dataset.state !== kind) status.dataset.state = kind;
  setText(at("status-text"), text);
  setClass(at("main"), kind === "lost" ? "stale" : "");
}
