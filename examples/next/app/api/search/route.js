import { search } from "../../../lib/search.js";

/** `GET /api/search?q=...`. The request's signal ends the search when the visitor has gone. */
export async function GET(request) {
  const question = request.nextUrl.searchParams.get("q")?.trim();
  if (!question) return Response.json({ error: "q is missing" }, { status: 400 });
  return Response.json(await search(question, request.signal));
}
