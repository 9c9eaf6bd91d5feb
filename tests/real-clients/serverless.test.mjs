// Neon's driver for serverless functions runs queries with the API's connection strings as they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, NeonDbError, Pool, neon, neonConfig } from "@neondatabase/serverless";
import pg from "pg";
import ws from "ws";
import { finished, steps } from "./lib.mjs";

const url = process.env.EMULATOR_SERVERLESS;
const skip = url ? false : "there is no PostgreSQL here";
const done = (method, path, body) => finished(url, method, path, body);

// All that differs from a program for Neon; node has a WebSocket of its own from version 22.
neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
neonConfig.wsProxy = (host, port) => `${host}:${port}/v2`;
neonConfig.useSecureWebSocket = false;
neonConfig.webSocketConstructor = ws;

/** Values whose forms differ between clients that are careless. */
const values = `SELECT 1 AS n, 9007199254740993 AS big, 1.50 AS exact, 0.1::float8 AS float,
  'NaN'::float8 AS nan, 'o''n"e\\' || chr(10) || 'ü😀' AS text, NULL AS nothing, true AS yes,
  '2024-02-29'::date AS day, '2024-02-29 12:00:00.123+02'::timestamptz AS moment,
  '1 day 02:03'::interval AS span, '\\x00ff'::bytea AS bytes, '{1,NULL,3}'::int[] AS ints,
  ARRAY['a b', '', 'NULL', NULL, '"\\'] AS texts, '{"a":[1,{"b":null}]}'::jsonb AS object,
  '[1,2]'::json AS list, '(1,2)'::point AS point, 'a'::"char" AS letter`;

const shown = (value) => inspect(value, { depth: 9, maxStringLength: 100 });

/** What a promise is rejected with. */
async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    assert.ok(error instanceof NeonDbError, `${error}`);
    return error;
  }
  assert.fail(`it succeeds: ${JSON.stringify(value)}`);
}

