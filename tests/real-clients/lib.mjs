// What the tests share: the command line client as a process, and requests without a client.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** How long one run of the command line client may take, on a busy machine too. */
const COMMAND_TIMEOUT = 60_000;

const here = dirname(fileURLToPath(import.meta.url));

/** The emulator that a test was given, by the name of its variable. */
export function emulator(variable) {
  const url = process.env[variable];
  assert.ok(url, `${variable} must hold an emulator's base URL: start the tests with ./run`);
  return url;
}

/** Asks the emulator itself, to compare with what a client makes of it. */
export async function request(url, method, path, body, key = "k") {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** The same, when the operations of the response have finished. */
export async function finished(url, method, path, body) {
  const made = await request(url, method, path, body);
  for (const { project_id: project, id } of made.operations ?? []) {
    for (;;) {
      const { operation } = await request(url, "GET", `/projects/${project}/operations/${id}`);
      if (operation.status === "finished") break;
      assert.ok(["scheduling", "running"].includes(operation.status), JSON.stringify(operation));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return made;
}

/** The `neon` command with an empty home and a folder of its own. */
export class Cli {
  constructor(url, name, key = "k") {
    this.home = join(here, name);
    this.folder = join(this.home, "app");
    mkdirSync(this.folder, { recursive: true });
    this.environment = {
      PATH: process.env.PATH,
      HOME: this.home,
      NEON_API_KEY: key,
      NEON_API_HOST: url,
      // Nothing is to wait for somebody at a keyboard.
      CI: "true",
      NO_COLOR: "1",
    };
  }

  /** Its exit code and what it printed. */
  run(...args) {
    const program = join(here, "node_modules", "neon", "dist", "cli.js");
    const options = {
      cwd: this.folder,
      env: this.environment,
      timeout: COMMAND_TIMEOUT,
      killSignal: "SIGKILL",
    };
    return new Promise((resolve, reject) => {
      const argv = [program, ...args, "--no-analytics"];
      const child = execFile(process.execPath, argv, options, (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") {
          reject(new Error(`neon ${args.join(" ")}: ${error.message}\n${stderr}`));
        } else {
          resolve({ code: error ? error.code : 0, stdout, stderr });
        }
      });
      child.stdin.end();
    });
  }

  /** What a run that must succeed prints. */
  async text(...args) {
    const { code, stdout, stderr } = await this.run(...args);
    assert.equal(code, 0, `neon ${args.join(" ")} exits with ${code}: ${stderr}`);
    return stdout;
  }

  /** The same as a value. */
  async json(...args) {
    const text = await this.text(...args, "--output", "json");
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`neon ${args.join(" ")} does not print JSON: ${text}`);
    }
  }

  /** Signs in, as whoever confirms it in a browser at once. */
  login(...args) {
    const program = join(here, "node_modules", "neon", "dist", "cli.js");
    const argv = [program, "auth", "--force-auth", ...args, "--no-analytics"];
    const options = {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: COMMAND_TIMEOUT,
      killSignal: "SIGKILL",
    };
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, argv, options);
      let told = "";
      let confirmed = false;
      child.stderr.setEncoding("utf8").on("data", (text) => {
        told += text;
        const [, url] = /Auth Url: (\S+)\s/.exec(told) ?? [];
        if (url === undefined || confirmed) return;
        confirmed = true;
        const asked = new URL(url).searchParams;
        const callback = new URL(asked.get("redirect_uri"));
        callback.searchParams.set("code", "confirmed");
        callback.searchParams.set("state", asked.get("state"));
        fetch(callback).catch(reject);
      });
      child.on("error", reject);
      child.on("close", (code) => {
        if (code === 0) resolve(told);
        else reject(new Error(`neon auth ${args.join(" ")} exits with ${code}: ${told}`));
      });
    });
  }

  /** The complaint of a run that must fail. */
  async fails(...args) {
    const { code, stdout, stderr } = await this.run(...args, "--output", "json");
    assert.equal(code, 1, `neon ${args.join(" ")} exits with ${code}: ${stdout}${stderr}`);
    assert.equal(stdout.trim(), "", `neon ${args.join(" ")} fails`);
    return stderr;
  }

  /** The file in which it keeps what it is to work on. */
  context() {
    return JSON.parse(readFileSync(join(this.folder, ".neon"), "utf8"));
  }
}

/**
 * Steps that build on each other: after the first that fails the rest is skipped, so that the
 * report shows one cause.
 */
export function steps(t) {
  let broken;
  return (name, ...rest) => {
    const body = rest.pop();
    const own = rest.pop()?.skip ?? false;
    const skip = broken === undefined ? own : `because "${broken}" failed`;
    return t.test(name, { skip }, async () => {
      try {
        await body();
      } catch (error) {
        broken = name;
        throw error;
      }
    });
  };
}

/** Neither more nor fewer than these. */
export function sameSet(actual, expected) {
  assert.deepEqual([...actual].sort(), [...expected].sort());
}
