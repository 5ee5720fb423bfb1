// One measurement of one contender, in a process of its own: `node child.mjs '{"measurement", "contender", "settings"}'`.
// Nothing is imported before it is needed, so that memory and start are the contender's own.
const residentBefore = process.memoryUsage.rss();
const { measurement, contender, settings } = JSON.parse(process.argv[2]);
const { measure } = await import(`./measurements/${measurement}.mjs`);

/** Loads the contender's library and model; a measurement calls it when it is ready to. */
const open = async () => {
  const library = await import(`./contenders/${contender.library}.mjs`);
  if (contender.task === undefined) return library.loadEmbedding(contender);
  if (contender.task === "pictures") return library.loadPictures(contender);
  return contender.task === "search" ? library.loadSearching(contender) : library.loadReranking(contender);
};

// A bench that was interrupted leaves nothing running.
const orphaned = () => process.exit(1);
process.once("disconnect", orphaned);
const result = await measure(open, { ...settings, residentBefore, contender });
process.off("disconnect", orphaned);
process.send({ result }, () => process.disconnect());
