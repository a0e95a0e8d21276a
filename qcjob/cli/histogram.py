"""Counts as bars for a terminal."""

from __future__ import annotations

from qcjob.result import Counts

MOST_ROWS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def histogram(counts: Counts, *, width: int = 80, ascii_only: bool = False) -> str:
    """One row per outcome in the order of the bitstrings: bar, count, percent. The 20 most seen when there are more.

    The longest bar is that of the outcome seen most; `width` is the whole row's, in characters.
    """
    if not counts:
        return "no outcomes"
    total = sum(counts.values())
    most_seen = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_ROWS]
    top = max(most_seen[0][1], 1)
    name_width = max(len(key) for key, _ in most_seen)
    seen_width = len(f"{top:,}")
    bar_width = max(8, width - name_width - seen_width - 15)
    rows = [
        f"  {key:>{name_width}}  {_bar(seen / top, bar_width, ascii_only):<{bar_width}}"
        f"  {seen:>{seen_width},}  {100 * seen / max(total, 1):5.1f} %"
        for key, seen in sorted(most_seen)
    ]
    if hidden := len(counts) - len(most_seen):
        rest = total - sum(seen for _, seen in most_seen)
        rows.append(f"  … {hidden:,} outcomes more, seen {rest:,} times in all")
    return "\n".join(rows)


def _bar(share: float, width: int, ascii_only: bool) -> str:
    """A bar of `share` of the width; an outcome that was seen shows at least a sliver."""
    if ascii_only:
        return "#" * max(1 if share else 0, round(share * width))
    eighths = max(1 if share else 0, round(share * width * 8))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
