"""The report of `reco evaluate` as one page of HTML: no script, no style, no picture from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from reco.cli.evaluation_table import PROTOCOLS, TITLES, moment, shown
from reco.evaluation.offline import SHARES

_COLOURS = {"model": "#1f6feb", "popularity": "#9a6700", "last-seen replay": "#8250df", "what was right": "#57606a"}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 760, 300, 56, 40

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse }
td, th { padding: .25rem .75rem; border-bottom: 1px solid #d0d7de; text-align: left }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.warning { border-left: 4px solid #d29922; background: #fff8c5; padding: .5rem 1rem; margin: .5rem 0 }
.small { color: #57606a; font-size: .85rem } svg text { font: 12px system-ui, sans-serif; fill: #1f2328 }
"""


def page(report: dict[str, Any]) -> str:
    """The whole document; every text from the data is escaped."""
    parts = [
        f"<h1>{_text(report['recipe'])}, measured</h1>",
        f"<p>Protocol {_text(report['protocol'])}: {_text(PROTOCOLS[report['protocol']])}.</p>",
        *(f'<p class="warning">{_text(warning)}</p>' for warning in report["warnings"]),
        *(_ranking(report) if report["answers"] else _segments(report)),
        "<h2>Data</h2>",
        _pairs({name: _datum(name, value) for name, value in report["data"].items()}),
        *(f'<p class="small">{_text(remark)}</p>' for remark in report["remarks"]),
        "<h2>Settings and what was learned</h2>",
        _pairs({name: json.dumps(value) for name, value in report["hyperparameters"].items()}),
        _pairs({name: shown(value) for name, value in report["learned"].items()}),
        f'<p class="small">Files: {_text(", ".join(report["files"].values()))}. Seconds: '
        + ", ".join(f"{_text(name)} {value:g}" for name, value in report["seconds"].items())
        + ".</p>",
    ]
    title = f"{report['recipe']} on {report['files']['interactions']}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _ranking(report: dict[str, Any]) -> list[str]:
    asked, right = report["questions"], report["truth_mean"]
    return [
        f"<p>{asked:,} users asked, {right:.1f} right items each, seed {report['seed']}.</p>",
        "<h2>Figures, with the 95 % bootstrap interval over users</h2>",
        _figures(report["answers"]),
        _bars(report["answers"]),
        "<h2>Recall by length of the list</h2>",
        _recall(report["answers"]),
        "<h2>How popular what is recommended is</h2>",
        _popularity(report),
    ]


def _segments(report: dict[str, Any]) -> list[str]:
    figures = {name: f"{value:.4f}" for name, value in report["metrics"].items()}
    return [f"<h2>Figures of {report['questions']:,} segments</h2>", _pairs(figures)]


def _text(value: Any) -> str:
    return escape(str(value))


def _datum(name: str, value: Any) -> str:
    return moment(value) if name.endswith("timestamp") else f"{value:,}"


def _pairs(pairs: dict[str, str]) -> str:
    rows = "".join(f"<tr><td>{_text(name)}</td><td>{_text(value)}</td></tr>" for name, value in pairs.items())
    return f"<table>{rows}</table>"


def _figures(answers: dict[str, Any]) -> str:
    head = "".join(f'<th class="n">{_text(name)}</th>' for name in answers)
    rows = []
    for metric, title in TITLES.items():
        cells = []
        for answer in answers.values():
            if metric == "coverage":
                cells.append(f"{answer['coverage']:.4f}")
            else:
                value = answer["metrics"][metric]
                cells.append(f"{value['mean']:.4f} <small>[{value['low']:.4f}, {value['high']:.4f}]</small>")
        rows.append(f"<tr><td>{title}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>")
    return f"<table><tr><th>metric</th>{head}</tr>{''.join(rows)}</table>"


