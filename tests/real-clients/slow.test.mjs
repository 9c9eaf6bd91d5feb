// Clients and an API that is busy: operations take five seconds here, and a new project is locked
// for ten.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createNeonClient, raw } from "@neon/sdk";
import { Cli, emulator, request } from "./lib.mjs";

const KEY = "right";

function client(options = {}) {
  return createNeonClient({
    ...{ apiKey: KEY, baseUrl: emulator("EMULATOR_SLOW"), throwOnError: true },
    ...{ requestTimeoutMs: 60_000, ...options },
  });
}

describe("a slow API", { concurrency: true, timeout: 200_000 }, () => {
  it("neon tries again until the project is not locked any more", async () => {
    const url = emulator("EMULATOR_SLOW");
    const cli = new Cli(url, "home-slow", KEY);
    const { project } = await request(url, "POST", "/projects", { project: {} }, KEY);
    const of = ["--project-id", project.id, "--output", "json"];
    // It asks again every three seconds, five times.
    const { code, stdout, stderr } = await cli.run(
      ...["branches", "create", "--name", "late", "--no-compute", ...of],
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Resource is locked/);
    const branch = JSON.parse(stdout);
    assert.equal(branch.project_id, project.id);
    assert.equal(branch.current_state, "init");
    const operations = JSON.parse(await cli.text("operations", "list", ...of));
    const created = operations.filter((o) => o.action === "create_branch");
    assert.equal(created.length, 1, "it was made once");
  });

  it("neon tells a wrong key", async () => {
    const cli = new Cli(emulator("EMULATOR_SLOW"), "home-wrong", "wrong");
    assert.match(await cli.fails("me"), /NEON_API_KEY|API key/i);
  });

  it("@neon/sdk tries again until the project is not locked any more", async () => {
    const statuses = [];
    const noting = async (...args) => {
      const response = await fetch(...args);
      statuses.push(response.status);
      return response;
    };
    const neon = client({ retries: 20, waitForReadiness: false, fetch: noting });
    const { id: projectId } = await neon.projects.create({ name: "locked" });
    const { id: branchId } = await neon.branches.getDefault({ projectId });
    const role = await neon.postgres.roles.create({ projectId, branchId, name: "late" });
    assert.equal(role.name, "late");
    assert.ok(statuses.includes(423), `${statuses}`);
    assert.equal(statuses.at(-1), 201);
    assert.equal((await neon.postgres.roles.list({ projectId, branchId })).length, 2);
  });

  it("@neon/sdk ends a wait that takes too long, and takes it up again", async () => {
    const neon = client();
    const body = { project: { name: "waiting" } };
    const { data } = await raw.createProject({ client: neon.client, body });
    const { operations } = data;
    assert.deepEqual(operations.map((o) => o.action), ["create_timeline", "start_compute"]);
    const waited = neon.operations.waitFor({ operations }, { pollIntervalMs: 20, timeoutMs: 200 });
    const error = await waited.then(() => assert.fail("it waited"), (error) => error);
    assert.equal(error.kind, "timeout");
    assert.equal(error.operations.length, 2, "what was still running is told");
    const rest = { pollIntervalMs: 200, timeoutMs: 60_000 };
    await neon.operations.waitFor({ operations: error.operations }, rest);
    const branch = await neon.branches.getDefault({ projectId: data.project.id });
    assert.equal(branch.current_state, "ready");
  });

  it("@neon/sdk tells a wrong key", async () => {
    await assert.rejects(client({ apiKey: "wrong" }).user.me(), { kind: "auth", status: 401 });
  });
});
