// `@neon/sdk`: the flows that its readers are shown, with its own waiting and errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNeonClient, isNeonError } from "@neon/sdk";
import { emulator, request, sameSet, steps } from "./lib.mjs";

const POLL = { pollIntervalMs: 25, timeoutMs: 30_000 };

function client(options = {}) {
  const baseUrl = emulator("EMULATOR_SDK");
  const neon = createNeonClient({ apiKey: "k", baseUrl, wait: POLL, requestTimeoutMs: 30_000, ...options });
  return { neon, baseUrl };
}

test("@neon/sdk, throwing", { timeout: 120_000 }, async (t) => {
  // Every change waits for its operations: the next one finds the project unlocked.
  const { neon, baseUrl } = client({ throwOnError: true, waitForReadiness: true });
  const { endpoints, roles, databases } = neon.postgres;
  const step = steps(t);
  let projectId;
  let main;
  let dev;
  let endpointId;

  await step("user, regions", async () => {
    assert.equal((await neon.user.me()).email, "emulated@example.com");
    const organizations = await neon.user.organizations();
    assert.deepEqual(organizations.map((o) => o.id), ["org-ocean-art-12345678"]);
    const regions = await neon.regions.list();
    assert.ok(regions.some((region) => region.region_id === "aws-us-east-1"));
  });

  await step("projects.createAndConnect", async () => {
    const { project, connectionString } = await neon.projects.createAndConnect({ name: "shop" });
    projectId = project.id;
    const uri = new URL(connectionString);
    assert.match(uri.hostname, /^ep-[a-z0-9-]+-pooler\./, "pooled unless asked for otherwise");
    assert.equal(uri.pathname, "/neondb");
    // It has waited: nothing runs any more.
    const operations = await neon.operations.list({ projectId }).all();
    assert.deepEqual(new Set(operations.map((o) => o.status)), new Set(["finished"]));
    sameSet(operations.map((o) => o.action), ["create_timeline", "start_compute"]);
    const direct = await neon.postgres.connectionString({ projectId, pooled: false });
    assert.equal(direct.includes("-pooler."), false);
    assert.equal(new URL(direct).password, uri.password);
  });

  await step("projects get, list, update", async () => {
    assert.equal((await neon.projects.get({ projectId })).name, "shop");
    const updated = await neon.projects.update({ projectId, name: "store" });
    assert.equal(updated.name, "store");
    const listed = await neon.projects.list({ search: "stor" }).all();
    assert.deepEqual(listed.map((p) => p.id), [projectId]);
  });

  await step("branches.create waits for the branch", async () => {
    main = await neon.branches.getDefault({ projectId });
    const branch = await neon.branches.create({ projectId, name: "dev", compute: { maxCu: 1, minCu: 0.5 } });
    dev = branch.id;
    assert.equal(branch.parent_id, main.id);
    assert.equal((await neon.branches.get({ projectId, branchId: dev })).current_state, "ready");
    const [endpoint] = await endpoints.listByBranch({ projectId, branchId: dev });
    endpointId = endpoint.id;
    assert.equal(endpoint.current_state, "active");
    assert.equal(endpoint.autoscaling_limit_max_cu, 1);
  });

  await step("branches.createAndConnect", async () => {
    const made = await neon.branches.createAndConnect({ projectId, name: "job", parentId: dev, pooled: false });
    assert.equal(made.branch.parent_id, dev);
    assert.equal(new URL(made.connectionString).hostname, made.endpoint.host);
    const bare = await neon.branches.create({ projectId, noCompute: true });
    assert.equal(bare.name, bare.id);
    assert.deepEqual(await endpoints.listByBranch({ projectId, branchId: bare.id }), []);
    await neon.branches.delete({ projectId, branchId: bare.id });
    await neon.branches.delete({ projectId, branchId: bare.id }); // 204: it is gone, as asked
  });

  await step("branches, a page at a time", async () => {
    const walked = [];
    const query = { projectId, limit: 1, sort_by: "name", sort_order: "asc" };
    for await (const branch of neon.branches.list(query)) walked.push(branch.name);
    assert.deepEqual(walked, ["dev", "job", "main"]);
  });

  await step("branches update, reset, setDefault", async () => {
    const expiresAt = "2099-01-01T00:00:00Z";
    const job = (await neon.branches.list({ projectId, search: "job" }).all())[0];
    const updated = await neon.branches.update({ projectId, branchId: job.id, name: "task", expires_at: expiresAt });
    assert.equal(updated.name, "task");
    assert.equal(Date.parse(updated.expires_at), Date.parse(expiresAt));
    const reset = await neon.branches.resetFromParent({ projectId, branchId: job.id });
    assert.ok(reset.last_reset_at);
    await assert.rejects(neon.branches.resetFromParent({ projectId, branchId: main.id }), { kind: "client" });
    await neon.branches.setDefault({ projectId, branchId: dev });
    assert.equal((await neon.branches.getDefault({ projectId })).id, dev);
    await neon.branches.setDefault({ projectId, branchId: main.id });
  });

  await step("endpoints suspend, start, restart", async () => {
    const state = async () => (await endpoints.get({ projectId, endpointId })).current_state;
    await endpoints.suspend({ projectId, endpointId });
    assert.equal(await state(), "idle");
    await endpoints.start({ projectId, endpointId });
    assert.equal(await state(), "active");
    await endpoints.restart({ projectId, endpointId });
    assert.equal(await state(), "active");
    const updated = await endpoints.update({ projectId, endpointId, suspend_timeout_seconds: 600 });
    assert.equal(updated.suspend_timeout_seconds, 600);
    const replica = await endpoints.create({ projectId, branch_id: dev, type: "read_only" });
    assert.equal((await endpoints.list({ projectId })).length, 4);
    await endpoints.delete({ projectId, endpointId: replica.id });
    await assert.rejects(endpoints.get({ projectId, endpointId: replica.id }), { kind: "not_found" });
  });

  await step("roles, databases", async () => {
    const of = { projectId, branchId: dev };
    const role = await roles.create({ ...of, name: "guest" });
    assert.equal(await roles.password({ ...of, roleName: "guest" }), role.password);
    const reset = await roles.resetPassword({ ...of, roleName: "guest" });
    assert.notEqual(reset.password, role.password);
    await databases.create({ ...of, name: "diary", owner_name: "guest" });
    const renamed = await databases.update({ ...of, databaseName: "diary", name: "notes" });
    assert.equal(renamed.name, "notes");
    const uri = new URL(
      await neon.postgres.connectionString({ ...of, roleName: "guest", databaseName: "notes" }),
    );
    assert.deepEqual([uri.username, uri.password, uri.pathname], ["guest", reset.password, "/notes"]);
    await assert.rejects(neon.postgres.connectionString(of), { kind: "client" }, "two to choose from");
    await databases.delete({ ...of, databaseName: "notes" });
    await roles.delete({ ...of, roleName: "guest" });
    assert.equal((await roles.list(of)).length, 1);
  });

  await step("operations.waitFor what was started without waiting", async () => {
    const body = { endpoint: { branch_id: main.id, type: "read_only" } };
    const started = await request(baseUrl, "POST", `/projects/${projectId}/endpoints`, body);
    assert.notEqual(started.operations[0].status, "finished");
    await neon.operations.waitFor({ operations: started.operations }, POLL);
    const [{ id: operationId }] = started.operations;
    assert.equal((await neon.operations.get({ projectId, operationId })).status, "finished");
  });

  await step("projects.delete", async () => {
    await neon.projects.delete({ projectId });
    await assert.rejects(neon.projects.get({ projectId }), { kind: "not_found", status: 404 });
  });
});

