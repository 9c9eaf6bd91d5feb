// The `neon` commands that tie a folder to a branch, and that write what a program needs into it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Cli, emulator, request, sameSet, steps } from "./lib.mjs";

const ORGANIZATION = "org-ocean-art-12345678";

/** The settings in the file that `neon env pull` writes. */
function settings(cli) {
  const lines = readFileSync(join(cli.folder, ".env.local"), "utf8").split("\n");
  const pairs = lines.map((line) => /^([A-Z0-9_]+)="?([^"]*)"?$/.exec(line)).filter(Boolean);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

test("neon in a folder of a project", { timeout: 300_000 }, async (t) => {
  const url = emulator("EMULATOR_CONTEXT");
  const cli = new Cli(url, "home-context");
  const { project, branch: main, endpoints } = await request(url, "POST", "/projects", {
    project: { name: "linked" },
  });
  const step = steps(t);

  await step("link", async () => {
    await cli.text("link", "--project-id", project.id, "--no-config");
    assert.deepEqual(cli.context(), {
      ...{ orgId: ORGANIZATION, projectId: project.id, branch: "main" },
    });
    const { DATABASE_URL, DATABASE_URL_UNPOOLED, NEON_BRANCH } = settings(cli);
    assert.equal(NEON_BRANCH, "main");
    assert.equal(new URL(DATABASE_URL_UNPOOLED).hostname, endpoints[0].host);
    assert.match(DATABASE_URL, /-pooler\./);
  });

  await step("checkout", async () => {
    await cli.text("checkout", "dev", "--create");
    assert.equal(cli.context().branch, "dev");
    const { NEON_BRANCH, DATABASE_URL_UNPOOLED } = settings(cli);
    assert.equal(NEON_BRANCH, "dev");
    assert.notEqual(new URL(DATABASE_URL_UNPOOLED).hostname, endpoints[0].host);
    const status = await cli.json("status");
    assert.equal(status.project.id, project.id);
    assert.equal(status.branch.name, "dev");
    assert.equal(status.branch.parent, "main");
    await cli.text("checkout", "main");
  });

  await step("neon-auth, data-api, env pull", async () => {
    const auth = await cli.json("neon-auth", "enable", "--branch", "main");
    const api = await cli.json("data-api", "create", "--branch", "main");
    await cli.text("env", "pull");
    const { NEON_AUTH_BASE_URL, NEON_DATA_API_URL } = settings(cli);
    assert.ok(NEON_AUTH_BASE_URL);
    assert.equal(NEON_AUTH_BASE_URL, auth.base_url);
    assert.equal(NEON_DATA_API_URL, api.url);
  });

  await step("config apply", async () => {
    const policy = `import { defineConfig } from "@neon/config/v1";
      export default defineConfig({ auth: true, dataApi: true, buckets: { pictures: {} } });`;
    writeFileSync(join(cli.folder, "neon.ts"), policy);
    const planned = await cli.json("config", "plan");
    const changes = (plan) => plan.applied.filter((a) => a.action !== "noop");
    assert.deepEqual(changes(planned).map((a) => a.identifier), ["bucket:pictures"]);
    const applied = await cli.json("config", "apply", "-y");
    assert.equal(applied.branchId, main.id);
    assert.equal(changes(applied).length, 1);
    assert.deepEqual(changes(await cli.json("config", "plan")), []);
    const buckets = await cli.json("bucket", "list", "--branch", "main");
    sameSet(buckets.map((b) => b.name), ["pictures"]);
    assert.ok(settings(cli).AWS_SECRET_ACCESS_KEY, "a credential for it was made");
  });

  await step("link --clear", async () => {
    await cli.text("link", "--clear");
    assert.deepEqual(cli.context(), {});
  });
});
