// The `neon` command line client: what it prints of projects, branches and computes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cli, emulator, request, sameSet, steps } from "./lib.mjs";

const ORGANIZATION = "org-ocean-art-12345678";

test("neon, from a project's creation to its deletion", { timeout: 500_000 }, async (t) => {
  const url = emulator("EMULATOR_CLI");
  const cli = new Cli(url, "home-cli");
  const get = (path) => request(url, "GET", path);
  const step = steps(t);
  let project;
  let main;
  let dev;
  const branch = (id) => get(`/projects/${project.id}/branches/${id}`).then((r) => r.branch);

  await step("me", async () => {
    const me = await cli.json("me");
    assert.deepEqual(me, await get("/users/me"));
    assert.equal(me.email, "emulated@example.com");
  });

  await step("orgs list", async () => {
    const [organization, ...others] = await cli.json("orgs", "list");
    assert.equal(organization.id, ORGANIZATION);
    assert.deepEqual(others, []);
  });

  await step("projects list, empty", async () => {
    const lists = await cli.json("projects", "list");
    assert.deepEqual(lists, { projects: [], shared_with_you: [] });
  });

  await step("projects create", async () => {
    const answer = await cli.json(
      ...["projects", "create", "--name", "shop", "--region-id", "aws-eu-central-1"],
      ...["--pg-version", "16", "--database", "stock", "--role", "clerk", "--cu", "0.5-2"],
    );
    project = answer.project;
    assert.equal(project.name, "shop");
    assert.equal(project.region_id, "aws-eu-central-1");
    assert.equal(project.pg_version, 16);
    assert.equal(project.org_id, ORGANIZATION);
    assert.equal(project.default_endpoint_settings.autoscaling_limit_min_cu, 0.5);
    assert.equal(project.default_endpoint_settings.autoscaling_limit_max_cu, 2);
    const uri = new URL(answer.connection_uris[0].connection_uri);
    assert.equal(uri.username, "clerk");
    assert.equal(uri.pathname, "/stock");
    assert.match(uri.hostname, /^ep-[a-z0-9-]+\..*eu-central-1\.aws\.neon\.tech$/);
  });

  await step("projects create, refused", async () => {
    const complaint = await cli.fails("projects", "create", "--region-id", "aws-moon-1");
    assert.match(complaint, /region/);
  });

  await step("projects list, get, update", async () => {
    const lists = await cli.json("projects", "list", "--org-id", ORGANIZATION);
    assert.deepEqual(lists.map((p) => p.id), [project.id]);
    assert.equal((await cli.json("projects", "get", project.id)).name, "shop");
    const updated = await cli.json("projects", "update", project.id, "--name", "store");
    assert.equal(updated.name, "store");
    assert.equal((await get(`/projects/${project.id}`)).project.name, "store");
    assert.match(await cli.fails("projects", "get", "no-such-project-12345678"), /not found/);
  });

  await step("set-context", async () => {
    await cli.text("set-context", "--project-id", project.id, "--org-id", ORGANIZATION);
    assert.deepEqual(cli.context(), { projectId: project.id, orgId: ORGANIZATION });
  });

  // From here on the project is the one of the context.
  await step("branches list", async () => {
    const branches = await cli.json("branches", "list");
    assert.equal(branches.length, 1);
    [main] = branches;
    assert.equal(main.name, "main");
    assert.equal(main.default, true);
    assert.equal(main.current_state, "ready");
  });

  await step("branches create", async () => {
    const answer = await cli.json("branches", "create", "--name", "dev");
    dev = answer.branch;
    assert.equal(dev.parent_id, main.id);
    assert.equal(answer.endpoints[0].type, "read_write");
    assert.equal(answer.endpoints[0].branch_id, dev.id);
    assert.equal(answer.endpoints[0].autoscaling_limit_max_cu, 2, "as the project has it");
    const uri = new URL(answer.connection_uris[0].connection_uri);
    assert.equal(uri.hostname, answer.endpoints[0].host);
    assert.equal(uri.pathname, "/stock");
    assert.match(await cli.fails("branches", "create", "--name", "dev"), /already exists/);
  });

  await step("branches create, of other kinds", async () => {
    const options = ["--no-compute", "--expires-at", "2099-01-01T00:00:00Z"];
    const leaf = await cli.json("branches", "create", "--name", "leaf", "--parent", "dev", ...options);
    assert.equal(leaf.name, "leaf", "without computes the branch is all that is printed");
    assert.equal(leaf.parent_id, dev.id);
    assert.equal(Date.parse(leaf.expires_at), Date.parse("2099-01-01T00:00:00Z"));
    const root = await cli.json("branches", "create", "--name", "empty", "--schema-only");
    assert.equal(root.branch.init_source, "schema-only");
    assert.equal(root.branch.parent_id, undefined);
  });

  await step("branches get, rename", async () => {
    assert.equal((await cli.json("branches", "get", "dev")).id, dev.id);
    assert.equal((await cli.json("branches", "get", dev.id)).name, "dev");
    assert.equal((await cli.json("branches", "rename", "dev", "work")).name, "work");
    const complaint = await cli.fails("branches", "get", "dev");
    assert.match(complaint, /Branch dev not found/);
    assert.match(complaint, /work/, "the others are named");
  });

  await step("branches set-expiration", async () => {
    const at = "2099-06-01T12:00:00Z";
    const set = await cli.json("branches", "set-expiration", "leaf", "--expires-at", at);
    assert.equal(Date.parse(set.expires_at), Date.parse(at));
    const cleared = await cli.json("branches", "set-expiration", "leaf");
    assert.equal(cleared.expires_at, undefined);
  });

  await step("branches add-compute", async () => {
    const endpoint = await cli.json("branches", "add-compute", "work", "--cu", "1");
    assert.equal(endpoint.type, "read_only");
    assert.equal(endpoint.branch_id, dev.id);
    assert.equal(endpoint.autoscaling_limit_max_cu, 1);
    const second = ["branches", "add-compute", "work", "--type", "read_write"];
    assert.match(await cli.fails(...second), /already exists/);
  });

  await step("branches reset", async () => {
    const reset = await cli.json("branches", "reset", "leaf", "--parent");
    assert.equal(reset.parent_id, dev.id);
    assert.ok(reset.last_reset_at);
    const root = await cli.fails("branches", "reset", "main", "--parent");
    assert.match(root, /no parent/);
  });

  await step("branches restore", async () => {
    const moment = new Date().toISOString();
    const answer = await cli.json(
      ...["branches", "restore", "work", `^self@${moment}`, "--preserve-under-name", "before"],
    );
    assert.equal(answer.restored_branch.id, dev.id);
    assert.equal(answer.restored_branch.name, "work");
    assert.equal(answer.backup_branch.name, "before");
    assert.equal(answer.backup_branch.id, answer.restored_branch.parent_id);
    const restored = await cli.json("branches", "restore", "leaf", "main");
    assert.equal(restored.parent_id, main.id);
  });

  await step("branches set-default, delete", async () => {
    assert.equal((await cli.json("branches", "set-default", "work")).default, true);
    assert.equal((await branch(main.id)).default, false);
    assert.match(await cli.fails("branches", "delete", "work"), /default branch/);
    const leaf = await cli.json("branches", "delete", "leaf");
    assert.equal(leaf.name, "leaf");
    assert.match(await cli.fails("branches", "delete", "leaf"), /not found/);
    const names = (await cli.json("branches", "list")).map((b) => b.name);
    sameSet(names, ["before", "empty", "main", "work"]);
  });

  await step("operations list", async () => {
    const operations = await cli.json("operations", "list");
    const actual = (await get(`/projects/${project.id}/operations`)).operations;
    assert.deepEqual(operations, actual);
    assert.ok(operations.every((o) => o.status === "finished"));
    const actions = new Set(operations.map((o) => o.action));
    for (const action of ["create_timeline", "create_branch", "start_compute", "suspend_compute"]) {
      assert.ok(actions.has(action), `${action} among ${[...actions]}`);
    }
  });

  await step("projects delete", async () => {
    assert.equal((await cli.json("projects", "delete", project.id)).id, project.id);
    assert.match(await cli.fails("projects", "get", project.id), /not found/);
    assert.deepEqual(await cli.json("projects", "list"), [], "of the context's organization");
  });
});
