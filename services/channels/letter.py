"""What happened, as a letter: a subject and a text, in English or Chinese.

In: happenings as they are sent.  Out: plain text; times by the local clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from engine.texts import time_us
from rulelang.timezones import Zone
from services.channels.digests import in_digest, unit_of
from services.points import points_text
from services.report import words as bulletin

Json = dict[str, Any]

LANGUAGES = bulletin.LANGUAGES

_WORDS: dict[str, tuple[str, str]] = {
    "subject": ("[{level}] {whom}: {title} – {happened}", "【{level}预警】{whom}：{title}——{happened}"),
    "about": ("About", "对象"),
    "belongs": ("Belongs to", "所属"),
    "happened": ("What happened", "发生情况"),
    "by": ("By", "操作人"),
    "step": ("Step", "环节"),
    "result": ("Result", "结果"),
    "late": ("after its deadline", "已超期"),
    "due": ("Was due", "原期限"),
    "note": ("Note", "说明"),
    "reason": ("Reason", "原因"),
    "points": ("Points", "积分"),
    "category": ("Category", "类别"),
    "action": ("Action", "措施"),
    "awaits": ("Awaits", "待办环节"),
    "until": ("{step}, until {moment}", "{step}，期限 {moment}"),
    "status": ("Status", "状态"),
    "rests": ("It rests on:", "依据："),
    "warning": ("Warning", "预警编号"),
    "daily": ("Daily digest", "每日摘要"),
    "weekly": ("Weekly digest", "每周摘要"),
    "digest": ("{period} up to {moment}: {count} {things}", "{period}（截至 {moment}）：{count} {things}"),
    "one": ("happening", "项"),
    "several": ("happenings", "项"),
    "and": (", ", "、"),
    "colon": (": ", "："),
    "issued": ("issued", "已发出"),
    "released": ("released", "已批准发出"),
    "stepped": ("a step was done", "环节已办理"),
    "overdue": ("a deadline was missed", "环节超期"),
    "changed": ("it changed", "内容有变化"),
    "withdrawn": ("what it rests on was withdrawn", "依据被撤回"),
    "reopened": ("a decision is needed", "需重新认定"),
    "restored": ("what it rests on holds again", "依据恢复成立"),
    "closed": ("it came to an end", "已了结"),
    "open_status": ("open", "未办结"),
    "closed_status": ("closed", "已办结"),
    "refuted_status": ("refuted", "已核销"),
    "revoked_status": ("revoked", "已撤销"),
}


class Writer:
    """Letters in one language."""

    def __init__(self, language: str, zone: Zone) -> None:
        index = LANGUAGES.index(language)
        self._words = {name: said[index] for name, said in _WORDS.items()}
        self._levels = bulletin.words(language)
        self._zone = zone

    def letter(self, shown: Json) -> tuple[str, str]:
        """Of one happening: its subject and text."""
        said, stands = shown["happened"], shown["stands_at"]
        subject = self._words["subject"].format(
            level=self._levels[shown["level"]], whom=_whom(shown), title=shown["title"], happened=self._happened(shown)
        )
        actor = f"{said['actor']} ({said['role']})" if said["actor"] else None
        awaits = stands["awaits"]
        if awaits and stands["deadline"]:
            awaits = self._words["until"].format(step=awaits, moment=self._moment(stands["deadline"]))
        rows = (
            ("about", _whom(shown)),
            ("belongs", self._words["and"].join(f"{entity} {key}" for entity, key in shown["places"][1:])),
            ("happened", f"{self._happened(shown)} ({self._moment(said['time'])})"),
            ("step", said["step"] and said["step"] + (f" ({self._words['late']})" if said["late"] else "")),
            ("due", said["due"] and self._moment(said["due"])),
            ("result", said["result"]),
            ("by", actor),
            ("note", said["note"]),
            ("reason", said["reason"]),
            ("category", shown["category"]),
            ("points", None if shown["points"] is None else points_text(shown["points"])),
            ("action", shown["action"]),
            ("status", self._words[f"{stands['status']}_status"]),
            ("awaits", awaits),
            ("warning", shown["id"]),
        )
        lines = [self._row(name, value) for name, value in rows if value]
        if shown["messages"]:
            lines += ["", self._words["rests"], *(f"- {message}" for message in shown["messages"])]
        return subject, "\n".join([*lines, ""])

    def digest(self, period: str, until: str, shown: Sequence[Json], unit: str | None) -> tuple[str, str]:
        """Of several: by unit, from grave to light."""
        things = self._words["one" if len(shown) == 1 else "several"]
        subject = self._words["digest"].format(period=self._words[period], moment=self._moment(until), count=len(shown), things=things)
        lines = [subject]
        for (entity, key), ones in groupby(sorted(shown, key=lambda one: in_digest(one, unit)), key=lambda one: unit_of(one, unit)):
            lines += ["", f"{entity} {key}"]
            for one in ones:
                moment = self._moment(one["happened"]["time"])
                lines.append(
                    f"- [{self._levels[one['level']]}] {_whom(one)}{self._words['colon']}{one['title']} – {self._happened(one)} ({moment})"
                )
        return subject, "\n".join([*lines, ""])

    def _row(self, name: str, value: str) -> str:
        return f"{self._words[name]}{self._words['colon']}{value}"

    def _happened(self, shown: Json) -> str:
        kinds = shown["happened"]["kinds"]
        told = [kind for kind in kinds if kind != "step" or len(kinds) == 1]  # a step that releases is told as that
        return self._words["and"].join(self._words["stepped" if kind == "step" else kind] for kind in told)

    def _moment(self, text: str) -> str:
        local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self._zone.local_us(time_us(text)))
        return local.strftime("%Y-%m-%d %H:%M")


def _whom(shown: Json) -> str:
    return f"{shown['entity']} {shown['key']}"
