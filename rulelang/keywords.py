"""The words of the language, English and Chinese, in one table.

In: nothing.  Out: for each terminal of the grammar the words that it stands for; a file may mix both languages.
Words of several parts may have any white space between them. Only operator words are reserved; all others are
names wherever the grammar expects a name.
"""

from __future__ import annotations

import re

OPERATORS: dict[str, tuple[str, ...]] = {
    "AND": ("and", "并且", "且"),
    "OR": ("or", "或者", "或"),
    "NOT": ("not", "非"),
    "WITHIN": ("within", "同一"),
    "FOLLOWED_BY": ("followed by", "之后有"),
    "PRECEDED_BY": ("preceded by", "之前有"),
    "NOT_FOLLOWED_BY": ("not followed by", "之后无"),
    "NOT_PRECEDED_BY": ("not preceded by", "之前无"),
    "OR_ELSE": ("or else", "缺省为"),
    "MOD": ("mod", "取余"),
    "IN": ("in", "属于"),
    "NOT_IN": ("not in", "不属于"),
    "BETWEEN": ("between", "介于"),
    "IS_MISSING": ("is missing", "缺失"),
    "IS_PRESENT": ("is present", "存在"),
    "LIKE": ("like", "形如"),
    "MATCHES": ("matches", "匹配"),
    "STARTS_WITH": ("starts with", "开头为"),
    "ENDS_WITH": ("ends with", "结尾为"),
    "CONTAINS": ("contains", "包含"),
    "DURING": ("during", "时段内"),
    "OUTSIDE": ("outside", "时段外"),
    "TRUE": ("true", "真"),
    "FALSE": ("false", "假"),
}

DECLARATIONS: dict[str, tuple[str, ...]] = {
    "TIMEZONE": ("timezone", "时区"),
    "CALENDAR": ("calendar", "日历"),
    "ENTITY": ("entity", "实体", "对象"),
    "EVENT": ("event", "事件"),
    "TABLE": ("table", "表"),
    "LET": ("let", "令"),
    "RULE": ("rule", "规则"),
    "LADDER": ("ladder", "阶梯"),
    "PROCEDURE": ("procedure", "流程"),
    "TEST": ("test", "测试"),
}

CLAUSES: dict[str, tuple[str, ...]] = {
    "TITLE": ("title", "标题"),
    "CATEGORY": ("category", "类别"),
    "ON": ("on", "遇"),
    "WHEN": ("when", "当"),
    "ABOUT": ("about", "关于"),
    "POINTS": ("points", "记分", "积分"),
    "LEVEL": ("level", "级别"),
    "MESSAGE": ("message", "消息"),
    "REPEAT": ("repeat", "重复"),
    "SAMPLE": ("sample", "抽查"),
    "EXCEPT": ("except", "例外"),
    "APPROVAL": ("approval", "须审批"),
    "REFERENCE": ("reference", "依据"),
    "OWNER": ("owner", "负责人"),
    "ENABLED": ("enabled", "启用"),
    "SHADOW": ("shadow", "试运行"),
    "DISABLED": ("disabled", "停用"),
    "SINCE": ("since", "自"),
    "UNTIL": ("until", "至"),
}

OTHERS: dict[str, tuple[str, ...]] = {
    "OVER": ("over", "近"),
    "OF": ("of", "按"),
    "BY": ("by", "依", "由"),
    "WHERE": ("where", "其中"),
    "AMONG": ("among", "范围"),
    "AT_LEAST": ("at least", "至少"),
    "AFTER": ("after", "之后"),
    "END_OF": ("end of", "期末"),
    "ALWAYS": ("always", "每次"),
    "BECAUSE": ("because", "因为"),
    "OPEN": ("open", "开放"),
    "CLOSED": ("closed", "休息"),
    "WORKING": ("working", "上班"),
    "FROM": ("from", "来自", "从"),
    "RETAIN": ("retain", "保留"),
    "LOOKALIKE": ("lookalike", "形似"),
    "AT": ("at", "在", "于"),
    "ACTION": ("action", "措施"),
    "DEADLINE": ("deadline", "期限"),
    "CATEGORIES": ("categories", "类别范围"),
    "WEIGHT": ("weight", "权重"),
    "STEP": ("step", "环节"),
    "RELEASE": ("release", "签发"),
    "DECISION": ("decision", "裁定"),
    "OTHER_THAN": ("other than", "不同于"),
    "MAY_REFUTE": ("may refute", "可查否"),
    "LATE": ("late", "迟到"),
    "CLOCK": ("clock", "时钟"),
    "EXPECT": ("expect", "预期"),
    "NO": ("no", "没有"),
    "OTHER": ("other", "其他"),
    "FINDING": ("finding", "发现", "线索"),
    "WARNING": ("warning", "预警"),
    "FOR": ("for", "对"),
    "WITHDRAWN": ("withdrawn", "撤回"),
    "PREVIOUS": ("previous", "上一期"),
}

WORDS: dict[str, tuple[str, ...]] = {**OPERATORS, **DECLARATIONS, **CLAUSES, **OTHERS}

# Words that are names to the grammar, and mean the English one wherever they stand for it.
PERIODS = {"day": "日", "week": "周", "month": "月", "quarter": "季", "year": "年"}
WEEKDAYS = {"mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日"}
LEVELS = {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色", "none": "无"}
TYPES = {"number": "数值", "integer": "整数", "text": "文本", "boolean": "布尔", "time": "时间", "duration": "时长"}
SPECIAL = {"this": "本事件", "missing": "空"}
FUNCTIONS = {
    "count": "计数",
    "sum": "合计",
    "avg": "平均",
    "min": "最小",
    "max": "最大",
    "first": "最早",
    "latest": "最新",
    "distinct": "去重",
    "share": "占比",
    "spelling": "原文",
}


def _english(*tables: dict[str, str]) -> dict[str, str]:
    return {chinese: english for table in tables for english, chinese in table.items()}


ENGLISH_PERIOD, ENGLISH_WEEKDAY = _english(PERIODS), _english(WEEKDAYS)
ENGLISH_LEVEL, ENGLISH_TYPE = _english(LEVELS), _english(TYPES)
ENGLISH_SPECIAL, ENGLISH_FUNCTION = _english(SPECIAL), _english(FUNCTIONS)


IN_NAME = r"^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa9\xab-\xb4\xb6\xb8\xb9\xbb-\xbf\xd7\xf7\s"
"""What may stand within a word, for a character class: all but white space and the punctuation of ASCII and Latin-1. (Exact classes of
letters and marks would take the regular expressions a second to compile.) What does not make a name is told apart once the word is whole."""


def pattern(words: tuple[str, ...]) -> str:
    """A regular expression for one of these words, as a whole word."""
    forms = sorted((r"\s+".join(map(re.escape, word.split())) for word in words), key=len, reverse=True)
    return f"(?:{'|'.join(forms)})(?![{IN_NAME}])"


RESERVED = pattern(
    tuple({word for words in OPERATORS.values() for word in words if " " not in word} | {"followed", "preceded", "is", "else"})
)
