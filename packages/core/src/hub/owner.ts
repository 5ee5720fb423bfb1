import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, as others that share its files know it. */
export interface Owner {
  /** The machine, its boot and its process namespace: within one of these, process ids mean something. */
  readonly host: string;
  readonly pid: number;
  /** When the process began, where the system tells; an id alone may be taken again. */
  readonly started: string;
}

/** This process. */
export function self(): Owner {
  own ??= { host: hostId(), pid: process.pid, started: startOf(process.pid) ?? "0" };
  return own;
}

/** `undefined`: on another machine, nobody here can tell. */
export function isAlive({ host, pid, started }: Owner): boolean | undefined {
  if (host !== self().host) return undefined;
  if (pid === process.pid) return started === self().started;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return (startOf(pid) ?? started) === started;
}

/** The owner as part of a file's name, and different for each use. */
export function mark(): string {
  const { host, pid, started } = self();
  return `${host}-${pid}-${started}-${randomBytes(4).toString("hex")}`;
}

/** Whose mark it is. */
export function ownerOf(text: string): Owner | undefined {
  const [, host, pid, started] = /^([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{8}$/.exec(text) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid), started: started! };
}

let own: Owner | undefined;

function hostId(): string {
  const parts = [hostname(), read("/proc/sys/kernel/random/boot_id"), link("/proc/self/ns/pid")];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold anything. A zombie has ended, though it has an id. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : fields[19];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
