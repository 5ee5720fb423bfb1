import { search } from "../lib/search.js";

/** A page with a search field, whose results are rendered on the server. */
export default async function Page({ searchParams }) {
  const { q = "" } = await searchParams;
  const found = q.trim() === "" ? [] : await search(q);
  return (
    <main>
      <form>
        <input name="q" defaultValue={q} aria-label="Question" />
        <button type="submit">Search</button>
      </form>
      {found.map(({ title, text }) => (
        <section key={title}>
          <h2>{title}</h2>
          <p>{text.slice(title.length)}</p>
        </section>
      ))}
    </main>
  );
}
