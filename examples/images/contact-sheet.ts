import { pathToFileURL } from "node:url";

/** A picture that was found. */
export interface Found {
  readonly path: string;
  readonly name: string;
  readonly score: number;
}

/** Returns an HTML page with the pictures that were found, best first. It names the files by their address and loads nothing else. */
export function contactSheet(question: string, like: string | undefined, found: readonly Found[]): string {
  const asked =
    like === undefined
      ? ""
      : `<img class="like" src="${escaped(pathToFileURL(like).href)}" alt="the picture asked with">`;
  const cells = found.map(
    ({ path, name, score }, index) => `    <figure>
      <a href="${escaped(pathToFileURL(path).href)}"><img src="${escaped(pathToFileURL(path).href)}" alt="${escaped(name)}" loading="lazy"></a>
      <figcaption>${index + 1}. ${escaped(name)} <b>${score.toFixed(3)}</b></figcaption>
    </figure>`,
  );
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src file:; style-src 'unsafe-inline'">
  <meta name="viewport" content="width=device-width">
  <title>${escaped(question)}</title>
  <style>
    :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
    body { margin: 2rem; }
    h1 { display: flex; align-items: center; gap: 1rem; font-size: 1.4rem; font-weight: 600; }
    .like { height: 4rem; border-radius: 4px; }
    main { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1.25rem; }
    figure { margin: 0; }
    figure img { width: 100%; aspect-ratio: 1; object-fit: contain; background: color-mix(in srgb, currentColor 7%, transparent); border-radius: 6px; }
    figcaption { overflow-wrap: anywhere; font-size: 0.85rem; }
  </style>
  <h1>${asked}${escaped(question)}</h1>
  <main>
${cells.join("\n")}
  </main>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
