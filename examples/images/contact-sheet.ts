import { createHash } from "node:crypto";
import { grouped, printable } from "../demo/report.js";
import { SHEET_STYLE } from "./sheet-style.js";

/** A small copy of a picture, which the page itself holds. */
export interface Preview {
  /** A `data:` URL. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
}

/** A picture on the page. */
export interface Shown {
  /** In the folder, with `/`. */
  readonly name: string;
  /** The address of the file, from the page. */
  readonly href: string;
  /** `undefined` if none could be made. */
  readonly preview: Preview | undefined;
}

export interface Sheet {
  readonly words: string | undefined;
  /** The picture that was asked with. */
  readonly like: Shown | undefined;
  readonly folder: string;
  /** How many pictures were searched. */
  readonly searched: number;
  readonly model: string;
  /** Best first. */
  readonly found: readonly (Shown & { readonly score: number })[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** As many files that were left out are shown at once. */
const FEW = 10;
/** Nothing but the page's own style, and pictures that it holds itself. */
const POLICY = [
  "default-src 'none'",
  "img-src data:",
  `style-src 'sha256-${createHash("sha256").update(SHEET_STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Returns an HTML page with the pictures that were found. It loads nothing: its pictures are small copies in the page, each a link to its file. */
export function contactSheet(sheet: Sheet): string {
  const { words, like, leftOut } = sheet;
  const question = [like === undefined ? [] : `like ${like.name}`, words ?? []].flat().join(": ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${shown(question)}</title>
<style>${SHEET_STYLE}</style>
</head>
<body>
<header>
<div class="asked">${like === undefined ? "" : link(like)}<h1>${heading(words, like)}</h1></div>
<p>${summary(sheet)}</p>
</header>
<main>
<ol role="list">
${sheet.found.map(item).join("\n")}
</ol>
</main>
${leftOut.length === 0 ? "" : `${leftOutList(leftOut)}\n`}</body>
</html>
`;
}

function heading(words: string | undefined, like: Shown | undefined): string {
  const asked = words === undefined ? "" : `<bdi>${shown(words)}</bdi>`;
  if (like === undefined) return asked;
  const start = `Like <bdi>${shown(like.name)}</bdi>`;
  return words === undefined ? start : `<small>${start}, but</small>${asked}`;
}

function summary({ found, searched, folder, model }: Sheet): string {
  const where = `in <bdi>${shown(folder)}</bdi>`;
  if (found.length === 0) return `No picture ${where} could be searched by <strong>${shown(model)}</strong>.`;
  const how = `by <strong>${shown(model)}</strong>`;
  const which =
    found.length === searched
      ? `All ${counted(searched)} ${where}`
      : `The best ${grouped(found.length)} of ${counted(searched)} ${where}`;
  return `${which}, ${how}. The number is the cosine to what was asked: higher fits better. Something is always first, even if nothing fits.`;
}

function item({ score, ...picture }: Sheet["found"][number], index: number): string {
  const at = picture.name.lastIndexOf("/") + 1;
  const folder = at === 0 ? "" : `<span class="folder">${shown(picture.name.slice(0, at))}</span>`;
  return `<li><figure>
${link(picture)}
<figcaption><span class="rank">${index + 1}</span><bdi title="${shown(picture.name)}">${folder}${shown(picture.name.slice(at))}</bdi><b>${score.toFixed(3)}</b></figcaption>
</figure></li>`;
}

function link({ name, href, preview }: Shown): string {
  const inside =
    preview === undefined
      ? `<span>${shown(name)} has no preview</span>`
      : `<img src="${preview.source}" alt="${shown(name)}" width="${preview.width}" height="${preview.height}" loading="lazy" decoding="async">`;
  return `<a class="picture" href="${escaped(href)}">${inside}</a>`;
}

function leftOutList(leftOut: Sheet["leftOut"]): string {
  const lines = leftOut.map(
    ({ name, reason }) => `<li><bdi>${shown(name)}</bdi> <span class="reason">${shown(reason)}</span></li>`,
  );
  return `<details${leftOut.length > FEW ? "" : " open"}>
<summary>${grouped(leftOut.length)} left out</summary>
<ul>
${lines.join("\n")}
</ul>
</details>`;
}

function counted(pictures: number): string {
  return `${grouped(pictures)} ${pictures === 1 ? "picture" : "pictures"}`;
}

/** Text for the page: nothing in it is markup, and characters that cannot be seen are spelled out. */
function shown(text: string): string {
  return escaped(printable(text));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
