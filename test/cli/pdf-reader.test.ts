import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { createPdfReader } from "../../packages/cli/dist/pdf/reader.js";
import { compressed, linesAt, pdf, stream } from "../support/pdf.js";

/** What PDFs hold is read as a reader sees it, and no PDF takes more than its time and memory, or another one with it. */
const reader = createPdfReader();
afterAll(() => reader[Symbol.asyncDispose]());
const { signal } = new AbortController();

const read = async (bytes: Buffer, own = reader) => {
  const pages = await own.read(Buffer.from(bytes), undefined, signal);
  return pages.map(({ lines, lacks }) => (lacks === undefined ? lines.join("\n") : lacks));
};
const problem = async (bytes: Buffer, own = reader) => {
  const error = await read(bytes, own).then(
    (pages) => ({ pages }),
    (thrown: Error) => ({ told: `${thrown.constructor.name}: ${thrown.message}` }),
  );
  return "told" in error ? error.told : error.pages;
};
const fixture = (name: string) => readFileSync(new URL(`../fixtures/pdf/${name}`, import.meta.url));
const utf16 = (text: string) => [...text].map((one) => one.charCodeAt(0).toString(16).padStart(4, "0")).join("");

/** A page in a font that is not in the file, whose codes a predefined table translates. */
const cjk = (encoding: string, ordering: string, hex: string) =>
  pdf([{ content: `BT /F2 12 Tf 72 700 Td <${hex}> Tj ET`, resources: "/Font << /F2 10 0 R >>" }], {
    objects: [
      `<< /Type /Font /Subtype /Type0 /BaseFont /SomeFont /Encoding /${encoding} /DescendantFonts [11 0 R] >>`,
      `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /SomeFont /DW 1000 /FontDescriptor 12 0 R
          /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 1 >> >>`,
      "<< /Type /FontDescriptor /FontName /SomeFont /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ],
  });

describe("what is read", () => {
  test("pages, lines and paragraphs, in their order", async () => {
    const bytes = pdf([["One line.", "And a second.", "", "A paragraph (its end)."], [], ["Page three."]]);
    expect(await read(bytes)).toEqual(["One line.\nAnd a second.\n\nA paragraph (its end).", "", "Page three."]);
    const part = await reader.read(bytes, { from: 3, to: 9 }, signal);
    expect(part).toEqual([{ lines: ["Page three."] }]);
  });

  test("divided words, ligatures, accents", async () => {
    expect(await read(pdf([["This word is hyphen-", "ated, and well-known is not."]]))).toEqual([
      "This word is hyphenated,\nand well-known is not.",
    ]);
    const ligatures = pdf([{ content: linesAt(["\x01nd the \x02ower"]), resources: "/Font << /F1 10 0 R >>" }], {
      objects: ["<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [1 /fi /fl] >> >>"],
    });
    expect(await read(ligatures)).toEqual(["find the flower"]);
    expect(await read(pdf([["Caf\xe9 \x97 na\xefve \x80 5"]]))).toEqual(["Café — naïve € 5"]);
  });

  test("two columns, one after the other", async () => {
    const content = linesAt(["Left one", "left two."]) + linesAt(["Right one", "right two."], 320);
    expect(await read(pdf([{ content }]))).toEqual(["Left one\nleft two.\nRight one\nright two."]);
  });

  test("Chinese, Japanese and Korean by the tables that PDF readers bring", async () => {
    expect(await read(cjk("GBK-EUC-H", "GB1", "d0dcc3a8b3d4d6f1d7d3"))).toEqual(["熊猫吃竹子"]);
    expect(await read(cjk("UniGB-UTF16-H", "GB1", utf16("熊猫吃竹子")))).toEqual(["熊猫吃竹子"]);
    expect(await read(cjk("90ms-RKSJ-H", "Japan1", "83708393835f82cd93fa967b8cea"))).toEqual(["パンダは日本語"]);
    expect(await read(cjk("UniKS-UCS2-H", "Korea1", utf16("판다는 대나무")))).toEqual(["판다는 대나무"]);
    expect(await read(cjk("ETen-B5-H", "CNS1", "bfdfa659a6cba46c"))).toEqual(["貓吃竹子"]);
  });

  test("Hebrew in the order in which it is read", async () => {
    const map = stream(
      "",
      `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <00> <ff> endcodespacerange
2 beginbfrange <61> <7a> <05d0> <20> <20> <0020> endbfrange endcmap end end`,
    );
    // From left to right on the page, as PDFs place glyphs.
    const bytes = pdf([{ content: linesAt(["cba fed"]), resources: "/Font << /F1 10 0 R >>" }], {
      objects: ["<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 11 0 R >>", map],
    });
    expect(await read(bytes)).toEqual(["דהו אבג"]);
  });

  test("compressed content, a table of objects that is wrong, an end that is cut off", async () => {
    expect(await read(pdf([{ content: compressed("", linesAt(["Compressed."])) }]))).toEqual(["Compressed."]);
    const plain = pdf([["Some text.", "And more."]]);
    const wrong = plain.toString("latin1").replace(/startxref\n\d+/, "startxref\n5");
    expect(await read(Buffer.from(wrong, "latin1"))).toEqual(["Some text.\nAnd more."]);
    expect(await read(plain.subarray(0, plain.indexOf("startxref")))).toEqual(["Some text.\nAnd more."]);
  });

  test("what was written into the fields of a form, and not what is hidden", async () => {
    const shown = (text: string) =>
      stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 180 25] /Resources << /Font << /F1 3 0 R >> >>",
        `BT /F1 11 Tf 2 8 Td (${text}) Tj ET`,
      );
    const field = (flags: number, look: number) =>
      `<< /Subtype /Widget /FT /Tx /T (f${look}) /Rect [120 600 300 625] /F ${flags} /AP << /N ${look} 0 R >> >>`;
    const bytes = pdf([{ content: linesAt(["Name of the owner:"]), entries: "/Annots [10 0 R 12 0 R]" }], {
      catalog: "/AcroForm << /Fields [10 0 R 12 0 R] >>",
      objects: [field(4, 11), shown("Jane Doe"), field(2, 13), shown("hidden")],
    });
    expect((await read(bytes))[0]!.replace("\n\n", "\n")).toBe("Name of the owner:\nJane Doe");
  });

  test("scripts, actions and attachments do nothing", async () => {
    const bytes = pdf([["Quiet."]], {
      catalog: "/OpenAction 10 0 R /AA << /WC 10 0 R >>",
      objects: ["<< /S /JavaScript /JS (app.alert(1); while (true) {}) >>"],
    });
    expect(await read(bytes)).toEqual(["Quiet."]);
  });
});