test("@neondatabase/serverless", { timeout: 300_000, skip }, async (t) => {
  const made = await done("POST", "/projects", { project: {} });
  const endpoint = `/projects/${made.project.id}/endpoints/${made.endpoints[0].id}`;
  const uri = made.connection_uris[0].connection_uri;
  const sql = neon(uri);
  const step = steps(t);

  await step("templates, parameters, and results in all forms", async () => {
    await sql`CREATE TABLE notes (id serial PRIMARY KEY, text text UNIQUE, more jsonb)`;
    const [more, text] = [{ a: [1, null] }, "it's \"here\""];
    const inserted = await sql`INSERT INTO notes (text, more) VALUES (${text}, ${more})
      RETURNING *`;
    assert.deepEqual(inserted, [{ id: 1, text, more }]);
    const where = sql`WHERE id = ${1}`;
    assert.deepEqual(await sql`SELECT text FROM ${sql.unsafe("notes")} ${where}`, [{ text }]);
    const query = "SELECT id, text FROM notes WHERE text = $1";
    assert.deepEqual(await sql.query(query, [text], { arrayMode: true }), [[1, text]]);
    const full = await sql.query(query, [text], { fullResults: true });
    assert.deepEqual([full.command, full.rowCount, full.rowAsArray], ["SELECT", 1, false]);
    assert.deepEqual(full.rows, [{ id: 1, text }]);
    const names = ["name", "tableID", "columnID", "dataTypeID", "dataTypeSize"];
    const kinds = full.fields.map((field) => names.map((name) => typeof field[name]));
    assert.deepEqual(kinds[0], ["string", "number", "number", "number", "number"]);
  });

  await step("results are those of node-postgres", async () => {
    const client = new pg.Client({ connectionString: uri });
    await client.connect();
    try {
      const expected = await client.query(values);
      const found = await sql.query(values, [], { fullResults: true });
      // The driver has copies of the classes.
      assert.equal(shown(found.rows), shown(expected.rows));
      const plain = ({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }) => ({
        name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier,
      });
      assert.deepEqual(found.fields.map(plain), expected.fields.map(plain));
      const parameters = [
        1, "text", true, null, new Date(0), Buffer.from([0, 255]), ["a b", null, '"'], { a: 1 },
      ];
      const types = ["int", "text", "bool", "text", "timestamptz", "bytea", "text[]", "json"];
      const query = `SELECT ${types.map((type, at) => `$${at + 1}::${type} AS c${at}`)}`;
      const { rows } = await client.query(query, parameters);
      assert.equal(shown(await sql.query(query, parameters)), shown(rows));
    } finally {
      await client.end();
    }
  });

  await step("errors have the server's code and details", async () => {
    const error = await failure(sql`INSERT INTO notes (text) SELECT text FROM notes`);
    assert.equal(error.code, "23505");
    assert.equal(error.constraint, "notes_text_key");
    assert.equal(error.severity, "ERROR");
    assert.match(error.detail, /already exists/);
    assert.equal((await failure(sql`SELECT wrong`)).position, "8");
    const wrong = neon(uri.replace(/:[^:@]*@/, ":wrong@"));
    const refused = await failure(wrong`SELECT 1`);
    assert.equal(refused.message, "password authentication failed for user 'neondb_owner'");
    const gone = neon(uri.replace(made.endpoints[0].id, "ep-not-there-a1"));
    assert.match((await failure(gone`SELECT 1`)).message, /endpoint/);
    const large = await failure(sql`SELECT repeat('x', 1000000) FROM generate_series(1, 20)`);
    assert.match(large.message, /HTTP status 507.*response is too large/);
  });

  await step("transactions, their isolation, and what is left of one that fails", async () => {
    const modes = sql`SELECT current_setting('transaction_isolation') AS level,
      current_setting('transaction_read_only') AS reads,
      current_setting('transaction_deferrable') AS waits`;
    const options = { isolationLevel: "Serializable", readOnly: true, deferrable: true };
    const [[found], count] = await sql.transaction(
      [modes, sql`SELECT count(*)::int FROM notes`],
      options,
    );
    assert.deepEqual(found, { level: "serializable", reads: "on", waits: "on" });
    assert.deepEqual(count, [{ count: 1 }]);
    const write = sql`INSERT INTO notes (text) VALUES ('more')`;
    assert.equal((await failure(sql.transaction([write], { readOnly: true }))).code, "25006");
    const failing = (txn) => [txn`INSERT INTO notes (text) VALUES ('gone')`, txn`SELECT 1/0`];
    assert.equal((await failure(sql.transaction(failing))).code, "22012");
    assert.deepEqual(await sql`SELECT count(*)::int FROM notes`, [{ count: 1 }]);
    const results = await sql.transaction([write, modes], { arrayMode: true, fullResults: true });
    assert.equal(results[0].rowCount, 1);
    assert.deepEqual(results[1].rows, [["read committed", "off", "off"]]);
  });

  await step("a query that is aborted ends in the server", async () => {
    const abort = new AbortController();
    const fetchOptions = { signal: abort.signal };
    const sleeping = failure(sql.query("SELECT pg_sleep(600)", [], { fetchOptions }));
    const until = async (count) => {
      for (;;) {
        const [found] = await sql`SELECT count(*)::int FROM pg_stat_activity
          WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'`;
        if (found.count === count) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    await until(1);
    abort.abort();
    await sleeping;
    await until(0);
  });

  await step("a suspended compute is woken by a query, and by a WebSocket", async () => {
    await done("POST", `${endpoint}/suspend`);
    assert.deepEqual(await sql`SELECT 1 AS n`, [{ n: 1 }]);
    await done("POST", `${endpoint}/suspend`);
    const client = new Client(uri);
    await client.connect();
    assert.deepEqual((await client.query("SELECT 2 AS n")).rows, [{ n: 2 }]);
    await client.end();
  });

  await step("a pool over WebSockets, with a transaction", async () => {
    const pool = new Pool({ connectionString: uri, max: 3 });
    const { rows } = await pool.query(values);
    assert.deepEqual(rows, await sql.query(values));
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("INSERT INTO notes (text) VALUES ($1)", ["unfinished"]);
      const own = await client.query("SELECT count(*)::int FROM notes");
      const other = await pool.query("SELECT count(*)::int FROM notes");
      assert.equal(own.rows[0].count, other.rows[0].count + 1);
      await client.query("ROLLBACK");
    } finally {
      client.release();
    }
    await assert.rejects(pool.query("SELECT 1/0"), { code: "22012" });
    // More than any buffer on the way has room for, in both directions.
    const text = "ü".repeat(3_000_000);
    const echoed = await pool.query("SELECT $1::text AS text", [text]);
    assert.equal(echoed.rows[0].text.length, text.length);
    await pool.end();
  });

  await step("WebSockets without the password ahead, and with a wrong one", async () => {
    for (const pipelineConnect of [false, "password"]) {
      const client = new Client(uri);
      client.neonConfig.pipelineConnect = pipelineConnect;
      await client.connect();
      assert.deepEqual((await client.query("SELECT 3 AS n")).rows, [{ n: 3 }]);
      await client.end();
      const wrong = new Client(uri.replace(/:[^:@]*@/, ":wrong@"));
      wrong.neonConfig.pipelineConnect = pipelineConnect;
      wrong.on("error", () => {});
      const refused = wrong.connect().then(() => wrong.query("SELECT 1"));
      await assert.rejects(refused, { code: "28P01" });
    }
  });
});
