// Snapshots, through both clients: taking, listing, restoring with a look first, schedules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNeonClient } from "@neon/sdk";
import { Cli, emulator, sameSet, steps } from "./lib.mjs";

const LATER = "2099-01-01T00:00:00Z";

test("@neon/sdk and snapshots", { timeout: 300_000 }, async (t) => {
  const neon = createNeonClient({
    ...{ apiKey: "k", baseUrl: emulator("EMULATOR_SNAPSHOTS"), throwOnError: true },
    ...{ waitForReadiness: true, wait: { pollIntervalMs: 25, timeoutMs: 30_000 } },
    requestTimeoutMs: 30_000,
  });
  const { id: projectId } = await neon.projects.create({ name: "pictures" });
  const main = await neon.branches.getDefault({ projectId });
  const of = { projectId, branchId: main.id };
  const [endpoint] = await neon.postgres.endpoints.listByBranch(of);
  const rolesOf = async (branchId) => {
    const roles = await neon.postgres.roles.list({ projectId, branchId });
    return roles.map((role) => role.name);
  };
  const step = steps(t);
  let snapshot;

  await step("create, list, update", async () => {
    snapshot = await neon.snapshots.create({ ...of, name: "before", slug: "first", expiresAt: LATER });
    assert.equal(snapshot.name, "before");
    assert.equal(snapshot.source_branch_id, main.id);
    assert.equal(Date.parse(snapshot.expires_at), Date.parse(LATER));
    const listed = await neon.snapshots.list({ projectId });
    assert.deepEqual(listed.map((s) => s.id), [snapshot.id]);
    const kept = { projectId, snapshotId: snapshot.id, name: "kept", expiresAt: null };
    const updated = await neon.snapshots.update(kept);
    assert.equal(updated.name, "kept");
    assert.equal(updated.expires_at, undefined);
  });

  await step("restore as a branch of its own", async () => {
    // After the snapshot: what is restored does not have it.
    await neon.postgres.roles.create({ ...of, name: "newcomer" });
    const restored = await neon.snapshots.restore({
      ...{ projectId, snapshotId: snapshot.id, name: "copy", finalize: false },
    });
    assert.equal(restored.name, "copy");
    assert.deepEqual(await rolesOf(restored.id), ["neondb_owner"]);
    assert.equal((await neon.branches.getDefault({ projectId })).id, main.id);
    await neon.branches.delete({ projectId, branchId: restored.id });
  });

  await step("restore, looked at and given up", async () => {
    let seen;
    const given = await neon.snapshots.restore({
      ...{ projectId, snapshotId: snapshot.id, targetBranchId: main.id },
      preview: async (branch) => {
        seen = branch.id;
        assert.deepEqual(await rolesOf(branch.id), ["neondb_owner"]);
        return false;
      },
    });
    assert.equal(given.id, seen);
    const gone = neon.branches.get({ projectId, branchId: seen });
    await assert.rejects(gone, { kind: "not_found" });
    sameSet(await rolesOf(main.id), ["neondb_owner", "newcomer"]);
  });

  await step("restore, looked at and taken over", async () => {
    const target = { targetBranchId: main.id, preview: () => true };
    const { id } = await neon.snapshots.restore({ projectId, snapshotId: snapshot.id, ...target });
    const restored = await neon.branches.get({ projectId, branchId: id });
    assert.equal(restored.name, "main");
    assert.equal(restored.default, true);
    const moved = await neon.postgres.endpoints.get({ projectId, endpointId: endpoint.id });
    assert.equal(moved.branch_id, id, "the compute serves what was restored");
    const old = await neon.branches.get({ projectId, branchId: main.id });
    assert.notEqual(old.name, "main");
  });

  await step("schedules, delete", async () => {
    const schedule = [{ frequency: "daily", hour: 3, retention_seconds: 604_800 }];
    await neon.snapshots.setSchedule({ ...of, schedule });
    assert.deepEqual(await neon.snapshots.getSchedule(of), { schedule });
    await neon.snapshots.delete({ projectId, snapshotId: snapshot.id });
    assert.deepEqual(await neon.snapshots.list({ projectId }), []);
    const again = neon.snapshots.delete({ projectId, snapshotId: snapshot.id });
    await assert.rejects(again, { kind: "not_found" });
  });
});

test("neon and snapshots", { timeout: 300_000 }, async (t) => {
  const cli = new Cli(emulator("EMULATOR_SNAPSHOTS"), "home-snapshots");
  await cli.json("projects", "create", "--name", "shots", "--set-context");
  const step = steps(t);
  let snapshot;

  await step("snapshots create, list, get", async () => {
    const options = ["--branch", "main", "--name", "Before it", "--slug", "before"];
    snapshot = await cli.json("snapshots", "create", ...options);
    assert.equal(snapshot.slug, "before");
    assert.deepEqual(await cli.json("snapshots", "list"), [snapshot]);
    assert.deepEqual(await cli.json("snapshots", "get", "before"), snapshot);
  });

  await step("snapshots restore, finalize", async () => {
    const main = await cli.json("branches", "get", "main");
    const options = ["--name", "look", "--target-branch", "main"];
    const { restored_branch: restored } = await cli.json("snapshots", "restore", "before", ...options);
    assert.equal(restored.name, "look");
    const operations = await cli.json("snapshots", "finalize", restored.id, "--name", "stale");
    assert.ok(operations.length > 0);
    assert.equal((await cli.json("branches", "get", "main")).id, restored.id);
    assert.equal((await cli.json("branches", "get", main.id)).name, "stale");
  });

  await step("snapshots schedule, delete", async () => {
    const schedule = ["--branch", "main", "--frequency", "weekly", "--day", "1", "--hour", "2"];
    await cli.json("snapshots", "schedule", "set", ...schedule);
    const [item] = await cli.json("snapshots", "schedule", "get", "--branch", "main");
    assert.equal(item.frequency, "weekly");
    assert.equal((await cli.json("snapshots", "delete", "before")).id, snapshot.id);
    assert.deepEqual(await cli.json("snapshots", "list"), []);
  });
});