describe("what cannot be read says why", () => {
  test("no PDF, nothing, half of one", async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("%PDF-1.7\n"), Buffer.from("hello"), Buffer.alloc(5000, 7)]) {
      expect(await problem(bytes)).toBe("UnreadablePdf: is damaged, or no PDF");
    }
  });

  test("a password, and an encryption that nobody knows", async () => {
    const locked = (handler: string) =>
      pdf([["Secret."]], {
        objects: [
          `<< /Filter /${handler} /V 2 /R 3 /Length 128 /P -44 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> >>`,
        ],
        trailer: "/Encrypt 10 0 R /ID [<00> <00>]",
      });
    expect(await problem(locked("Standard"))).toBe("UnreadablePdf: needs a password");
    expect(await problem(fixture("locked.pdf"))).toBe("UnreadablePdf: needs a password");
    // The owner's password alone keeps nobody from opening it.
    expect(await read(fixture("owned.pdf"))).toEqual(["Everybody may open this document,\nand read it."]);
    expect(await problem(locked("Other"))).toBe("UnreadablePdf: is encrypted in a way that cannot be read");
  });

  test("a page that is a picture; one whose letters are unknown", async () => {
    const image = stream(
      "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
      "\x80",
    );
    const scanned = { content: "q 595 0 0 842 0 0 cm /Im1 Do Q", resources: "/XObject << /Im1 10 0 R >>" };
    expect(await read(pdf([scanned, ["Text."]], { objects: [image] }))).toEqual(["picture", "Text."]);
    expect(await read(cjk("Identity-H", "Identity", "00010002000300040005"))).toEqual(["letters"]);
  });

  test("a tree of pages that leads in circles, and one that claims too much", async () => {
    const plain = pdf([["A"]]).toString("latin1");
    const circle = plain.replace("/Kids [100 0 R]", "/Kids [2 0 R]");
    const many = plain.replace("/Count 1", "/Count 9");
    expect(await read(Buffer.from(circle, "latin1"))).not.toContain("A");
    expect((await read(Buffer.from(many, "latin1")))[0]).toBe("A");
  });
});

