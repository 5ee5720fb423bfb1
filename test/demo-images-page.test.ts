import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { printable } from "../examples/demo/report.js";
import { contactSheet, type Sheet } from "../examples/images/contact-sheet.js";
import { findPictures } from "../examples/images/pictures.js";
import { previewOf } from "../examples/images/previews.js";
import { writePage } from "../examples/images/write-page.js";
import { folderOf } from "./support/folders.js";
import { type HtmlPart, readHtml } from "./support/html.js";
import { fixture } from "./support/models.js";

const signal = new AbortController().signal;
const SHEET: Sheet = {
  words: "a red bus",
  like: undefined,
  folder: "/pictures",
  searched: 51,
  model: "BAAI/BGE-VL-base fp32",
  found: [],
  leftOut: [],
};
const shown = (name: string) => ({ name, href: `./${encodeURIComponent(name)}`, preview: undefined, score: 0.25 });
const named = (parts: readonly HtmlPart[], tag: string) => parts.filter((part) => part.tag === tag);
const textOf = (parts: readonly HtmlPart[]) => parts.filter(({ tag }) => tag === "").map(({ text }) => text);

/** Names as people, cameras and attackers give them. Windows allows fewer. */
const ODD_NAMES = [
  "two words.png",
  "it's.png",
  "#1 100% sure&more;.png",
  "ünï 北京 שלום 😀.png",
  "100%25.png",
  ...(process.platform === "win32"
    ? []
    : ['"quoted".png', "<script>alert(1)<.png", "why?.png", "http:colon.png", "a\\b.png", "two\nlines\u001b[31m.png"]),
];

