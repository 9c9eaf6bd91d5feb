// What the tests share: a browser whose page must be silent, and requests to the emulator.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

/** How long the page may take to show what has changed, on a busy machine too. */
export const SOON = 20_000;

/** The emulator that a test was given, by the name of its variable. */
export function emulator(variable) {
  const base = process.env[variable];
  assert.ok(base, `${variable} must hold an emulator's base URL: start the tests with ./run`);
  return { base, page: `${new URL(base).origin}/` };
}

export function launch() {
  // Without a sandbox: the gate may run as root, and everything here is local.
  return chromium.launch({ executablePath: process.env.BROWSER, args: ["--no-sandbox"] });
}

/** A response of the API, which must be a success. */
export async function call(base, method, path, body, key = "k") {
  const { status, value } = await send(base, method, path, body, key);
  assert.ok(status < 400, `${method} ${path}: ${status} ${JSON.stringify(value)}`);
  return value;
}

export async function send(base, method, path, body, key = "k") {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, value: text === "" ? undefined : JSON.parse(text) };
}

/** Waits until no operation of a project runs. */
export async function settled(base, project) {
  for (const end = Date.now() + SOON; Date.now() < end; ) {
    const { operations } = await call(base, "GET", `/projects/${project}/operations`);
    if (operations.every((operation) => operation.status === "finished")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`operations of ${project} still run`);
}

/**
 * Opens the page. What must not happen is collected in `complaints`: messages on the console, errors,
 * violations of the policy, dialogs, and requests to anywhere but the emulator.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(SOON);
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request: ${request.url()}`);
    if (request.headers().authorization) complaints.push(`key sent to ${request.url()}`);
  });
  await page.addInitScript(() => {
    globalThis.ran = [];
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
    });
  });
  const response = await page.goto(url);
  assert.equal(response.status(), 200);
  await page.locator('#status[data-state="live"]').waitFor();
  /** Fails if anything happened that must not. */
  const close = async () => {
    complaints.push(...(await page.evaluate(() => globalThis.violations)));
    const ran = await page.evaluate(() => globalThis.ran);
    await context.close();
    assert.deepEqual(complaints, []);
    assert.deepEqual(ran, []);
  };
  return { page, close };
}

/** Waits for views that were asked for from now on. */
export async function views(page, number) {
  for (let seen = 0; seen < number; seen += 1) {
    const asked = await page.waitForRequest((request) => request.url().includes("/ui/view"));
    await (await asked.response()).finished();
  }
}
