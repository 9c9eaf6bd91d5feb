// The files that the `neon` command writes, read by our client: who is signed in, and where.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Cli, emulator, request, steps } from "./lib.mjs";
import { authorization } from "./oauth.mjs";

const ORGANIZATION = "org-ocean-art-12345678";
const reader = process.env.CLI_READER;

/** Our client in the CLI's place: the same folder and environment. */
function read(cli, { profile, url = cli.environment.NEON_API_HOST, key } = {}) {
  const env = { ...cli.environment };
  if (profile !== undefined) env.NEON_PROFILE = profile;
  if (key !== undefined) env.NEON_API_KEY = key;
  const options = { cwd: cli.folder, env, timeout: 60_000, killSignal: "SIGKILL" };
  return new Promise((resolve, reject) => {
    execFile(reader, url === null ? [] : [url], options, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") return reject(error);
      resolve(error ? { error: stderr.trim() } : JSON.parse(stdout));
    });
  });
}

/** All files of a folder with what is in them and when they were written. */
function content(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((file) => [file, statSync(file).mtimeMs, readFileSync(file, "utf8")]);
}

test("credentials that neon keeps", { timeout: 300_000 }, async (t) => {
  assert.ok(reader, "CLI_READER must name our program: start the tests with ./run");
  const url = emulator("EMULATOR_CREDENTIALS");
  const oauth = await authorization();
  t.after(() => oauth.close());
  const cli = new Cli(url, "home-credentials");
  delete cli.environment.NEON_API_KEY;
  cli.environment.NEON_OAUTH_HOST = oauth.url;
  const config = join(cli.home, ".config", "neon");
  const { account_id: account } = await request(url, "GET", "/auth");
  const step = steps(t);

  await step("nobody has signed in", async () => {
    const { error } = await read(cli);
    assert.match(error, /NEON_API_KEY is not set.*`neon auth --profile DEFAULT`/);
  });

  await step("profile create --api-key", async () => {
    // In CI the command does not create its folder.
    mkdirSync(config, { recursive: true });
    await cli.text("profile", "create", "ci", "--api-key", "napi_of_a_profile");
    const found = await read(cli, { profile: "ci" });
    const file = join(config, "credentials.ci.json");
    assert.equal(found.source, `profile ci (${file})`);
    assert.equal(found.kind, "ApiKey");
    assert.equal(found.account, account);
    assert.equal((await read(cli, { key: "napi_x", profile: "ci" })).source, "NEON_API_KEY");
    const { error } = await read(cli, { profile: "none" });
    assert.match(error, /defined are: DEFAULT, ci/);
  });

  await step("auth", async () => {
    await cli.login();
    const found = await read(cli);
    assert.equal(found.source, `profile DEFAULT (${join(config, "credentials.json")})`);
    assert.equal(found.kind, "Session");
    assert.equal(found.account, account);
    await cli.login("--profile", "work");
    const work = await read(cli, { profile: "work" });
    assert.equal(work.source, `profile work (${join(config, "credentials.work.json")})`);
  });

  await step("a host of the environment", async () => {
    for (const profile of ["work", "ci"]) {
      const { error } = await read(cli, { profile, url: null });
      assert.match(error, /^error: NEON_API_HOST is set/);
    }
  });

  await step("a session that has expired, and that the CLI renews", async () => {
    oauth.lifetime = 0;
    await cli.login("--profile", "short");
    const before = content(cli.home);
    const { error } = await read(cli, { profile: "short" });
    assert.match(error, /`neon me --profile short`.*`neon auth --profile short`/);
    assert.equal(oauth.renewals, 0, "our client does not renew it");
    assert.deepEqual(content(cli.home), before, "nor does it write anything");
    await cli.text("me", "--profile", "short");
    assert.equal(oauth.renewals, 1);
    assert.equal((await read(cli, { profile: "short" })).kind, "Session");
  });

  await step("set-context, link", async () => {
    const { project, branch } = await request(url, "POST", "/projects", { project: { name: "linked" } });
    const ids = ["--project-id", project.id, "--org-id", ORGANIZATION];
    await cli.text("set-context", ...ids, "--branch-id", branch.id, "--profile", "ci");
    const found = await read(cli);
    assert.equal(found.project, project.id);
    assert.equal(found.org, ORGANIZATION);
    assert.equal(found.branch_id, branch.id);
    await cli.text("link", "--project-id", project.id, "--no-config", "--profile", "ci");
    const linked = await read(cli, { profile: "ci" });
    assert.equal(linked.project, project.id);
    assert.equal(linked.branch_name, "main");
  });

  await step("the former folder, and a chosen one", async () => {
    const former = join(cli.home, ".config", "neonctl");
    renameSync(config, former);
    const profiles = await cli.json("profile", "list");
    const listed = profiles.find((profile) => profile.name === "DEFAULT").credentials;
    const found = await read(cli);
    assert.equal(found.source, `profile DEFAULT (${listed})`, "as the CLI itself finds it");
    assert.equal((await read(cli, { profile: "ci" })).kind, "ApiKey");
    cli.environment.NEON_CONFIG_DIR = former;
    assert.equal((await read(cli)).source, `profile DEFAULT (${listed})`);
    cli.environment.NEON_CONFIG_DIR = join(cli.home, "chosen");
    assert.match((await read(cli)).error, /chosen\/credentials\.json does not exist/);
    mkdirSync(cli.environment.NEON_CONFIG_DIR);
    await cli.text("profile", "create", "own", "--api-key", "napi_chosen");
    const own = join(cli.home, "chosen", "credentials.own.json");
    assert.equal((await read(cli, { profile: "own" })).source, `profile own (${own})`);
  });

  await step("rotate-key, remove", async () => {
    await cli.text("profile", "rotate-key", "own");
    assert.equal((await read(cli, { profile: "own" })).account, account);
    await cli.text("profile", "remove", "own", "--yes");
    assert.match((await read(cli, { profile: "own" })).error, /is not defined/);
  });

  await step("a file that was damaged", async () => {
    const file = join(cli.home, "chosen", "credentials.json");
    writeFileSync(file, '{\n"access_token": token-1', { mode: 0o600 });
    const { error } = await read(cli);
    assert.match(error, /credentials\.json is not valid JSON: see line 2/);
    assert.doesNotMatch(error, /token-1/);
    rmSync(file);
  });
});
