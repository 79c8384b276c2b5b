"""Rows of sets that say who touched what, and nothing of when: against `implicit`, tuned for each set."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.datasets import unordered_parts
from benchmarks.implicit_als import TUNED, ImplicitMissing, both, fit, recommend
from benchmarks.quality_held_out import truths_of
from benchmarks.quality_rows import Clock, Lists, Options, PerUser, Row, answer, fit_default, rows_of
from reco.evaluation.baselines import rank_popular
from reco.evaluation.holdout import HeldOutUser
from reco.evaluation.metrics import discounted_gain, hits_of, recall

MOST_USERS = 3000


def unordered(name: str, options: Options) -> list[Row]:
    """Both models learn from the training and validation parts and are asked for the test part."""
    parts = unordered_parts(options.folder, name)
    known = both(parts.train, parts.valid)
    able = np.flatnonzero((parts.test.lengths > 0) & (known.lengths > 0))
    users = np.sort(np.random.default_rng(options.seed).permutation(able)[:MOST_USERS])
    asked = [HeldOutUser(*known.history(user), np.unique(parts.test.history(user)[0])) for user in users.tolist()]
    clock = Clock()
    model = fit_default(known, parts.items, options, clock)
    truths = truths_of(asked)
    sizes = np.array([len(truth) for truth in truths])

    def figures(lists: Lists) -> PerUser:
        hits = hits_of(lists, truths, 20)
        return {"recall_at_20": recall(hits, sizes, 20), "ndcg_at_20": discounted_gain(hits, sizes, 20)}

    ours = figures(answer(model, asked, 20, options, clock, unseen=True))
    others = {"popularity": figures(rank_popular(known, asked, 20, unseen=True))}
    targets: dict[str, tuple[float | None, float | None]] = dict.fromkeys(ours, (None, None))
    rival = None
    try:
        peer = figures(recommend(fit(known, TUNED[name], options.seed, options.threads), known, users, 20))
        rival = "implicit, tuned"
        others[rival] = peer
        bar = float(peer["recall_at_20"].mean())
        targets["recall_at_20"] = (round(bar, 4), round(1.1 * bar, 4))
        reference = f"bar: implicit with {TUNED[name]}, tuned on the validation part; aim 10% above"
    except ImplicitMissing as missing:
        reference = str(missing)
    return rows_of(
        ours,
        targets,
        others,
        clock,
        rival=rival,
        work=name,
        dataset=name,
        protocol="the published test part, seen items out; no order, no times",
        reference=reference,
        seed=options.seed,
        note=f"{len(asked)} users drawn by the seed; both learn from the training and validation parts",
    )


gowalla = partial(unordered, "gowalla")
citeulike = partial(unordered, "citeulike")
amazon_beauty = partial(unordered, "amazon-beauty")