test("@neon/sdk, with results", { timeout: 120_000 }, async (t) => {
  const { neon } = client();
  const step = steps(t);

  await step("errors have their kind, status and request id", async () => {
    const { data, error } = await neon.projects.get({ projectId: "no-such-project-12345678" });
    assert.equal(data, undefined);
    assert.ok(isNeonError(error));
    assert.equal(error.kind, "not_found");
    assert.match(error.message, /not found/);
    assert.ok(error.requestId);
    const wrong = await neon.projects.create({ region_id: "aws-moon-1" });
    assert.equal(wrong.error.status, 400);
  });

  await step("apiKeys create, list, revoke", async () => {
    const { data: key } = await neon.apiKeys.create({ keyName: "ci" });
    assert.match(key.key, /^napi_/);
    const { data: keys } = await neon.apiKeys.list();
    assert.deepEqual(keys.map((k) => [k.id, k.name]), [[key.id, "ci"]]);
    assert.equal(keys[0].key, undefined);
    const { neon: other } = client({ apiKey: key.key });
    assert.equal((await other.user.me()).error, undefined);
    const { data: revoked } = await neon.apiKeys.revoke({ keyId: key.id });
    assert.equal(revoked.revoked, true);
    assert.equal((await other.user.me()).error.kind, "auth");
    assert.deepEqual((await neon.apiKeys.list()).data, []);
  });
});
