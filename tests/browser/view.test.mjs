// What the page shows, and that it is live.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SOON, call, emulator, launch, open, send, settled, views } from "./lib.mjs";

const { base, page: url } = emulator("EMULATOR_PLAIN");
const HOSTILE = `<img src=x onerror="ran.push('img')"><script>ran.push('script')</script>`;
const KEY = "napi_" + "s3cr3tk3y".repeat(4);

let browser;
let shop;
let hostile;

before(async () => {
  browser = await launch();
  const made = await call(base, "POST", "/projects", { project: { name: "shop" } }, KEY);
  shop = made.project.id;
  await settled(base, shop);
  let parent = made.branch.id;
  for (const name of ["staging", "feature", HOSTILE]) {
    const body = { branch: { name, parent_id: parent }, endpoints: [{ type: "read_write" }] };
    const branch = await call(base, "POST", `/projects/${shop}/branches`, body);
    await settled(base, shop);
    parent = branch.branch.id;
  }
  hostile = parent;
  await call(base, "POST", "/projects", { project: { name: HOSTILE.slice(0, 60) } });
  await call(base, "POST", "/organizations/org-ocean-art-12345678/api_keys", { key_name: "k" });
});

after(() => browser?.close());

test("names are text, and nothing in them runs", async () => {
  const { page, close } = await open(browser, url);
  const name = page.locator(`.branch .name`, { hasText: "onerror" });
  await name.waitFor();
  assert.equal(await name.textContent(), HOSTILE);
  assert.equal(await page.locator("main img, main script").count(), 0);
  const project = page.locator(".project .name", { hasText: "onerror" }).first();
  assert.equal(await project.textContent(), HOSTILE.slice(0, 60));
  if (process.env.SCREENSHOTS !== undefined) {
    await page.screenshot({ path: join(process.env.SCREENSHOTS, "ui-hostile.png"), fullPage: true });
  }
  await page.locator("#filter").fill("<b onmouseover=x>");
  await page.locator("#projects-empty", { hasText: "None matches." }).waitFor();
  await close();
});

test("branches are listed as a tree, with their endpoints", async () => {
  const { page, close } = await open(browser, url);
  const rows = page.locator(".project", { hasText: shop }).locator(".branch");
  await rows.nth(3).waitFor();
  const shown = await rows.evaluateAll((all) =>
    all.map((row) => [row.getAttribute("aria-level"), row.querySelector(".name").textContent]),
  );
  assert.deepEqual(shown, [["1", "main"], ["2", "staging"], ["3", "feature"], ["4", HOSTILE]]);
  const lefts = await rows
    .locator(".content")
    .evaluateAll((all) => all.map((row) => row.getBoundingClientRect().left));
  assert.deepEqual(lefts, [...lefts].sort((a, b) => a - b));
  assert.equal(new Set(lefts).size, 4, "each level is indented further");
  assert.match(await rows.first().textContent(), /default/);
  assert.match(await rows.nth(1).locator(".endpoint").textContent(), /^active.*ep-.*read-write/);
  await close();
});

test("changes appear without a reload", async () => {
  const { page, close } = await open(browser, url);
  await page.evaluate(() => (globalThis.loaded = "once"));
  const row = page.locator(".branch", { hasText: "feature" }).first();
  await row.locator(".state", { hasText: "active" }).waitFor();
  const { endpoints } = await call(base, "GET", `/projects/${shop}/branches`).then(
    async ({ branches }) => {
      const feature = branches.find((branch) => branch.name === "feature");
      return call(base, "GET", `/projects/${shop}/branches/${feature.id}/endpoints`);
    },
  );
  await call(base, "POST", `/projects/${shop}/endpoints/${endpoints[0].id}/suspend`);
  await row.locator(".state", { hasText: /^idle$/ }).waitFor();
  await settled(base, shop);
  const body = { branch: { name: "just made" } };
  await call(base, "POST", `/projects/${shop}/branches`, body);
  const made = page.locator(".branch", { hasText: "just made" });
  await made.waitFor();
  await settled(base, shop);
  const branches = await call(base, "GET", `/projects/${shop}/branches`);
  const { id } = branches.branches.find((branch) => branch.name === "just made");
  await call(base, "PATCH", `/projects/${shop}/branches/${id}`, { branch: { name: "renamed" } });
  await page.locator(".branch .name", { hasText: "renamed" }).waitFor();
  await settled(base, shop);
  await call(base, "DELETE", `/projects/${shop}/branches/${id}`);
  await page.locator(".branch .name", { hasText: "renamed" }).waitFor({ state: "detached" });
  await settled(base, shop);
  assert.equal(await page.evaluate(() => globalThis.loaded), "once");
  await close();
});