describe("bombs", () => {
  /** Forms that show the one below ten times each. */
  const nested = (depth: number) =>
    pdf([{ content: "/X0 Do", resources: `/XObject << /X0 10 0 R >>` }], {
      objects: Array.from({ length: depth }, (_, i) =>
        stream(
          `/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> /XObject << /X0 ${11 + i} 0 R >> >>`,
          i === depth - 1 ? linesAt(["boom"]) : "/X0 Do ".repeat(10),
        ),
      ),
    });

  test("a kilobyte that would be 80 megabytes is given up, and the next document is read", async () => {
    const own = createPdfReader({ memoryBytes: 64e6 });
    const bomb = pdf([{ content: compressed("", Buffer.alloc(80e6, " "), 2) }]);
    expect(bomb.length).toBeLessThan(3000);
    expect(await problem(bomb, own)).toBe("UnreadablePdf: needs more than 64.0 MB of memory");
    expect(await read(pdf([["Next."]]), own)).toEqual(["Next."]);
    await own[Symbol.asyncDispose]();
  });

  test("time, pages and text are limited", async () => {
    const late = createPdfReader({ ms: 1 });
    expect(await problem(nested(12), late)).toBe("LatePdf: was given up after 0.001 s, at page 1");
    const small = createPdfReader({ pages: 2, characters: 20 });
    expect(await problem(pdf([["a"], ["b"], ["c"]]), small)).toBe("UnreadablePdf: has more than 2 pages");
    expect(await problem(pdf([["a".repeat(15)], ["b".repeat(15)]]), small)).toBe(
      "UnreadablePdf: has more than 20 characters",
    );
    expect(await read(pdf([["a"], ["b"]]), small)).toEqual(["a", "b"]);
    await Promise.all([late[Symbol.asyncDispose](), small[Symbol.asyncDispose]()]);
  });

  test("an abort ends the work, and what waits behind it goes on", async () => {
    const own = createPdfReader();
    const stop = new AbortController();
    const reason = new Error("enough");
    const bomb = own.read(nested(12), undefined, stop.signal);
    const next = own.read(pdf([["Next."]]), undefined, signal);
    const never = own.read(pdf([["Never."]]), undefined, stop.signal);
    stop.abort(reason);
    await expect(bomb).rejects.toBe(reason);
    await expect(never).rejects.toBe(reason);
    expect(await next).toEqual([{ lines: ["Next."] }]);
    await own[Symbol.asyncDispose]();
  });

  test("a document is read into memory when it is its turn, and not before", async () => {
    const own = createPdfReader();
    const stop = new AbortController();
    let read = 0;
    const next = async () => {
      read++;
      return pdf([["Next."]]);
    };
    const bomb = own.read(async () => nested(12), undefined, stop.signal);
    const [second, third] = [own.read(next, undefined, signal), own.read(next, undefined, stop.signal)];
    await setTimeout(20);
    expect(read).toBe(0);
    stop.abort(new Error("enough"));
    await Promise.all([bomb, third].map((one) => expect(one).rejects.toThrow("enough")));
    expect([await second, read]).toEqual([[{ lines: ["Next."] }], 1]);
    const gone = () => Promise.reject(new Error("gone"));
    await expect(own.read(gone, undefined, signal)).rejects.toThrow("gone");
    expect(await own.read(next, undefined, signal)).toEqual([{ lines: ["Next."] }]);
    await own[Symbol.asyncDispose]();
  });

  test("an abort ends the wait for the document before", async () => {
    const own = createPdfReader();
    const stop = new AbortController();
    const bomb = own.read(nested(12), undefined, signal);
    const behind = own.read(pdf([["Never."]]), undefined, stop.signal);
    stop.abort(new Error("enough"));
    await expect(behind).rejects.toThrow("enough");
    await Promise.all([expect(bomb).rejects.toThrow("has ended"), own[Symbol.asyncDispose]()]);
  });

  test("the end of the reader is that of all that waits, and starts no thread", async () => {
    const own = createPdfReader();
    const all = Promise.allSettled([nested(12), pdf([["a"]]), pdf([["b"]])].map((one) => problem(one, own)));
    await own[Symbol.asyncDispose]();
    const told = "Error: the thread that reads PDFs has ended";
    expect((await all).map((one) => one.status === "fulfilled" && one.value)).toEqual([told, told, told]);
    expect(await problem(pdf([["c"]]), own)).toBe(told);
  });

  test("a thread that ends for want of work takes no new work with it", async () => {
    const own = createPdfReader({ idleMs: 1 });
    for (let i = 0; i < 8; i++) {
      expect(await read(pdf([[`Number ${i}.`]]), own)).toEqual([`Number ${i}.`]);
      await setTimeout(i % 4);
    }
    await own[Symbol.asyncDispose]();
  });

  test("memory that one document got in the end is not held against the next", async () => {
    const locked = fixture("locked.pdf");
    for (const megabytes of [53, 55, 57]) {
      const own = createPdfReader({ memoryBytes: 64e6 });
      const large = await problem(Buffer.concat([fixture("article.pdf"), Buffer.alloc(megabytes * 1e6, 10)]), own);
      if (typeof large === "string") expect(large).toBe("UnreadablePdf: needs more than 64.0 MB of memory");
      expect(await problem(locked, own)).toBe("UnreadablePdf: needs a password");
      await own[Symbol.asyncDispose]();
    }
  });
});

/** What pdftotext leaves divided: soft hyphens at the end of lines. */
const joined = (text: string) => text.replace(/\u00ad\s+/g, "");

/**
 * Documents as typesetters, office programs and browsers write them (see the README there), with their text as poppler's
 * pdftotext gives it.
 */
describe("golden", () => {
  const words = (text: string) => text.split(/\s+/).filter(Boolean);

  test.each([
    ["article", "article.pdf"],
    ["page", "page.pdf"],
    ["kettle", "../notes/kettle.pdf"],
  ])("%s.pdf reads as pdftotext reads it", async (name, file) => {
    const pages = await read(fixture(file));
    const wanted = joined(fixture(`${name}.txt`).toString())
      .split("\f")
      .slice(0, -1);
    expect(pages.map(words)).toEqual(wanted.map(words));
  });
});
