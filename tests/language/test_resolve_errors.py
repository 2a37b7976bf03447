"""Each error of names, types and meaning, with rules that produce exactly it, at exactly the place marked by « and »."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rulelang.messages import meaning, names, types
from rulelang.parse import parse_file
from rulelang.resolve.declare import declare
from rulelang.resolve.rules import resolve_rule
from tests.language.resolving import DECLARATIONS, wrong

# Code -> texts. One that does not declare anything is the condition of a rule.
EXAMPLES: dict[str, list[str]] = {
    "E201": [
        "«alcohool» > 80 within case",
        "rule r on detention after «month» when count(ruling) == 0 within case",
        "«alcohool» > 80",
        "count(breath_test where «alcohool» > 80) > 1 within case",
        "breath_test where «alcohool» > 80 followed by ruling within case",
        "rule r on breath_test where «alcohool» > 80 when alcohol > 2",
        'rule r when alcohol > 80 message "at {«alcohool»}"',
        "rule r when alcohol > 80 points «alcohool»",
        "let high = «alcohool» > 80 rule r when high within case rule s when high",
    ],
    "E202": [
        "«amount» > 3",
        '«remark» == "x"',
        '«source» == "x" within case',
        "rule r on ruling, settlement when «amount» > 3",
        "let alcohol = 3 rule r when «alcohol» > 2",
    ],
    "E264": ["table «floor»(): number 3 since 2020-01-01 rule r when floor(alcohol) > 3"],
    "E268": ["let «time» = 3 rule r when alcohol > 3"],
    "E220": ['«case.officer» == "P1" within case', "rule r when alcohol > 3 about «case.officer»"],
    "E203": [
        "«breath_test.alcohool» > 80 within case",
        "«settlement.due» > 2026-01-01",
        "rule r when count(breath_test) > 1 within case about «breath_test.officers»",
        "rule r when alcohol > 3 sample 2% by «breath_test.officers»",
    ],
    "E205": [
        "«breath_test» within case",
        "«today» > 3 and alcohol > 3",
        "«working_hours» and alcohol > 3",
        "rule other when alcohol > 3 rule r when «other» within case",
    ],
    "E206": [
        "count(breath_test where «result» > 80) > 1 within case",
        "rule r on breath_test where «result» > 80 when alcohol > 2",
    ],
    "E207": ["«sqrt»(alcohol) > 3", "«contt»(breath_test) > 3 within case", "alcohol > «todays»()"],
    "E209": [
        "let a = alcohol > b let «b» = b + 1 rule r when a",
        "let «a» = b let b = c let c = a rule r when alcohol > 3",
        "let «a» = b let b = c let c = a rule r when c and alcohol > 3",
    ],
    "E211": ["count(breath_test where alcohol > «this.alcohool») > 1 within case"],
    "E212": ["count(posting) > 1 and count(settlement where «this.grade» == 3) > 1 within officer"],
    "E213": ["count(swap) > 1 within «officer by given»", "count(reset) > 1 within «account by officer»"],
    "E214": ["rule r when alcohol > 3 about «officers»", "rule r when alcohol > 3 sample 2% by «officers»"],
    "E215": ["let high = alcohol > 3 rule r when «high»(2) within case"],
    "E216": ["count(breath_test where «blood_test.result» > 80) > 1 within case"],
    "E217": ["rule r on breath_test when «blood_test.result» > 80"],
    "E218": ['«place» == "x" within case'],
    "E219": ["rule r on breath_test when «result» > 80", 'rule r when alcohol > 80 message "{«result»}"'],
    "E301": [
        '«alcohol == "x"»',
        "«alcohol > 3d»",
        "«due between 3 and 4»",
        '«alcohol in ("a", "b")»',
        "«machine == 3»",
    ],
    "E302": [
        "«alcohol > ruling.amount» within case",
        "«alcohol + ruling.amount» > 3 within case",
        '«alcohol > fine_floor("A", "R")»',
        "«min(alcohol, ruling.amount)» > 3 within case",
        "limit_of(«alcohol») > 3",
    ],
    "E303": ["«mild < true»", "«mild between false and true»"],
    "E304": ["«officer == case»", "«officer in (case, case)»"],
    "E305": ['«machine + 1» == "x"', "«due + due» > 2026-01-01", "«due - 3» > 2026-01-01", "«limit * limit» > 3d", "«mild * 3» > 2"],
    "E306": ['«-machine» == "x"'],
    "E307": [
        "«alcohol»",
        "not «machine» and alcohol > 3",
        "alcohol > 3 or «30d»",
        "«count(ruling)» within case",
        "count(ruling where «amount») > 1 within case",
        'rule r when alcohol > 3 except «alcohol» until 2026-12-31 because "x"',
    ],
    "E308": ["alcohol == «(1, 2)»", "let grades = «(1, 2)» rule r when alcohol > grades", "alcohol in (1, «(2, 3)»)"],
    "E309": ['alcohol in (1, «"a"»)', 'machine in ("a", «3d»)', "let mixed = (1, «true») rule r when alcohol in mixed"],
    "E310": [
        "«round(alcohol, 1)» > 3",
        '«fine_floor("A")» > 3',
        "«today(3)» > alcohol",
        "«sum(alcohol, result)» > 3 within case",
        "«count()» > 3 within case",
    ],
    "E311": [
        "round(«machine») > 3",
        "hour(«alcohol») > 3",
        "hours(«alcohol») > 3",
        'fine_floor("A", «alcohol») > 3',
        "shifts(«officer») > 3h",
        'fine_floor(«officer», "R") > 3',
    ],
    "E312": ["«min(alcohol, machine)» > 3", "«max(mild, true)»"],
    "E313": ['«alcohol» like "8*"', "machine starts with «8»", '«due» contains "x"'],
    "E314": ["machine like «remark» within case", "machine matches «lower(machine)»"],
    "E315": ['machine matches «"[0-9"»', 'machine matches «"(?=x)"»'],
    "E316": ["«alcohol» during working_hours", "«date(time)» outside working_hours and alcohol > 2"],
    "E317": ["sum(«machine») > 3 within case", "max(«mild») within case", "avg(«due») > 2026-01-01 within case"],
    "E318": [
        "alcohol > 3 within case over «limit»",
        'alcohol > 3 within case over «shifts("U1")»',
        "rule r when alcohol > 3 about officer repeat after «limit»",
        "rule r when alcohol > 3 sample «alcohol» by officer",
    ],
    "E319": ["alcohol > 3 within case over «30d / 0»"],
    "E322": ['spelling(«machine») == "x"', 'spelling(«lower(account)») == "x"', 'spelling(«count(login)») == "x" within account'],
    "E323": ["round(alcohol where «alcohol > 3») > 2"],
    "E324": ["rule r when alcohol > 3 about «machine»", "rule r when alcohol > 3 about «breath_test.machine»"],
    "E325": ["rule r when alcohol > 3 sample 2% by «alcohol»"],
    "E326": [
        "count(«alcohol») > 3 within case",
        "count(«breath_test.alcohol») > 3 within case",
        "share(«3» where alcohol > 3 at least 20) > 3 within case",
    ],
    "E327": [
        "alcohol > 3 within case over «30»",
        "rule r on detention after «due» when alcohol > 3 within case",
        "rule r when alcohol > 3 about officer repeat after «7»",
    ],
    "E328": ["rule r when alcohol > 3 points «machine»", "rule r when alcohol > 3 points «3d»"],
    "E329": ["(alcohol or else «3d») > 3", "(date(due) or else «due») > 2026-01-01"],
    "E401": [
        "«count(ruling)» > 3",
        "alcohol > «avg(alcohol)»",
        "alcohol > «previous count(ruling)»",
        'rule r when alcohol > 3 message "{«count(ruling)»}"',
    ],
    "E402": ["«detention followed by ruling»", "«detention not followed by ruling»"],
    "E403": [
        "(count(ruling) > 3 within «case over 3d») within officer",
        "count(breath_test where (count(ruling) > 3 within «case»)) > 2 within officer",
        "let many = count(ruling) > 3 within «case» rule r when many and alcohol > 2 within officer",
    ],
    "E404": [
        "count(«posting») > 3 within case",
        "«posting» followed by ruling within case",
        '«posting.unit» == "U1" within case',
        "count(«swap») > 3 within officer",
        "rule r on «posting» when alcohol > 3 within case",
        "count(«login») > 1 within account by target",
    ],
    "E405": ["alcohol > 3 within «ghost»", "alcohol > 3 within «case, unit»"],
    "E406": ["alcohol > 3 and «result» < 2", "breath_test.alcohol > 3 and «settlement.points» < 2"],
    "E407": [
        "points > 3 within licence «over 101d»",
        "alcohol > 3 within case «over 2 * 201d»",
        "points > 3 within licence «over year»",
        "points > 3 within licence, officer «over 101d»",
        "settlement not followed by settlement within licence «over 101d of working_hours»",
    ],
    "E408": [
        "count(settlement) > 2 * «previous count(settlement)» within licence over 51d",
        "count(settlement) > 2 * «previous count(settlement)» within licence over quarter",
        'rule r when count(settlement) > 2 within licence over 51d message "{«previous count(settlement)»}"',
    ],
    "E409": ["detention not followed by ruling and «detention not followed by breath_test» within case over 3d"],
    "E410": [
        "«not (detention followed by ruling)» within case over 3d",
        "«not (detention followed by ruling or alcohol > 3)» within case",
        "let answered = detention followed by ruling rule r when «not answered» within case",
        "«(detention followed by ruling) == false» within case",
        "«true != (detention followed by ruling)» within case",
    ],
    "E411": ["alcohol > 3 within case «over 3d of working_hours»"],
    "E414": ["«detention not followed by ruling» within case"],
    "E415": [
        "alcohol > 3 within case over «0d»",
        "alcohol > 3 within case over «1d - 2d»",
        "rule r on detention after «-1d» when alcohol > 3 within case",
    ],
    "E416": ["(alcohol > 3 within case) and («detention not followed by ruling» within case over 3d)"],
    "E417": ["rule r on ruling when «detention not followed by ruling» within case over 3d"],
    "E418": [
        "count(breath_test where alcohol > «avg(alcohol)») > 1 within case",
        "sum(«count(ruling)») > 3 within case",
        "detention where (time > «max(ruling.time)») followed by ruling within case",
        "rule r on ruling where «count(ruling)» > 3 when amount > 3 within case",
    ],
    "E419": ["count(breath_test where («breath_test followed by ruling»)) > 1 within case"],
    "E420": ["rule r when alcohol > 3 level «organge»", "rule r when alcohol > 3 level «none»"],
    "E421": ['rule «r» title "x"'],
    "E422": ["«true»", "«3 > 2 within case»", "«time > 2026-01-01»", "«2 > 1 and time > 2026-01-01 within case»"],
    "E423": [
        "(count(ruling) > 3 within case) and «alcohol» > 3",
        "(detention not followed by ruling within case over 3d) and «alcohol» > 3",
        "rule r on ruling, detention when (count(ruling) > 3 within case) and «due» > 2026-01-01",
    ],
    "E424": ["rule r «on end of month» when alcohol > 3"],
    "E425": [
        "rule r on end of month when count(ruling) > 3 and count(ruling where amount > «this.amount») > 3 within case",
        "rule r on ruling where «this.amount» > 3 when amount > 3 within case",
        "rule r on end of month when (count(ruling) > 3 within case) and «alcohol» > 3",
    ],
    "E426": ["rule r when alcohol > 3 «repeat after 7d»"],
    "E427": ["rule r on end of month when count(ruling) > 3 within case «sample 2% by officer»"],
    "E428": [
        "rule r when alcohol > 3 sample «200%» by officer",
        "rule r when alcohol > 3 sample «0» by officer",
        "rule r when alcohol > 3 sample «3d» by officer",
    ],
    "E429": ["rule «r» when alcohol > 3 since 2026-02-01 until 2026-01-01"],
    "E431": ["alcohol > 3 within «officer, case, unit»"],
    "E432": ["alcohol > 3 within case, «case»"],
    "E433": ["rule r on ruling, «ruling» when amount > 3 within case"],
    "E434": ["rule r when alcohol > 3 about «licence»", "rule r when count(ruling) > 3 within case about «licence»"],
    "E435": ["rule r when alcohol > 3 about officer, «breath_test.officer»"],
    "E436": ["rule r when alcohol > 3 about «settlement.officer»"],
    "E488": ["rule r when alcohol > 3 about officer repeat after 2 * «month»"],
    "E437": ["alcohol > «previous round(3)» within case", "alcohol > «previous alcohol» within case over 3d"],
    "E438": ["«count(ruling among amount > 3)» > 2 within case", "«sum(ruling.amount at least 3)» > 2 within case"],
    "E439": ["«share(ruling at least 20)» > 30% within case"],
    "E440": ["sum(«3») > 3 within case", "max(«time») > 2026-01-01 within case"],
    "E441": ["«sum(alcohol where result > 3)» > 3 within case"],
    "E442": [
        "rule r when alcohol > 3 within case points «detention followed by ruling»",
        'rule r when alcohol > 3 within case message "{«detention followed by ruling»}"',
    ],
    "E444": ["detention preceded by ruling and count(ruling) > «previous count(ruling)» within case over 3d of working_hours"],
    "E445": ["sum(«ruling») > 3 within case", "distinct(«ruling» where amount > 3) > 3 within case"],
    "E446": [
        'rule r when alcohol > 3 within case except («detention not followed by ruling» within case over 3d) until 2026-12-31 because "x"'
    ],
    "E448": [
        'rule r when alcohol > 3 except (count(ruling) > 3 within «case over 30d») until 2026-12-31 because "x"',
        "rule r when alcohol > 3 points (count(ruling) within «case over 30d»)",
    ],
    "E449": ["detention not followed by ruling within case «over month of working_hours»"],
    "E490": ["count(ruling) > 2 * «previous count(ruling)» within case"],
    "E492": [
        f"«alcohol»{' + 1' * 99} > 3",
        "let a0 = alcohol "
        + " ".join(f"let a{i + 1} = a{i} + a{i}" for i in range(20)).replace("a0 + a0", "«a0 + a0»", 1)
        + " rule r when a20 > 3",
    ],
    "E491": ['rule r when alcohol > 3 message "at «{»alcohol"', 'rule r when alcohol > 3 message "a \\"quoted\\" brace «}»"'],
    "E251": ["alcohol > 3 within «cases»"],
    "E252": [
        "count(«breath_tests») > 3 within case",
        "«detentoin» followed by ruling within case",
        "rule r on «rulings» when amount > 3 within case",
        "«breath.alcohol» > 3",
        "rule r when alcohol > 3 about «breath.officer»",
    ],
    "E254": [
        "alcohol > 3 within case over 3d of «office_hours»",
        "alcohol > 3 and time during «office_hours»",
        "rule r on detention after 3d of «office_hours» when alcohol > 3 within case",
    ],
    "E485": [
        "detention not followed by ruling within case over «3w» of working_hours",
        "rule r on detention after «3w» of working_hours when alcohol > 3 within case",
    ],
    "E486": ["detention not followed by ruling within case over «1.5d» of working_hours"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in EXAMPLES.items() for text in texts])
def test_an_error_is_found_where_it_is_and_nothing_else(code: str, text: str) -> None:
    declares = text.startswith(("rule ", "let ", "table "))
    found, places = wrong(text if declares else f"rule r when {text}")
    assert found == [(code, place) for _, place in places]


def test_every_code_has_an_example() -> None:
    assert set(names.WORDINGS) | set(types.WORDINGS) | set(meaning.WORDINGS) <= set(EXAMPLES) | {"E430"}  # which has a test of its own


def test_an_exception_without_its_end_or_its_reason_is_not_one() -> None:
    # The grammar reports it as well; trees can also be made by other means.
    file, _ = parse_file("x.rules", DECLARATIONS + 'rule r when alcohol > 3 except officer == "P1" until 2026-12-31 because "x"')
    schema, _ = declare([file], lambda name, span: (None, []))
    written = schema.rules["r"]
    for lacking in (replace(written.excepts[0], until=None), replace(written.excepts[0], because=None)):
        found, problems = resolve_rule(replace(written, excepts=(lacking,)), schema)
        assert found is None
        assert [p.code for p in problems] == ["E430"]
