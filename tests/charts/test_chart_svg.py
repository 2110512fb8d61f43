import hashlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from core.charts.svg import css_variables, svg
from core.charts.svg_labels import Box, place_labels
from core.charts.trade_off import TradeOff
from tests.result_example import example, point

SPACE = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[2]
HOSTILE = '<script>alert(1)</script>" onload="alert(2)" ]]> &amp; <!-- \x00 \ud800 ${x} url(http://evil.example)'


def parsed(info, theme="light"):
    return ET.fromstring(svg(info, theme))  # noqa: S314


@pytest.mark.parametrize("theme", ["light", "dark", "css"])
def test_every_example_is_well_formed_and_described(theme):
    for info in TradeOff.examples():
        root = parsed(info, theme)
        prefix = "" if theme == "css" else SPACE
        assert root.find(f"{prefix}title").text == info.sentence
        assert root.find(f"{prefix}desc").text == info.alt


def test_hostile_text_stays_text():
    result = example()
    result["points"][3].update(name=HOSTILE, id=HOSTILE, family=HOSTILE)
    result["requirements"][0].update(name=HOSTILE)
    root = parsed(TradeOff.info(result))
    assert not list(root.iter(f"{SPACE}script"))
    assert not [e for e in root.iter() if any(name.startswith("on") or "href" in name for name in e.attrib)]
    assert any("alert(1)" in (element.text or "") for element in root.iter(f"{SPACE}title"))


@pytest.mark.slow
def test_the_bytes_are_the_same_in_another_process_with_another_hash_seed():
    code = (
        "from tests.result_example import example; from core.charts.trade_off import TradeOff;"
        "from core.charts.svg import svg; import hashlib;"
        "print(hashlib.sha256(svg(TradeOff.info(example())).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONHASHSEED": seed}, cwd=ROOT
        )
        for seed in ("1", "2")
    ]
    here = hashlib.sha256(svg(TradeOff.info(example())).encode()).hexdigest()
    assert [run.stdout.decode().strip() for run in runs] == [here, here]


def test_an_inline_picture_has_no_address_and_takes_its_colours_from_the_page():
    text = svg(TradeOff.info(example()), "css")
    assert "http" not in text
    assert "#0060A8" not in text
    used = {part.split(")")[0] for part in text.split("var(")[1:]}
    for dark in (False, True):
        assert used <= {pair.split(":")[0] for pair in css_variables(dark).split(";")}


def test_numbers_beside_marks_are_those_of_the_table():
    info = TradeOff.info(example())
    texts = [element.text for element in parsed(info).iter(f"{SPACE}text") if element.get("font-size") == "11"]
    assert set(texts) == {str(mark.number) for mark in info.marks}  # nobody is clearly beaten, so nobody has a sign
    assert len(texts) == len(info.marks)


def test_labels_cover_neither_marks_nor_each_other():
    points = [(100.0 + 9 * (i % 20), 100.0 + 9 * (i // 20)) for i in range(200)]
    area, taken = Box(0, 0, 400, 400), [Box(x - 7, y - 7, x + 7, y + 7) for x, y in points]
    marks = list(taken)
    found = place_labels(points, [str(i) for i in range(200)], area, taken)
    labels = taken[len(marks) :]
    assert len(labels) == sum(place is not None for place in found) > 20
    assert not any(label.meets(mark) for label in labels for mark in marks)
    assert not any(a.meets(b) for i, a in enumerate(labels) for b in labels[:i])
    assert all(area.holds(label) for label in labels)


def test_violations_are_written_even_where_there_is_no_room():
    points = [
        point(f"p{i}", "dp_forest", "train privately", 0.8, 0.1, bound=0.01, violation=True, swept={"k": i})
        for i in range(60)
    ]
    text = svg(TradeOff.info({"points": points}))
    assert text.count("is above its proved ceiling</text>") == 60


def test_crossed_marks_have_a_cross_and_hollow_ones_the_colour_of_paper():
    info = TradeOff.info(example())
    groups = [group for group in parsed(info).iter(f"{SPACE}g") if group.find(f"{SPACE}title") is not None]
    for mark, group in zip(info.marks, groups, strict=True):
        paths = group.findall(f"{SPACE}path")
        assert len(paths) == (2 if mark.state == "fails" else 1)
        assert (paths[0].get("fill") == "#FFFFFF") == (mark.state != "meets")


def test_the_sign_of_a_tie_stands_beside_its_number_and_in_the_key():
    beaten = {"frontier_ties": ["noise[scale=0.2]"], "frontier_beaten": {"k-anonymity[k=50]": "constant"}}
    tied = TradeOff.info({**example(), **beaten})
    texts = [element.text or "" for element in parsed(tied).iter(f"{SPACE}text")]
    assert "12 ≈" in texts
    assert any("≈: not clearly beaten" in text for text in texts)
    titles = [element.text for element in parsed(tied).iter(f"{SPACE}title")]
    assert any("12. noise" in text and "Not clearly beaten" in text for text in titles)
    alone = svg(TradeOff.info({"points": [point("n", "drop_columns", "hide", 0.8, 0.1)]}))
    assert "≈" not in alone
