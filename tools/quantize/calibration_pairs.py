"""Questions to calibration texts, written for this project: what a cross-encoder reads, relevant and not."""

from calibration_texts import ENGLISH, TEXTS

# One for each of the first English texts, in their order, which answer them.
QUESTIONS = [
    "When will the committee vote on the budget?", "how does photosynthesis work", "steps for changing a bike tyre", "does the receptor affect weight gain in mice",
    "Is a promise of delivery enough consideration for a contract?", "apple crumble oven temperature", "what happened in Europe in 1848", "why did operating margin fall this quarter",
    "Who read the letter by the lamp?", "how are collisions in a hash table resolved", "reynolds number at which a boundary layer turns turbulent", "how often should diabetics have a kidney test",
    "final score of the match and attendance", "Why is volcanic ash dangerous for aircraft?", "can I get my money back for order 88213", "will the central bank raise interest rates", "what did whales evolve from",
]

# A question that only names the topic of the text, and its opposite.
NEAR = ["committee", "chlorophyll", "bicycle", "mice", "contract law", "recipe", "revolution 1849", "revenue", "lamp", "binary tree lookup time", "skin friction", "insulin dose", "football", "jet engine maintenance", "kettle", "inflation", "dolphin fossils"]


def pairs(rng):
    """Queries with texts that answer them, that lie near, and that do not; sentences with the text they are from; odd ones; long ones."""
    out = [*zip(QUESTIONS, ENGLISH), *zip(NEAR, ENGLISH)]
    others = rng.permutation(len(ENGLISH))
    out += [(question, ENGLISH[i]) for question, i in zip(QUESTIONS + NEAR, others)]
    out += [(text.split(". ")[0], text) for text in ENGLISH]
    out += [(TEXTS[i], TEXTS[j]) for i, j in zip(rng.permutation(len(TEXTS)), rng.permutation(len(TEXTS)))]
    out += [("", text) for text in TEXTS[:4]] + [(text, "") for text in TEXTS[:4]] + [("", "")]
    for question in QUESTIONS:
        long = " ".join(ENGLISH[i] for i in rng.permutation(len(ENGLISH)))
        out.append((question, long[: int(rng.integers(400, 2600))]))
    return out
