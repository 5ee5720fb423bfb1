"""Tables of measured ways, as Markdown."""

import numpy as np

from pipeline.metrics import interval, interval_of_means

from pipeline.queries import HELD_OUT


def mean(values):
    """Over the held-out sets; the others tell less and are left out."""
    return float(np.mean([values[name].mean() for name in values if name in HELD_OUT]))


def margin(values, alone):
    """How much a way is over the better of others on the held-out set where that is least, and the set."""
    return min((float(v.mean() - max(other[name].mean() for other in alone)), name) for name, v in values.items() if name in HELD_OUT)


def cell(values, base):
    _, low, high = interval(values - base)
    return f"{values.mean():.4f}{' +' if low > 0 else ' −' if high < 0 else ''}"


def table(measured, base, alone=None):
    """A row a way: each set, + and − where the difference to `base` is outside its 95 % interval; means over the held-out sets.

    `alone`: what a way must not be worse than; a column tells.
    """
    held, others = split(measured[base])
    head = ["", *held, "mean", "difference to the first", *(["least margin over dense and BM25"] if alone else []), *(f"({name})" for name in others)]
    lines = [line(head), line(["---"] * len(head))]
    for way, values in {base: measured[base], **measured}.items():
        difference = interval_of_means([values[name] - measured[base][name] for name in held])
        cells = {name: cell(values[name], measured[base][name]) for name in values}
        text = "" if way == base else "{:+.4f} [{:+.4f}, {:+.4f}]".format(*difference)
        least = ["{:+.4f} {}".format(*margin(values, alone))] if alone else []
        lines.append(line([way, *(cells[name] for name in held), f"{mean(values):.4f}", text, *least, *(cells[name] for name in others)]))
    return "\n".join(lines)


def grid(cells, value, rows, columns, title):
    """`cells`: {(row, column): measured values}."""
    lines = [line([title, *map(str, columns)]), line(["---"] * (len(columns) + 1))]
    return "\n".join(lines + [line([str(row), *(value(cells[row, column]) for column in columns)]) for row in rows])


def flattest(cells, rows, columns, alone):
    """The cell with the best mean of itself and its neighbours, of those that are nowhere below dense or BM25 alone, if there are any."""

    def around(i, j):
        near = [(rows[a], columns[b]) for a, b in ((i, j), (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if 0 <= a < len(rows) and 0 <= b < len(columns)]
        return float(np.mean([mean(cells[place]) for place in near]))

    places = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
    sound = [(i, j) for i, j in places if margin(cells[rows[i], columns[j]], alone)[0] >= 0]
    i, j = max(sound or places, key=lambda place: around(*place))
    return rows[i], columns[j]


def split(values):
    return [name for name in values if name in HELD_OUT], [name for name in values if name not in HELD_OUT]


def line(cells):
    return f"| {' | '.join(cells)} |"
