import { deflateSync } from "node:zlib";

/** A page: lines of text, or operators, or the object with its content. */
export type Page =
  | readonly string[]
  | { readonly content: string | Buffer; readonly resources?: string; readonly entries?: string };

export interface PdfOptions {
  /** Further objects, from number 10 on, in the order of their numbers. */
  readonly objects?: readonly (string | Buffer)[];
  /** Entries of the catalog and of the trailer. */
  readonly catalog?: string;
  readonly trailer?: string;
}

/** The first of the page's own objects: those before are the document's, and the test's. */
const FIRST_PAGE = 100;

/**
 * Writes a PDF as the specification's first examples do: a table of objects, uncompressed, in Helvetica. A line `""` leaves
 * the room of one.
 */
export function pdf(pages: readonly Page[], { objects = [], catalog = "", trailer = "" }: PdfOptions = {}): Buffer {
  const kids = pages.map((_, i) => `${FIRST_PAGE + 2 * i} 0 R`).join(" ");
  const all = new Map<number, string | Buffer>([
    [1, `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`],
    [2, `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} /MediaBox [0 0 595 842] >>`],
    [3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"],
    ...objects.map((object, i) => [10 + i, object] as const),
  ]);
  for (const [i, page] of pages.entries()) {
    const { content, resources = "", entries = "" } = "content" in page ? page : { content: linesAt(page) };
    const own = FIRST_PAGE + 2 * i;
    const fonts = "/Font << /F1 3 0 R >>";
    all.set(
      own,
      `<< /Type /Page /Parent 2 0 R /Contents ${own + 1} 0 R /Resources << ${resources || fonts} >> ${entries} >>`,
    );
    all.set(own + 1, typeof content === "string" ? stream("", content) : content);
  }
  const parts: Buffer[] = [Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1")];
  let length = parts[0]!.length;
  const rows: string[] = [];
  for (const [number, body] of all) {
    rows.push(`${number} 1\n${String(length).padStart(10, "0")} 00000 n \n`);
    const object = Buffer.concat([Buffer.from(`${number} 0 obj\n`), bytesOf(body), Buffer.from("\nendobj\n")]);
    parts.push(object);
    length += object.length;
  }
  const end = `xref\n0 1\n0000000000 65535 f \n${rows.join("")}trailer\n<< /Size ${Math.max(...all.keys()) + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

/** An object with a stream. */
export function stream(entries: string, data: string | Buffer): Buffer {
  const bytes = bytesOf(data);
  return Buffer.concat([
    Buffer.from(`<< ${entries} /Length ${bytes.length} >>\nstream\n`),
    bytes,
    Buffer.from("\nendstream"),
  ]);
}

/** An object with a stream that was compressed as often as there are filters. */
export function compressed(entries: string, data: string | Buffer, times = 1): Buffer {
  let bytes = bytesOf(data);
  for (let i = 0; i < times; i++) bytes = deflateSync(bytes);
  return stream(`${entries} /Filter [${" /FlateDecode".repeat(times)}]`, bytes);
}

/** A content stream that shows lines from a place on the page downwards. */
export function linesAt(lines: readonly string[], x = 72, y = 770): string {
  const shown = lines.map((line) => `${line === "" ? "" : `(${line.replace(/[\\()]/g, "\\$&")}) Tj `}T*`);
  return `BT /F1 11 Tf 14 TL ${x} ${y} Td ${shown.join("\n")} ET\n`;
}

function bytesOf(data: string | Buffer): Buffer {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}