def _bars(answers: dict[str, Any]) -> str:
    """A group of bars for each metric, each with its interval."""
    metrics = [name for name in TITLES if name != "coverage"]
    top = max((answer["metrics"][name]["high"] for answer in answers.values() for name in metrics), default=0) or 1
    step = (_WIDTH - _LEFT) / len(metrics)
    width = step * 0.8 / len(answers)
    drawn = [_axis(top)]
    for group, metric in enumerate(metrics):
        for place, (name, answer) in enumerate(answers.items()):
            value = answer["metrics"][metric]
            left = _LEFT + group * step + step * 0.1 + place * width
            low, mean, high = (_y(value[bound] / top) for bound in ("low", "mean", "high"))
            middle = left + width / 2
            drawn.append(
                f'<rect x="{left:.1f}" y="{mean:.1f}" width="{width:.1f}" height="{_HEIGHT - _BOTTOM - mean:.1f}" '
                f'fill="{_COLOURS[name]}"><title>{_text(name)} {TITLES[metric]} {value["mean"]:.4f}</title></rect>'
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="#1f2328"/>'
            )
        label = _LEFT + group * step + step / 2
        drawn.append(f'<text x="{label:.1f}" y="{_HEIGHT - 22}" text-anchor="middle">{_short(metric)}</text>')
    return _svg(drawn, list(answers), "Bars of every metric with intervals")


def _short(metric: str) -> str:
    return TITLES[metric].replace("precision", "P").replace("recall", "R")


def _recall(answers: dict[str, Any]) -> str:
    top = max((max(answer["recall_by_cut"]) for answer in answers.values()), default=0) or 1
    lines = {name: answer["recall_by_cut"] for name, answer in answers.items()}
    ticks = {1: "1", 5: "5", 10: "10", 15: "15", 20: "20", 25: "25"}
    places = [(cut - 1) / 24 for cut in range(1, 26)]
    marks = {(cut - 1) / 24: label for cut, label in ticks.items()}
    return _lines(lines, places, top, marks, "items in the list", "Recall at 1 to 25 items")


def _popularity(report: dict[str, Any]) -> str:
    lines = {name: answer["by_popularity"] for name, answer in report["answers"].items() if name != "popularity"}
    lines["what was right"] = report["truth_by_popularity"]
    places = [place / (len(SHARES) - 1) for place in range(len(SHARES))]
    marks = {places[place]: f"{share:.1%}".replace(".0%", "%") for place, share in enumerate(SHARES) if place % 2}
    label = "share of the catalogue, most popular items first"
    return _lines(lines, places, 1.0, marks, label, "Share of recommendations that popular items hold")


def _lines(
    lines: dict[str, list[float]],
    places: list[float],
    top: float,
    marks: dict[float, str],
    label: str,
    title: str,
) -> str:
    drawn = [_axis(top)]
    for name, values in lines.items():
        points = " ".join(f"{_x(x):.1f},{_y(y / top):.1f}" for x, y in zip(places, values, strict=True))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"/>')
    drawn += [
        f'<text x="{_x(place):.1f}" y="{_HEIGHT - 22}" text-anchor="middle">{_text(text)}</text>'
        for place, text in marks.items()
    ]
    middle = (_LEFT + _WIDTH) / 2
    drawn.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 4}" text-anchor="middle">{_text(label)}</text>')
    return _svg(drawn, list(lines), title)


def _axis(top: float) -> str:
    lines = []
    for part in range(5):
        y = _y(part / 4)
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * part / 4:.3f}</text>'
        )
    return "".join(lines)


def _svg(drawn: list[str], names: list[str], title: str) -> str:
    legend = " ".join(f'<span style="color:{_COLOURS[name]}">&#9632;</span> {_text(name)}&emsp;' for name in names)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{_text(title)}">{"".join(drawn)}</svg><p class="small">{legend}</p>'
    )


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - 30)


def _y(share: float) -> float:
    return 10 + (1 - min(share, 1.0)) * (_HEIGHT - _BOTTOM - 10)
