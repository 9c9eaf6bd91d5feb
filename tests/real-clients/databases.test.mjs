// The `neon` command line client: what is in a branch, and how programs connect to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cli, emulator, request, sameSet, steps } from "./lib.mjs";

test("neon, roles and databases", { timeout: 500_000 }, async (t) => {
  const url = emulator("EMULATOR_DATABASES");
  const cli = new Cli(url, "home-databases");
  const get = (path) => request(url, "GET", path);
  const branch = { database_name: "stock", role_name: "clerk" };
  const { project, branch: main } = await request(url, "POST", "/projects", { project: { branch } });
  await cli.text("set-context", "--project-id", project.id);
  const { branch: work } = await cli.json("branches", "create", "--name", "work");
  const step = steps(t);

  await step("roles and databases", async () => {
    const role = await cli.json("roles", "create", "--name", "guest", "--branch", "work");
    assert.equal(role.name, "guest");
    assert.equal(role.branch_id, work.id);
    assert.ok(role.password);
    const roles = await cli.json("roles", "list", "--branch", "work");
    sameSet(roles.map((r) => r.name), ["clerk", "guest"]);

    const database = ["databases", "create", "--name", "diary", "--branch", "work"];
    assert.match(await cli.fails(...database), /More than one role/);
    const created = await cli.json(...database, "--owner-name", "guest");
    assert.equal(created.owner_name, "guest");
    const databases = await cli.json("databases", "list", "--branch", "work");
    sameSet(databases.map((d) => d.name), ["diary", "stock"]);
    assert.equal((await cli.json("databases", "list")).length, 1, "main has its own");
    assert.match(await cli.fails("databases", "delete", "none", "--branch", "work"), /not found/);
  });

  await step("connection-string", async () => {
    const role = ["--role-name", "guest", "--database-name", "diary"];
    const query = `branch_id=${work.id}&role_name=guest&database_name=diary`;
    const expected = async (pooled) => {
      const answer = await get(`/projects/${project.id}/connection_uri?${query}&pooled=${pooled}`);
      return new URL(answer.uri);
    };
    for (const pooled of [false, true]) {
      const flags = pooled ? ["--pooled"] : [];
      const uri = new URL((await cli.text("connection-string", "work", ...role, ...flags)).trim());
      const { hostname, username, password, pathname } = await expected(pooled);
      assert.equal(hostname.includes("-pooler."), pooled);
      assert.deepEqual(
        [uri.hostname, uri.username, uri.password, uri.pathname],
        [hostname, username, password, pathname],
      );
      assert.equal(uri.searchParams.get("sslmode"), "require");
    }
    // Of the default branch, which has one role and one database to choose from.
    const extended = await cli.json("connection-string", "--extended");
    assert.equal(extended.role, "clerk");
    assert.equal(extended.database, "stock");
    const several = await cli.fails("connection-string", "work", "--database-name", "diary");
    assert.match(several, /Multiple roles/);
  });

  await step("databases delete, roles delete", async () => {
    const owner = await cli.fails("roles", "delete", "guest", "--branch", "work");
    assert.match(owner, /owns/);
    const database = await cli.json("databases", "delete", "diary", "--branch", "work");
    assert.equal(database.name, "diary");
    assert.equal((await cli.json("roles", "delete", "guest", "--branch", "work")).name, "guest");
  });

  await step("branches schema-diff", async () => {
    const diff = await cli.text("branches", "schema-diff", "work", "^parent");
    const [before, after, ...rest] = diff.trim().split("\n");
    assert.equal(before, `--- Database: stock\t(Branch: ${main.id})`);
    assert.equal(after, `+++ Database: stock\t(Branch: ${work.id})`);
    assert.deepEqual(rest, [], "the schemas are the same");
    const none = ["branches", "schema-diff", "main", "work", "--database", "none"];
    assert.match(await cli.fails(...none), /does not exist/);
    // The same name, but another owner.
    const database = ["databases", "create", "--name", "log"];
    await cli.json("roles", "create", "--name", "scribe", "--branch", "main");
    await cli.json(...database, "--branch", "main", "--owner-name", "scribe");
    assert.match(
      await cli.fails("branches", "schema-diff", "main", "work", "--database", "log"),
      /not found/,
    );
    await cli.json(...database, "--branch", "work", "--owner-name", "clerk");
    const owners = await cli.text("branches", "schema-diff", "main", "work", "--database", "log");
    assert.match(owners, /^-.*scribe/m);
    assert.match(owners, /^\+.*clerk/m);
    await cli.json("databases", "delete", "log", "--branch", "work");
  });
});
