import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installedExample, runsExamples } from "../support/installed-example.js";
import type { PackedProject } from "../support/packed.js";

/** Where a file system can be made read-only for one process, as Lambda's is. */
const mounts = spawnSync("unshare", ["-rm", "true"]).status === 0;

/** All that can be written is an empty /tmp of 512 MB; there is no home and no shared memory. */
const SANDBOX = `
  set -e
  mount -t tmpfs tmpfs /mnt
  mkdir /mnt/task
  mount --bind "$TASK" /mnt/task
  mount -o remount,bind,ro /mnt/task
  mount -t tmpfs -o size=512m tmpfs /tmp
  mount -t tmpfs -o ro tmpfs /dev/shm
  mount -o remount,ro /mnt
  mount -o remount,bind,ro /
  cd /mnt/task
  exec env -i PATH=/usr/bin:/bin LAMBDA_TASK_ROOT=/mnt/task TZ=:UTC AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024 "$NODE" invoke.mjs "$@"
`;

describe.skipIf(!runsExamples)("examples/lambda", () => {
  let project: PackedProject;
  let printed: string;
  beforeAll(() => {
    project = installedExample("examples/lambda");
    printed = execFileSync(process.execPath, ["build.mjs"], { cwd: project.directory, encoding: "utf8" });
  }, 600_000);
  afterAll(() => project?.remove());

  test("builds a function that is small enough", () => {
    expect(printed).toMatch(/^6 documents in the index$/m);
    const [, megabytes] = /^x64: (\d+) MB unpacked, of 250$/m.exec(printed) ?? [];
    expect(Number(megabytes)).toBeLessThan(250);
    expect(existsSync(join(project.directory, "function.zip"))).toBe(printed.includes("function.zip"));
  });

  test.skipIf(!mounts)("answers where nothing but /tmp can be written, and writes nothing", () => {
    const task = join(project.directory, "build");
    copyFileSync(fileURLToPath(new URL("../support/lambda/invoke.mjs", import.meta.url)), join(task, "invoke.mjs"));
    const events = [{ question: "Can I bring my dog?" }, { question: "E-4712" }, {}].map((event) =>
      JSON.stringify(event),
    );
    const { stdout, stderr, status } = spawnSync("unshare", ["-rm", "sh", "-c", SANDBOX, "lambda", ...events], {
      env: { PATH: process.env["PATH"], TASK: task, NODE: process.execPath },
      encoding: "utf8",
    });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const [dog, code, bad, written] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([dog.statusCode, code.statusCode, bad.statusCode]).toEqual([200, 200, 400]);
    expect(JSON.parse(dog.body)).toMatchObject({ results: [{ id: "Do pets need a ticket?" }, {}, {}], skipped: [] });
    expect(JSON.parse(code.body).results[0]).toMatchObject({ id: "The ticket machine shows E-4712." });
    expect(written).toEqual([]);
  });
});