test("requests are shown without keys, passwords and free values", async () => {
  const { branches } = await call(base, "GET", `/projects/${shop}/branches?search=private-search`);
  assert.deepEqual(branches, []);
  const role = `/projects/${shop}/branches/${hostile}/roles/neondb_owner`;
  const { role: reset } = await call(base, "POST", `${role}/reset_password`);
  await settled(base, shop);
  const { status } = await send(base, "GET", "/projects?limit=3&unheard=of-value", undefined, KEY);
  assert.equal(status, 200);
  assert.equal((await send(base, "GET", `/nowhere/${KEY}`)).status, 404);
  const { page, close } = await open(browser, url);
  const requests = page.locator("#requests");
  const unknown = requests.locator("tr", { hasText: "/nowhere/napi_***" });
  await unknown.locator(".status-code", { hasText: /^404$/ }).waitFor();
  await requests.locator("tr", { hasText: "GET /projects?limit=3&…" }).first().waitFor();
  const first = requests.locator("tr", { hasText: "resetProjectBranchRolePassword" });
  assert.match(await first.textContent(), /\d\d:\d\d:\d\d\.\d{3}200POST .*reset_password/);
  await requests.locator("tr", { hasText: `/projects/${shop}/branches?search=…` }).first().waitFor();
  const html = await page.content();
  for (const secret of [KEY, reset.password, "private-search", "of-value", "unheard"]) {
    assert.ok(secret?.length > 5 && !html.includes(secret), secret);
  }
  await page.locator("#failed").check();
  await page.locator("tr", { hasText: "?limit=3" }).first().waitFor({ state: "detached" });
  assert.equal(await requests.locator("tr").count(), await requests.locator(".refused, .bad").count());
  await close();
});

test("nothing moves while nothing changes", async () => {
  await settled(base, shop);
  const { page, close } = await open(browser, url);
  await page.locator(".branch .name", { hasText: "feature" }).waitFor();
  await views(page, 2);
  await page.evaluate(() => {
    globalThis.changes = [];
    const observer = new MutationObserver((changes) => {
      globalThis.changes.push(...changes.map((change) => `${change.type} ${change.target.outerHTML ?? change.target.data}`));
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await views(page, 3);
  assert.deepEqual(await page.evaluate(() => globalThis.changes), []);
  await close();
});

test("what is open, focused, selected and scrolled stays so", async () => {
  const { page, close } = await open(browser, url, { viewport: { width: 1440, height: 420 } });
  const details = page.locator(".project", { hasText: shop }).locator("details");
  await page.locator(".branch .name", { hasText: "feature" }).waitFor();
  const other = page.locator(".project details").first();
  await other.locator("summary").click();
  await page.waitForFunction((element) => !element.open, await other.elementHandle());
  const list = page.locator(".scroll");
  await list.evaluate((element) => (element.scrollTop = 200));
  await page.evaluate(() => scrollTo(0, 150));
  await page.locator("#filter").focus();
  await page.locator("#filter").pressSequentially("shop");
  await page.locator("#projects-count", { hasText: /^1 matching/ }).waitFor();
  const seen = await list.locator("tr").nth(20).elementHandle();
  const place = () => seen.evaluate((row) => row.getBoundingClientRect().top);
  const top = await place();
  for (let number = 0; number < 5; number += 1) await call(base, "GET", "/users/me");
  await page.locator("#requests tr", { hasText: "/users/me" }).nth(4).waitFor();
  assert.ok(Math.abs((await place()) - top) < 2, "the row that was read stays where it was");
  assert.equal(await page.evaluate(() => scrollY), 150);
  assert.equal(await details.evaluate((element) => element.open), true);
  assert.equal(await page.evaluate(() => document.activeElement.id), "filter");
  await page.locator("#filter").fill("");
  // Until then the first one is the one that matched.
  await page.locator(".project").nth(1).waitFor();
  assert.equal(await other.evaluate((element) => element.open), false);
  await close();
});

test("it can be used with the keyboard, and paused", async () => {
  const { page, close } = await open(browser, url);
  const pause = page.locator("#pause");
  await pause.focus();
  await page.keyboard.press("Enter");
  assert.equal(await pause.textContent(), "Resume");
  assert.equal(await pause.getAttribute("aria-pressed"), "true");
  await page.locator("#status", { hasText: "Paused" }).waitFor();
  await call(base, "POST", "/projects", { project: { name: "made meanwhile" } });
  const asked = page.waitForRequest(/ui\/view/, { timeout: 2_500 });
  await assert.rejects(asked, /Timeout/, "a paused page does not poll");
  assert.equal(await page.locator(".project", { hasText: "made meanwhile" }).count(), 0);
  // What is asked for by hand is shown, and the page stays paused.
  await page.locator("#filter").fill("meanwhile");
  await page.locator(".project", { hasText: "made meanwhile" }).waitFor();
  assert.equal(await page.locator("#status-text").textContent(), "Paused");
  await page.locator("#filter").fill("");
  await page.locator(".project", { hasText: "shop" }).waitFor();
  await pause.focus();
  await page.keyboard.press("Enter");
  await page.locator("#status", { hasText: "Live" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const project = page.locator(".project details").first();
  assert.equal(await project.evaluate((element) => element.open), false);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  await page.keyboard.press("Enter");
  await project.locator(".branch").first().waitFor();
  await close();
});

test("an emulator that is gone is reported, and found again", async () => {
  const { page, close } = await open(browser, url);
  await page.route("**/ui/view*", (route) => route.fulfill({ status: 200, body: "no JSON" }));
  await page.locator('#status[data-state="lost"]', { hasText: "Not reachable, last seen" }).waitFor();
  assert.ok((await page.locator(".project").count()) > 0, "what was seen last stays");
  await page.unroute("**/ui/view*");
  await page.locator('#status[data-state="live"]').waitFor({ timeout: SOON });
  await close();
});
