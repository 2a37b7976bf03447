"""Every word of a bulletin, in the languages that it is written in.

In: a language.  Out: the word by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh")

_WORDS: dict[str, tuple[str, str]] = {
    "day": ("Daily bulletin", "日报"),
    "week": ("Weekly bulletin", "周报"),
    "month": ("Monthly bulletin", "月报"),
    "to": ("to", "至"),
    "supervision": ("Supervision of traffic enforcement", "公安交管执法监督"),
    "as_of": ("As of {moment}, rule set {hash}", "数据截至 {moment}，规则集 {hash}"),
    "unfinished": (
        "The period is not over: what comes later is not in this bulletin.",
        "本期尚未结束，之后发生的情况不在本报内。",
    ),
    "red": ("red", "红色"),
    "orange": ("orange", "橙色"),
    "yellow": ("yellow", "黄色"),
    "blue": ("blue", "蓝色"),
    "none": ("none", "无"),
    "total": ("total", "合计"),
    "before": ("period before", "上期"),
    "new": ("New warnings", "新增预警"),
    "new_none": ("There are no new warnings.", "本期没有新增预警。"),
    "withdrawn": (
        "{count} more were issued for this period and withdrawn, because what they rested on does not hold any more.",
        "另有 {count} 条本期预警因依据不再成立而被撤回。",
    ),
    "unreleased": (
        "Warnings that await their release, of which this bulletin says no more: {count}; late: {late}.",
        "另有 {count} 条预警待批准发布，本报不列其内容；其中逾期 {late} 条。",
    ),
    "by_hour": ("New warnings by hour", "各时段新增预警"),
    "by_day": ("New warnings by day", "每日新增预警"),
    "by_category": ("By category", "按类别"),
    "category": ("category", "类别"),
    "no_category": ("no category", "未分类"),
    "warnings_listed": ("The new warnings", "新增预警明细"),
    "listed_more": ("{count} more are in the file warnings.csv.", "其余 {count} 条见文件 warnings.csv。"),
    "time": ("time", "时间"),
    "level": ("level", "等级"),
    "whom": ("about", "对象"),
    "unit": ("unit", "单位"),
    "no_unit": ("no unit known", "单位不明"),
    "why": ("ladder or rule", "阶梯或规则"),
    "points": ("points", "积分"),
    "said": ("what is said", "内容"),
    "action": ("action", "措施"),
    "awaits": ("awaits", "待办环节"),
    "overdue": ("Missed deadlines", "超期环节"),
    "overdue_unknown": (
        "Recorded events do not say what became of warnings. A bulletin from the service's store does.",
        "事件记录不含预警处置情况；从服务的存储生成的报告才有本节。",
    ),
    "overdue_none": ("No deadline was missed in this period.", "本期没有超期环节。"),
    "overdue_now": (
        "{open} warnings are open, of which {overdue} are overdue now.",
        "现有未办结预警 {open} 条，其中已超期 {overdue} 条。",
    ),
    "step": ("step", "环节"),
    "due": ("due", "期限"),
    "done_late": ("done late", "逾期办结"),
    "not_done": ("not done", "未办"),
    "state": ("state", "状态"),
    "levels": ("Levels and trends", "等级与走势"),
    "levels_none": ("The rules have no ladder.", "规则集中没有积分阶梯。"),
    "levels_of": ("Who stands at which level: {ladder} ({entity})", "各等级对象数：{ladder}（{entity}）"),
    "at_start": ("before the period", "期初"),
    "at_end": ("at its end", "期末"),
    "grave": ("At orange or red at the end", "期末处于橙色、红色的对象"),
    "ahead": ("what comes next", "后续走势"),
    "rise": ("{level} with {points} more points", "再增 {points} 分升至{level}"),
    "rise_before": ("{level} with {points} more points before {moment}", "{moment} 前再增 {points} 分即升至{level}"),
    "fall": ("{level} on {moment}, when {points} points leave the window", "{moment} 有 {points} 分移出时间窗，降至{level}"),
    "fall_none": ("below all levels on {moment}, when {points} points leave the window", "{moment} 有 {points} 分移出时间窗，低于各等级"),
    "rules": ("Top rules", "触发最多的规则"),
    "rules_none": ("No rule has found anything in this period or the one before.", "本期与上期均无规则触发。"),
    "rule": ("rule", "规则"),
    "findings": ("findings", "线索数"),
    "undecided": ("Where rules could not decide", "无法判定的情况"),
    "undecided_none": ("Every rule could decide wherever it was looked at.", "所有规则每次均能作出判定。"),
    "undecided_note": (
        "A rule cannot decide where a field that it needs is missing: a share that grows points to a source that does not report.",
        "规则所需字段缺失时无法判定；比例上升说明有数据来源未按要求上报。",
    ),
    "undecided_store": ("Counted since the service's store was made.", "自服务存储建立以来累计。"),
    "could_not": ("undecided", "无法判定"),
    "looks": ("looked at", "判定次数"),
    "share": ("share", "比例"),
    "units": ("Regularity of the units", "各单位执法规范指数"),
    "units_none": (
        "No entity of these rules is in another one, so that there are no units to compare.",
        "规则中没有上下级单位关系，无法比较单位。",
    ),
    "score": ("score", "指数"),
    "members": ("members", "人数"),
    "weight": ("weight", "加权数"),
    "in_time": ("in time", "按期"),
    "missed": ("missed", "超期"),
    "formula_title": ("How the score is computed", "指数计算方法"),
    "formula": (
        "score = {conduct} × members ÷ (members + weight) + {timeliness} × in time ÷ (in time + missed)",
        "指数 = {conduct} × 人数 ÷（人数 + 加权数）+ {timeliness} × 按期 ÷（按期 + 超期）",
    ),
    "formula_terms": (
        "Weight: new warnings about the unit and its members, blue {blue}, yellow {yellow}, orange {orange}, red {red} each. Members: those who belong to the unit at the end of the period, "
        "at least 1. In time, missed: steps of its warnings that were done in time, and deadlines missed, in the period; where there are none, {timeliness} counts in full. Rounded to one decimal.",
        "加权数：涉及该单位及其人员的新增预警，蓝色每条计 {blue}，黄色计 {yellow}，橙色计 {orange}，红色计 {red}。人数：期末属于该单位的人数，至少按 1 计。"
        "按期、超期：本期内该单位预警按期完成的环节数与超期的环节数，均无时该项按 {timeliness} 分计。结果保留一位小数。",
    ),
    "nowhere": ("Without a known unit: {count} new warnings.", "单位不明的新增预警：{count} 条。"),
    "draws": ("Drawn by spot checks", "抽查名单"),
    "draws_none": ("Nothing was drawn in this period.", "本期没有抽中对象。"),
    "key": ("key", "对象"),
    "hour": ("hour", "时"),
}


def words(language: str) -> Mapping[str, str]:
    """All of them. Raises ValueError for a language that there is none in."""
    index = LANGUAGES.index(language)
    return {name: said[index] for name, said in _WORDS.items()}
