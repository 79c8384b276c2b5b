"""The report of `reco evaluate` on a terminal."""

from __future__ import annotations

import json
import time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

TITLES = {
    "mean_reciprocal_rank_at_25": "MRR@25",
    "normalized_discounted_cumulative_gain_at_5": "NDCG@5",
    "normalized_discounted_cumulative_gain_at_10": "NDCG@10",
    "normalized_discounted_cumulative_gain_at_25": "NDCG@25",
    "precision_at_5": "precision@5",
    "precision_at_10": "precision@10",
    "precision_at_25": "precision@25",
    "recall_at_25": "recall@25",
    "coverage": "coverage",
}
"""By Personalize's names; recall is ours."""

PROTOCOLS = {
    "personalize": "a tenth of the users held out, their newest tenth asked for",
    "last-item": "a tenth of the users held out, their last item asked for",
    "leave-one-out": "everybody's last item asked for, everybody's others learned from",
    "temporal": "the first four fifths of all events learned from, what came after asked for",
    "segments": "everybody's oldest four fifths learned from, who touches what in the newest fifth asked for",
}


def for_machines(report: dict[str, Any]) -> dict[str, Any]:
    """The report as `--json` prints it: metrics by Personalize's names, bounds and baselines beside them."""
    plain = {name: value for name, value in report.items() if name not in ("answers", "truth_by_popularity")}
    answers = {name.replace(" ", "_").replace("-", "_"): answer for name, answer in report["answers"].items()}
    if not answers:
        return plain
    curves = {
        name: {each: answer[each] for each in ("recall_by_cut", "by_popularity")} for name, answer in answers.items()
    }
    curves["truth"] = {"by_popularity": report["truth_by_popularity"]}
    figures = {name: _plain(answer) for name, answer in answers.items()}
    model = figures.pop("model")
    return {**plain, **model, "baselines": figures, "curves": curves}


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    found = {name: value["mean"] for name, value in answer["metrics"].items()}
    bounds = {name: [value["low"], value["high"]] for name, value in answer["metrics"].items()}
    return {"metrics": {"coverage": answer["coverage"], **found}, "intervals": bounds}


def print_report(report: dict[str, Any], console: Console | None = None) -> None:
    """All of it: data, figures, warnings, what was learned, how long it took."""
    console = console or Console()
    console.print(f"[bold]{escape(report['recipe'])}[/] by {report['protocol']}: {PROTOCOLS[report['protocol']]}")
    console.print(_data(report["data"]))
    console.print(_figures(report) if report["answers"] else _segments(report))
    for warning in report["warnings"]:
        console.print(f"[yellow]Warning[/] {escape(warning)}")
    for remark in report["remarks"]:
        console.print(f"[dim]{escape(remark)}[/]")
    if report["learned"]:
        console.print(_learned(report["learned"]))
    console.print("Seconds: " + ", ".join(f"{name} {value:g}" for name, value in report["seconds"].items()))


def _data(data: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in data.items():
        table.add_row(name, moment(value) if name.endswith("timestamp") else f"{value:,}")
    return table


def _figures(report: dict[str, Any]) -> Table:
    answers = report["answers"]
    title = f"{report['questions']:,} users asked, {report['truth_mean']:.1f} right items each, seed {report['seed']}"
    table = Table("metric", title=title, title_justify="left")
    for name in answers:
        table.add_column(name if name != "model" else f"{report['recipe']} [95%]", justify="right")
    for metric, name in TITLES.items():
        row = []
        for which, answer in answers.items():
            if metric == "coverage":
                row.append(f"{answer['coverage']:.4f}")
                continue
            value = answer["metrics"][metric]
            bounds = f" [{value['low']:.4f}, {value['high']:.4f}]" if which == "model" else ""
            row.append(escape(f"{value['mean']:.4f}{bounds}"))
        table.add_row(name, *row)
    return table


def _segments(report: dict[str, Any]) -> Table:
    table = Table("metric", report["recipe"], title=f"{report['questions']:,} segments", title_justify="left")
    for name, value in report["metrics"].items():
        table.add_row(name, f"{value:.4f}")
    return table


def moment(seconds: int) -> str:
    """A timestamp as a date, or as the number that it is when no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _learned(learned: dict[str, Any]) -> Table:
    table = Table("learned", "", title_justify="left", show_edge=False)
    for name, value in learned.items():
        table.add_row(name, escape(shown(value)))
    return table


def shown(value: Any) -> str:
    """name value, name value ... where there are names; weights by their size, the largest first."""
    if not isinstance(value, dict):
        return json.dumps(value, default=str)
    pairs = list(value.items())
    if pairs and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value.values()):
        pairs.sort(key=lambda pair: -abs(pair[1]))
    return ", ".join(f"{name} {shown(each)}" for name, each in pairs)
