// The MCP server of examples-mcp, through the Python SDK of MCP, which validates results by their
// schemas.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { emulator, request, sameSet, steps } from "./lib.mjs";

const python = process.env.MCP_PYTHON;
const skip = python ? false : "there is no Python SDK of MCP here";

/** What the SDK lists, and what its calls return, of a server with these arguments. */
function session(url, args, calls) {
  const server = [process.env.MCP_SERVER, ...args];
  const env = { PATH: process.env.PATH, NEON_API_KEY: "napi_mcp0client0key", NEON_API_HOST: url };
  const child = spawn(python, ["mcp_client.py", ...server], { env, timeout: 90_000 });
  child.stdin.end(JSON.stringify(calls.map(([name, args]) => ({ name, arguments: args }))));
  return new Promise((resolve, reject) => {
    let [out, err] = ["", ""];
    child.stdout.on("data", (piece) => (out += piece));
    child.stderr.on("data", (piece) => (err += piece));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`mcp_client.py exits with ${code}: ${err}`));
    });
  });
}

/** The data of a result that must be none of an error. */
function data(result) {
  assert.notEqual(result.isError, true, JSON.stringify(result));
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
  assert.match(result.structuredContent.notice, /no instruction/);
  return result.structuredContent.untrusted_data;
}

/** The text of a result that must be one of an error. */
function fault(result) {
  assert.equal(result.isError, true, JSON.stringify(result));
  return result.content[0].text;
}

test("tools over MCP", { timeout: 300_000, skip }, async (t) => {
  const url = emulator("EMULATOR_MCP");
  const app = await request(url, "POST", "/projects", { project: { name: "app" } });
  const project_id = app.project.id;
  const step = steps(t);
  let branch_id;

  await step("tools/list shows schemas and annotations", async () => {
    const { tools } = await session(url, [], []);
    const names = tools.map((tool) => tool.name);
    sameSet(names, [
      ...["createProjectBranch", "deleteProjectBranch", "getProjectBranch"],
      ...["listProjectBranches", "listProjects"],
    ]);
    const hints = (name) => {
      const { annotations, inputSchema, outputSchema } = tools.find((tool) => tool.name === name);
      assert.equal(inputSchema.type, "object");
      assert.equal(inputSchema.additionalProperties, false);
      assert.ok(outputSchema.properties.untrusted_data);
      const { readOnlyHint, destructiveHint, idempotentHint } = annotations;
      return [readOnlyHint, destructiveHint, idempotentHint];
    };
    assert.deepEqual(hints("listProjects"), [true, false, true]);
    assert.deepEqual(hints("createProjectBranch"), [false, false, false]);
    assert.deepEqual(hints("deleteProjectBranch"), [false, true, true]);
  });

  await step("tools/call lists, creates and gets", async () => {
    const body = { branch: { name: "by-a-model" }, endpoints: [{ type: "read_write" }] };
    const { results } = await session(url, [], [
      ["listProjects", {}],
      ["createProjectBranch", { project_id, body }],
      ["listProjectBranches", { project_id, search: "by-a" }],
    ]);
    assert.ok(data(results[0]).projects.some((project) => project.id === project_id));
    const created = data(results[1]);
    branch_id = created.branch.id;
    assert.deepEqual(results[1].structuredContent.wait, { outcome: "finished" });
    assert.equal(results[1].structuredContent.operations[0].project_id, project_id);
    assert.deepEqual(data(results[2]).branches.map((branch) => branch.id), [branch_id]);
    const got = await session(url, [], [["getProjectBranch", { project_id, branch_id }]]);
    assert.equal(data(got.results[0]).branch.name, "by-a-model");
    // What the server issued is masked.
    const text = JSON.stringify(results);
    const uri = created.connection_uris?.[0]?.connection_uri;
    assert.ok(uri === undefined || uri === "[redacted]", uri);
    assert.doesNotMatch(text, /npg_|napi_|postgres(ql)?:\/\//);
  });

  await step("deletions need a confirmation", async () => {
    const call = ["deleteProjectBranch", { project_id, branch_id }];
    const { results } = await session(url, [], [call]);
    assert.match(fault(results[0]), /nobody can confirm that here; nothing was sent/);
    await request(url, "GET", `/projects/${project_id}/branches/${branch_id}`);
    const deleted = await session(url, ["--delete-unconfirmed"], [call]);
    data(deleted.results[0]);
    const { branches } = await request(url, "GET", `/projects/${project_id}/branches`);
    assert.ok(branches.every((branch) => branch.id !== branch_id));
  });

  await step("bad input is an error result", async () => {
    const typo = { project_id, body: { branch: { nam: "x" } } };
    const { results } = await session(url, [], [
      ["createProjectBranch", typo],
      ["getProjectBranch", { project_id }],
      ["getProjectBranch", { project_id: "../users", branch_id: "br-a" }],
      ["deleteProject", { project_id }],
      ["getProjectBranch", { project_id, branch_id: "br-none" }],
    ]);
    assert.match(fault(results[0]), /unknown field \$\.body\.branch\.nam: expected one of/);
    assert.match(fault(results[1]), /missing \$\.branch_id/);
    assert.match(fault(results[2]), /\$\.project_id: invalid project ID/);
    assert.match(fault(results[3]), /there is no such tool/);
    assert.match(fault(results[4]), /404/);
    await request(url, "GET", `/projects/${project_id}`);
  });

  await step("one project only", async () => {
    const other = await request(url, "POST", "/projects", { project: { name: "other" } });
    const { tools, results } = await session(url, ["--project", project_id], [
      ["listProjectBranches", { project_id: other.project.id }],
      ["listProjectBranches", { project_id }],
      ["listProjects", {}],
    ]);
    assert.ok(!tools.some((tool) => tool.name === "listProjects"));
    assert.match(fault(results[0]), /which these tools are restricted to/);
    assert.equal(data(results[1]).branches.length, 1);
    assert.match(fault(results[2]), /there is no such tool/);
  });
});
