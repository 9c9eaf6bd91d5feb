// Who may use what: permissions, members, API keys of three kinds, deleted projects, consumption.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNeonClient } from "@neon/sdk";
import { Cli, emulator, steps } from "./lib.mjs";

const ORGANIZATION = "org-ocean-art-12345678";

test("@neon/sdk and access to a project", { timeout: 300_000 }, async (t) => {
  const neon = createNeonClient({
    ...{ apiKey: "k", baseUrl: emulator("EMULATOR_ACCESS"), throwOnError: true },
    ...{ wait: { pollIntervalMs: 25, timeoutMs: 30_000 }, requestTimeoutMs: 30_000 },
  });
  const { id: projectId } = await neon.projects.create({ name: "shared" });
  const step = steps(t);

  await step("permissions grant, list, revoke", async () => {
    const { permissions } = neon.projects;
    const granted = await permissions.grant({ projectId, email: "guest@example.com" });
    assert.equal(granted.granted_to_email, "guest@example.com");
    assert.deepEqual(await permissions.list({ projectId }), [granted]);
    const revoked = await permissions.revoke({ projectId, permissionId: granted.id });
    assert.equal(revoked.id, granted.id);
    assert.ok(revoked.revoked_at);
    assert.deepEqual(await permissions.list({ projectId }), []);
    const again = permissions.revoke({ projectId, permissionId: granted.id });
    await assert.rejects(again, { kind: "not_found" });
  });

  await step("members list, setRole, removeRole", async () => {
    const { members } = neon.projects;
    const me = await neon.user.me();
    const [member, ...others] = await members.list({ projectId }).all();
    assert.deepEqual(others, []);
    assert.equal(member.user_id, me.id);
    assert.equal(member.email, me.email);
    assert.equal(member.org_role, "admin");
    assert.equal(member.effective_project_permission, "ADMIN");
    const of = { projectId, memberId: member.member_id };
    const set = await members.setRole({ ...of, role: "editor", confirmSelfDemotion: true });
    assert.equal(set.project_role, "editor");
    const [listed] = await members.list({ projectId }).all();
    assert.equal(listed.explicit_project_permission, "EDITOR");
    const removed = await members.removeRole({ ...of, confirmSelfLockout: true });
    assert.equal(removed.project_role, undefined);
    const [last] = await members.list({ projectId }).all();
    assert.equal(last.explicit_project_permission, undefined);
  });

  await step("consumption", async () => {
    const hour = 3_600_000;
    const from = new Date(Math.floor(Date.now() / hour) * hour).toISOString();
    const to = new Date(Math.ceil((Date.now() + 1) / hour) * hour).toISOString();
    const range = { from, to, granularity: "hourly", project_ids: [projectId] };
    const { consumption } = neon;
    const [project, ...others] = await consumption.perProject({ ...range, orgId: ORGANIZATION }).all();
    assert.deepEqual(others, []);
    assert.equal(project.project_id, projectId);
    const [frame] = project.periods[0].consumption;
    assert.equal(Date.parse(frame.timeframe_start), Date.parse(from));
    const metrics = ["compute_unit_seconds", "root_branch_bytes_month"];
    const query = { ...range, metrics, orgId: ORGANIZATION };
    const [second] = await consumption.perProjectV2(query).all();
    assert.equal(second.project_id, projectId);
    const names = second.periods[0].consumption[0].metrics.map((m) => m.metric_name);
    assert.ok(names.every((name) => metrics.includes(name)), `${names}`);
    const main = await neon.branches.getDefault({ projectId });
    const branches = await consumption.perBranchV2({ ...query, limit: 1 }).all();
    assert.deepEqual(branches.map((b) => b.branch_id), [main.id]);
  });

  await step("projects delete, recover", async () => {
    await neon.projects.delete({ projectId });
    const recoverable = await neon.projects.list({ recoverable: true }).all();
    assert.ok(recoverable.some((p) => p.id === projectId));
    assert.equal((await neon.projects.recover({ projectId })).id, projectId);
    assert.equal((await neon.projects.get({ projectId })).name, "shared");
  });
});

test("neon and API keys", { timeout: 300_000 }, async (t) => {
  const url = emulator("EMULATOR_ACCESS");
  const cli = new Cli(url, "home-keys");
  const { project } = await cli.json("projects", "create", "--name", "keyed");
  const other = await cli.json("projects", "create", "--name", "other");
  const step = steps(t);

  await step("api-keys create, list, revoke of the account", async () => {
    const key = await cli.json("api-keys", "create", "--name", "mine");
    const own = new Cli(url, "home-own", key.key);
    assert.equal((await own.json("me")).email, "emulated@example.com");
    const listed = await cli.json("api-keys", "list");
    assert.ok(listed.some((k) => k.id === key.id && k.last_used_at));
    assert.equal((await cli.json("api-keys", "revoke", `${key.id}`)).revoked, true);
    await own.fails("me");
  });

  await step("api-keys of an organization", async () => {
    const key = await cli.json("api-keys", "create", "--name", "all", "--org-id", ORGANIZATION);
    const all = new Cli(url, "home-org", key.key);
    assert.equal((await all.json("projects", "get", other.project.id)).name, "other");
    assert.match(await all.fails("me"), /not allowed/);
    const wrong = await cli.fails("api-keys", "revoke", `${key.id}`);
    assert.match(wrong, /No account API key/);
    await cli.json("api-keys", "revoke", `${key.id}`, "--org-id", ORGANIZATION);
  });

  await step("api-keys of one project", async () => {
    const key = await cli.json("api-keys", "create", "--name", "one", "--project-id", project.id);
    assert.equal(key.project_id, project.id);
    const one = new Cli(url, "home-one", key.key);
    const branches = await one.json("branches", "list", "--project-id", project.id);
    assert.deepEqual(branches.map((b) => b.name), ["main"]);
    await one.fails("branches", "list", "--project-id", other.project.id);
    await one.fails("projects", "delete", project.id);
  });

  await step("projects list --recoverable-only, recover", async () => {
    const { id } = other.project;
    await cli.json("projects", "delete", id);
    const deleted = await cli.json("projects", "list", "--recoverable-only");
    assert.ok(deleted.some((p) => p.id === id && p.recoverable_until));
    assert.equal((await cli.json("projects", "recover", id)).id, id);
    assert.equal((await cli.json("projects", "get", id)).name, "other");
  });
});
