// A thousand projects.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, emulator, launch, open, views } from "./lib.mjs";

const { base, page: url } = emulator("EMULATOR_MANY");
const PROJECTS = 1_000;

let browser;
let oldest;

before(async () => {
  browser = await launch();
  oldest = await call(base, "POST", "/projects", { project: { name: "the oldest" } });
  const create = async (number) =>
    call(base, "POST", "/projects", { project: { name: `tenant ${number}` } });
  for (let number = 1; number < PROJECTS; number += 25) {
    const some = Array.from({ length: Math.min(25, PROJECTS - number) }, (_, more) => number + more);
    await Promise.all(some.map(create));
  }
});

after(() => browser?.close());

test("the newest are listed, and all are counted and found", async () => {
  const { page, close } = await open(browser, url);
  await page.locator("#projects-count", { hasText: "newest 100 of 1,000" }).waitFor();
  assert.equal(await page.locator(".project").count(), 100);
  assert.equal(await page.locator("details[open]").count(), 0, "too many to be opened");
  assert.match(await page.locator("#totals").textContent(), /Projects1,000/);
  const filter = page.locator("#filter");
  for (const [wanted, name] of [
    ["OLDEST", "the oldest"],
    [oldest.project.id, "the oldest"],
    [oldest.branch.id, "the oldest"],
    [oldest.endpoints[0].host, "the oldest"],
    ["tenant 77", "tenant 777"],
  ]) {
    await filter.fill(wanted);
    await page.locator("#projects-count", { hasText: /^\d+ matching/ }).waitFor();
    await page.locator(".project .name", { hasText: name }).first().waitFor();
    assert.ok((await page.locator(".project").count()) <= 12, wanted);
  }
  await filter.fill("the oldest");
  await page.locator("#projects-count", { hasText: /^1 matching, 1,000 in all$/ }).waitFor();
  await page.locator(".project summary").click();
  await page.locator(".branch .name", { hasText: "main" }).waitFor();
  // An open one stays listed beside the newest.
  await filter.fill("");
  await page.locator("#projects-count", { hasText: "newest 101 of 1,000" }).waitFor();
  assert.equal(await page.locator(".project").last().locator(".branch").count(), 1);
  await close();
});

test("as many are open as have their branches in a view, and those that are gone are not", async () => {
  const { page, close } = await open(browser, url);
  const projects = page.locator(".project");
  await projects.nth(25).waitFor();
  for (let number = 0; number < 22; number += 1) {
    await projects.nth(number).locator("summary").click();
    await projects.nth(number).locator(".branch").waitFor();
  }
  await page.waitForFunction(() => document.querySelectorAll("details[open]").length === 20);
  assert.equal(await projects.first().locator("details").evaluate((element) => element.open), false);
  const last = projects.nth(21);
  const id = await last.locator("summary .id").textContent();
  await call(base, "DELETE", `/projects/${id}`);
  await page.locator("summary", { hasText: id }).waitFor({ state: "detached" });
  const asked = await page.waitForRequest((request) => request.url().includes("/ui/view"));
  const open_ = new URL(asked.url()).searchParams.getAll("open");
  assert.equal(open_.length, 19);
  assert.ok(!open_.includes(id));
  await close();
});

test("a view stays small and quick", async () => {
  const { page, close } = await open(browser, url);
  const load = () =>
    page.evaluate(async () => {
      const start = performance.now();
      const text = await (await fetch("/ui/view")).text();
      return { size: text.length, took: performance.now() - start };
    });
  await views(page, 1);
  const { size, took } = await load();
  console.log(`a view of ${PROJECTS} projects: ${size} bytes in ${took.toFixed(1)} ms`);
  assert.ok(size < 200_000, `${size} bytes`);
  await close();
});