describe("the contact sheet", () => {
  test("whatever is in names, words and reasons stays text", () => {
    const any = fc.string({ unit: "binary", maxLength: 20 });
    const markup = fc.constantFrom("</title><script>", '" onerror="x', "&lt;b&gt;", "<!--", "]]>", "</style>");
    const piece = fc.tuple(any, markup, any).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(piece, piece, piece, piece, fc.boolean(), (words, name, reason, folder, withLike) => {
        const like = withLike ? shown(name) : undefined;
        const parts = readHtml(
          contactSheet({ ...SHEET, words, like, folder, found: [shown(name)], leftOut: [{ name, reason }] }),
        );
        const text = textOf(parts).join("");
        for (const each of [words, folder, reason]) expect(text).toContain(printable(each));
        expect(new Set(parts.map(({ tag }) => tag)).has("script")).toBe(false);
        expect(named(parts, "a").map(({ attributes }) => attributes["href"])).toEqual(
          Array.from({ length: withLike ? 2 : 1 }, () => shown(name).href),
        );
      }),
    );
  });

  test("says what was asked, where, by which model, how well each fits, and what was left out and why", () => {
    const leftOut = [{ name: "a/broken.jpg", reason: "it is no JPEG" }];
    const found = [{ ...shown("trips/bus.jpg"), score: 0.31234 }, shown("b.png")];
    const text = textOf(readHtml(contactSheet({ ...SHEET, found, leftOut }))).join(" ");
    for (const each of ["a red bus", "The best 2 of 51 pictures in", "/pictures", "BAAI/BGE-VL-base fp32", "cosine"])
      expect(text).toContain(each);
    expect(text).toMatch(/1 trips\/ bus\.jpg 0\.312 .* 2 b\.png 0\.250\s+1 left out\s+a\/broken\.jpg\s+it is no JPEG/);
    expect(textOf(readHtml(contactSheet(SHEET))).join(" ")).toMatch(/No picture in \s*\/pictures\s+could be searched/);
  });

  test("loads nothing, runs nothing, and only its own style counts", () => {
    const parts = readHtml(contactSheet({ ...SHEET, found: [shown("a.png")] }));
    const [policy] = named(parts, "meta").filter(({ attributes }) => attributes["http-equiv"] !== undefined);
    const [style] = named(parts, "style");
    const digest = createHash("sha256").update(style!.text).digest("base64");
    expect(policy!.attributes["content"]).toBe(
      `default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    );
    expect(style!.text).not.toMatch(/url\(|@import/);
    const allowed = "html head meta title style body header div h1 p main ol li figure a span figcaption bdi b strong";
    expect(allowed.split(" ")).toEqual(expect.arrayContaining(parts.map(({ tag }) => tag).filter(Boolean)));
  });

  test("a few that were left out are shown at once, many on request", () => {
    const leftOut = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ name: `${at}.png`, reason: "empty" }));
    const details = (count: number) =>
      named(readHtml(contactSheet({ ...SHEET, leftOut: leftOut(count) })), "details").map(
        ({ attributes }) => attributes,
      );
    expect([details(0), details(3), details(300)]).toEqual([[], [{ open: "" }], [{}]]);
  });
});

describe("a page of real files", () => {
  const make = async (names: readonly string[], place: (folder: string) => string) => {
    const folder = folderOf();
    for (const [at, name] of names.entries()) {
      const square = sharp({ create: { width: 8 + at, height: 8, channels: 3, background: "red" } });
      writeFileSync(join(folder, name), await square.png().toBuffer());
    }
    const kept = place(folder);
    mkdirSync(kept, { recursive: true });
    const { pictures, leftOut } = await findPictures(folder, signal);
    const found = pictures.map((picture) => ({ ...picture, score: 0.2 }));
    const path = await writePage(kept, { ...SHEET, like: found[0], folder, found, leftOut }, signal);
    return { folder, path, parts: readHtml(readFileSync(path, "utf8")) };
  };

  test.each([
    ["in the folder, hidden", (folder: string) => join(folder, ".bge-js")],
    ["in the folder itself", (folder: string) => folder],
    ["elsewhere", () => join(folderOf(), "kept #1")],
  ])("every link leads to its file, and every picture has its name: kept %s", async (_, place) => {
    const { folder, path, parts } = await make(ODD_NAMES, place);
    const links = named(parts, "a").map(({ attributes }) => attributes["href"]!);
    expect(links).toHaveLength(ODD_NAMES.length + 1);
    const files = links.map((href) => fileURLToPath(new URL(href, pathToFileURL(path))));
    expect(new Set(files)).toEqual(new Set(ODD_NAMES.map((name) => join(folder, name))));
    expect(files.every((file) => existsSync(file))).toBe(true);
    // Relative, so that the folder can be moved with the page in it.
    for (const href of links) expect(href).toMatch(/^\.\//);
    const pictures = named(parts, "img").map(({ attributes }) => attributes);
    expect(new Set(pictures.map(({ alt }) => alt))).toEqual(new Set(ODD_NAMES.map(printable)));
    for (const { src, loading } of pictures)
      expect([src!.slice(0, 23), loading]).toEqual(["data:image/webp;base64,", "lazy"]);
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("a page that cannot be written leaves nothing behind", async () => {
    const folder = folderOf();
    mkdirSync(join(folder, "found.html"));
    await expect(writePage(folder, { ...SHEET, like: undefined, found: [] }, signal)).rejects.toThrow("cannot write");
    expect(readdirSync(folder)).toEqual(["found.html"]);
  });

  test("hundreds", async () => {
    const { parts } = await make(
      Array.from({ length: 300 }, (_, at) => `${at}.png`),
      (folder) => join(folder, ".bge-js"),
    );
    expect(named(parts, "figure")).toHaveLength(300);
  });

  test("pictures of kinds that are not read are named, and other files are not", async () => {
    const folder = folderOf({ "a.HEIC": "", "b.bmp": "", "notes.txt": "", "c/d.cr2": "" });
    const nothing = findPictures(folder, signal);
    await expect(nothing).rejects.toThrow(/^no picture .*; left out: a\.HEIC: \.HEIC files are not read: convert/);
    copyFileSync(join(fixture("pictures"), "gif.gif"), join(folder, "c", "e.gif"));
    const { pictures, leftOut } = await findPictures(folder, signal);
    expect(pictures.map(({ name }) => name)).toEqual(["c/e.gif"]);
    expect(leftOut.map(({ name }) => name)).toEqual(["a.HEIC", "b.bmp", "c/d.cr2"]);
  });
});

describe("a preview", () => {
  const sizeOf = async (name: string) => {
    const preview = await previewOf(join(fixture("pictures"), name));
    const bytes = Buffer.from(preview!.source.replace("data:image/webp;base64,", ""), "base64");
    const { format, width, height, pages } = await sharp(bytes).metadata();
    expect([width, height]).toEqual([preview!.width, preview!.height]);
    expect([format, pages ?? 1]).toEqual(["webp", 1]);
    return [width, height];
  };

  test.each([
    ["of a large picture", "jpeg-large.jpg", [512, 341]],
    ["of a tall one, not larger than it is", "jpeg-tall.jpg", [40, 300]],
    ["of one pixel", "jpeg-one-pixel.jpg", [1, 1]],
    ["upright", "jpeg-orientation-6.jpg", [40, 64]],
    ["of CMYK", "jpeg-cmyk.jpg", [120, 90]],
    ["of TIFF, which browsers do not show", "tiff-pages.tif", [70, 50]],
    ["of 16 bits", "png-16-rgba.png", [60, 40]],
    ["of an animation's first frame", "gif-animated.gif", [48, 48]],
  ])("%s", async (_, name, size) => expect(await sizeOf(name)).toEqual(size));

  test("that cannot be made is none, and the page says so", async () => {
    const folder = folderOf({ "broken.jpg": "no picture" });
    const path = join(folder, "broken.jpg");
    expect(await previewOf(path)).toBeUndefined();
    const page = await writePage(
      folder,
      { ...SHEET, like: undefined, found: [{ name: "broken.jpg", path, score: 0 }] },
      signal,
    );
    expect(textOf(readHtml(readFileSync(page, "utf8")))).toContain("broken.jpg has no preview");
  });
});

const browser = process.env["BGE_JS_CHROMIUM"];

describe.skipIf(browser === undefined)("in a browser", () => {
  const COLOURS = ["#c00000", "#00a000", "#2020d0"];
  const open = async (page: string, width: number, dark: boolean) => {
    const folder = folderOf();
    const picture = join(folder, "page.png");
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-component-update"];
    const { status, stderr } = spawnSync(
      browser!,
      [
        ...flags,
        // What browsers ask for by themselves.
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        `--user-data-dir=${join(folder, "profile")}`,
        `--window-size=${width},1200`,
        `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
        `--screenshot=${picture}`,
        pathToFileURL(page).href,
      ],
      { encoding: "utf8", timeout: 50_000 },
    );
    if (status !== 0 || !existsSync(picture)) throw new Error(`${browser} ended with ${status}: ${stderr}`);
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width };
  };

  test.each([
    [1440, false],
    [1440, true],
    [500, true],
  ])("%i pixels wide, dark: %s: it shows its pictures, in its own colours", async (width, dark) => {
    const folder = folderOf();
    const found = [];
    for (const [at, background] of COLOURS.entries()) {
      const path = join(folder, `${at} #?%.png`);
      writeFileSync(
        path,
        await sharp({ create: { width: 90, height: 300, channels: 3, background } })
          .png()
          .toBuffer(),
      );
      found.push({ name: basename(path), path, score: 0.3 });
    }
    const page = await writePage(folder, { ...SHEET, like: undefined, found }, signal);
    const seen = await open(page, width, dark);
    expect(seen.width).toBe(width);
    const shades = new Map<string, number>();
    for (let at = 0; at < seen.data.length; at += 3) {
      const shade = [...seen.data.subarray(at, at + 3)].map((value) => Math.round(value / 32)).join();
      shades.set(shade, (shades.get(shade) ?? 0) + 1);
    }
    for (const colour of COLOURS) {
      const channels = [1, 3, 5].map((at) => Math.round(Number.parseInt(colour.slice(at, at + 2), 16) / 32)).join();
      expect(shades.get(channels) ?? 0, colour).toBeGreaterThan(90 * 100);
    }
    expect(seen.data[0]! < 64).toBe(dark);
  });
});
