"""Study files: what is read, and what is refused with a remedy."""

import pytest

from core.errors import UserError
from core.tradeoff.study import load_study, parse_study

GOOD = {"study": {"name": "s"}, "recipe": [{"name": "raw", "technique": "none"}]}


def test_a_model_is_a_key_or_a_table_with_parameters():
    one = parse_study({**GOOD, "study": {"name": "s", "model": "random_forest"}}).model
    two = parse_study({**GOOD, "study": {"name": "s", "model": {"key": "random_forest", "min_samples_leaf": 5}}}).model
    assert (one.min_samples_leaf, two.min_samples_leaf) == (1, 5)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"study": {"name": "s", "effort": "huge"}}, "effort must be one of"),
        ({"study": {"name": "s", "seed": -1}}, "seed is a whole number"),
        ({"study": {"name": "s", "model": "oracle"}}, "model must be one of"),
        ({"study": {"name": "s", "modell": "x"}}, "knows name"),
        ({"study": {"name": "s", "rows": 3}}, "20 or more"),
        ({"study": {"name": "s", "threat": "ghosts"}}, "threat one of"),
        ({"surprise": {}}, "a study file knows"),
        ({"recipe": {"technique": "none"}}, "blocks"),
        ({"recipe": [{"technique": "none"}, {"technique": "none"}]}, "name of its own"),
        ({"recipe": [{"technique": "none", "level": 3}]}, "has the parameters"),
        ({"recipe": [{"steps": [{"technique": "none"}], "level": 3}]}, "either a technique"),
        ({"requirement": [{"metric": "accuracy", "at_least": 0.8, "bribe": 1}]}, "requirement 1 knows"),
        ({"attacker": {"sees": ["age"]}}, "knows knows"),
        ({"attacker": {"knows": 5}}, "list of column names"),
        ({"study": {"name": "s", "effort": ["glance"]}}, "one text each"),
        ({"study": {"name": "s", "assume_public_domain": "false"}}, "true or false"),
    ],
)
def test_a_study_that_makes_no_sense_is_refused(change, complaint):
    with pytest.raises(UserError, match=complaint):
        parse_study({**GOOD, **change})


def test_files_that_are_not_there_or_not_toml_are_named(tmp_path):
    with pytest.raises(UserError, match="no file"):
        load_study(tmp_path / "nothing.toml")
    (tmp_path / "bad.toml").write_text("[study\n")
    with pytest.raises(UserError, match="TOML"):
        load_study(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(UserError, match=r"\[study\] needs name"):
        load_study(tmp_path / "empty.toml")
    (tmp_path / "lost.toml").write_text('[study]\nname = "x"\ntable = "t.csv"\nschema = "s.json"\n')
    with pytest.raises(UserError, match="schema file must exist"):
        load_study(tmp_path / "lost.toml")
