// Faults, limits and operations that do not end; and what does not depend on data.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call, emulator, launch, open, send, settled } from "./lib.mjs";

const { base, page: url } = emulator("EMULATOR_FAULTY");

let browser;

before(async () => {
  browser = await launch();
  for (const name of ["shop", "billing"]) {
    const { project, branch } = await call(base, "POST", "/projects", { project: { name } });
    await settled(base, project.id);
    let parent = branch.id;
    for (const name of ["staging", "preview/pr-41", "preview/pr-42"]) {
      const body = {
        branch: { name, parent_id: parent, expires_at: new Date(Date.now() + 5e6).toISOString() },
        endpoints: [{ type: "read_write" }],
      };
      if (name === "staging") delete body.branch.expires_at;
      const made = await call(base, "POST", `/projects/${project.id}/branches`, body);
      if (name === "staging") parent = made.branch.id;
      await settled(base, project.id);
    }
    if (name === "shop") {
      const { endpoints } = await call(base, "GET", `/projects/${project.id}/endpoints`);
      // It never ends.
      await call(base, "POST", `/projects/${project.id}/endpoints/${endpoints[0].id}/suspend`);
      assert.equal((await send(base, "POST", `/projects/${project.id}/branches`, {})).status, 423);
    }
  }
  await call(base, "GET", "/projects?limit=10&org_id=org-second-1");
});

after(() => browser?.close());

test("operations, faults, limits and organizations are shown", async () => {
  const { page, close } = await open(browser, url);
  const operations = page.locator("#operations");
  await operations.locator("li", { hasText: "suspend_compute" }).waitFor();
  assert.match(await operations.textContent(), /^runningsuspend_computefor \d+ sshopbr-.*ep-/);
  assert.equal(await page.locator("#operations-count").textContent(), "1");
  const faults = await page.locator("#faults li").allTextContents();
  assert.deepEqual(faults, [
    "status 5031 timelistSharedProjects",
    "delayalways · with probability 0.25 · delayed 200 ms to 2.0 s" +
      "createProjectBranch, if a condition of the test is true",
    "connection reset3 times · after 2 others · after the effectdeleteProject",
  ]);
  const limits = await page.locator("#limits").textContent();
  assert.match(limits, /Rate limit7,000 a minute/);
  assert.match(limits, /Plan: branches10/);
  assert.match(await page.locator("#organizations").textContent(), /Second organization/);
  assert.equal((await send(base, "GET", "/projects/shared")).status, 503);
  await page.locator("#faults li", { hasText: "status 503" }).waitFor({ state: "detached" });
  const failed = page.locator("#requests tr", { hasText: "listSharedProjects" });
  assert.match(await failed.textContent(), /503GET .*fault: response/);
  await close();
});

test("a limit that rejects requests is shown", async () => {
  // One request a minute, after the burst.
  const limited = emulator("EMULATOR_LIMITED");
  const { page, close } = await open(browser, limited.page);
  assert.equal(await page.locator("#used-up li").count(), 0);
  const statuses = [];
  for (let number = 0; number <= 40; number += 1) {
    statuses.push((await send(limited.base, "GET", "/regions")).status);
  }
  assert.deepEqual(statuses, [...Array(40).fill(200), 429]);
  const used = page.locator("#used-up li", { hasText: "account" });
  await used.waitFor();
  assert.match(await used.textContent(), /^429accountfor \d+(\.\d)? s$/);
  await page.locator("#requests .refused", { hasText: "429" }).waitFor();
  await close();
});

test("nothing is wrong for those who do not see or use a mouse", async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const [colorScheme, width] of [["light", 1440], ["dark", 1440], ["light", 390]]) {
    const { page, close } = await open(browser, url, {
      colorScheme,
      viewport: { width, height: 900 },
      // For the script of the check only.
      bypassCSP: true,
    });
    await page.locator(".branch .name", { hasText: "staging" }).first().waitFor();
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const wrong = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`);
    assert.deepEqual(wrong, [], `${colorScheme}, ${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${wide} pixels wide on a screen of ${width}`);
    await close();
  }
});

test("pictures", { skip: process.env.SCREENSHOTS === undefined }, async () => {
  for (const [name, colorScheme, width, height] of [
    ["light", "light", 1440, 1000],
    ["dark", "dark", 1440, 1000],
    ["narrow", "light", 390, 1800],
    ["narrow-dark", "dark", 390, 1800],
  ]) {
    const { page, close } = await open(browser, url, { colorScheme, viewport: { width, height } });
    await page.locator(".branch .name", { hasText: "staging" }).first().waitFor();
    const path = join(process.env.SCREENSHOTS, `ui-${name}.png`);
    await page.screenshot({ path, fullPage: name === "narrow" });
    await close();
  }
});
