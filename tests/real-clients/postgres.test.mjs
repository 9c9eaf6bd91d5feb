// Clients of Postgres connect with the API's connection strings as they are.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { finished, request, steps } from "./lib.mjs";

const run = promisify(execFile);
const url = process.env.EMULATOR_POSTGRES;
const python = process.env.PSYCOPG_PYTHON;
const skip = url ? false : "there is no PostgreSQL here";

/** Runs this with a connection of node-postgres. */
async function connected(connectionString, body) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

const done = (method, path, body) => finished(url, method, path, body);

test("node-postgres and psycopg", { timeout: 300_000, skip }, async (t) => {
  const made = await done("POST", "/projects", { project: {} });
  const project = `/projects/${made.project.id}`;
  const endpoint = `${project}/endpoints/${made.endpoints[0].id}`;
  const direct = made.connection_uris[0].connection_uri;
  const query = "database_name=neondb&role_name=neondb_owner";
  const { uri: pooled } = await request(url, "GET", `${project}/connection_uri?${query}`);
  const step = steps(t);

  await step("node-postgres writes and reads", async () => {
    await connected(direct, async (client) => {
      await client.query("CREATE TABLE notes (id serial PRIMARY KEY, text text)");
      await client.query("INSERT INTO notes (text) VALUES ($1)", ["it works"]);
    });
    const { rows } = await connected(pooled, (client) => client.query("SELECT text FROM notes"));
    assert.deepEqual(rows, [{ text: "it works" }]);
  });

  await step("node-postgres with TLS", async () => {
    const encrypted = new URL(direct);
    encrypted.searchParams.set("sslmode", "no-verify");
    await connected(encrypted.href, async (client) => {
      assert.ok(client.connection.stream.encrypted);
      await client.query("SELECT 1");
    });
  });

  await step("node-postgres in a pool, over a suspension", async () => {
    const pool = new pg.Pool({ connectionString: direct });
    const client = await pool.connect();
    // The server's message comes first, and then the end of the connection.
    client.on("error", () => {});
    const failed = once(client, "error");
    await done("POST", `${endpoint}/suspend`);
    const [error] = await failed;
    assert.equal(error.code, "57P01");
    client.release(true);
    const { rows } = await pool.query("SELECT count(*)::int FROM notes");
    assert.deepEqual(rows, [{ count: 1 }]);
    await pool.end();
  });

  await step("psycopg", { skip: python ? false : "there is no psycopg here" }, async () => {
    for (const uri of [direct, pooled, `${direct}&sslmode=require`]) {
      const { stdout } = await run(python, ["psycopg_client.py", uri], { timeout: 60_000 });
      assert.equal(stdout.trim(), "it works");
    }
  });

  await step("a branch has the rows, and its own from then on", async () => {
    const body = { branch: { name: "dev" }, endpoints: [{ type: "read_write" }] };
    const branch = await done("POST", `${project}/branches`, body);
    const uri = branch.connection_uris[0].connection_uri;
    await connected(uri, (client) => client.query("INSERT INTO notes (text) VALUES ('mine')"));
    const count = async (of) => {
      const { rows } = await connected(of, (client) => client.query("SELECT text FROM notes"));
      return rows.length;
    };
    assert.deepEqual([await count(direct), await count(uri)], [1, 2]);
  });
});
