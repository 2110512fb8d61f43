"""A result in which everybody who may write a word has written an attack."""

from tests.result_example import example

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")<script src=//evil.example></script><img src=x onerror=alert(1)> '
    '[a](javascript:alert(1)) ![b](http://evil.example/c) | `code` #read("/etc/passwd") ${7*7} '
    "\x00\x1b\ud800\u202e \"' &lt;"
)


def hostile():
    """Put hostile text wherever people write."""
    result = example()
    result["study"].update(name=HOSTILE, target=HOSTILE, knows=[HOSTILE])
    for requirement in result["requirements"]:
        requirement.update(owner=HOSTILE, reason=HOSTILE, source=HOSTILE)
    for one in result["points"]:
        one.update(
            name=HOSTILE, id=f"{HOSTILE}[{one['id']}]", family=HOSTILE if one["family"] == "hide" else one["family"]
        )
        one["recipe"][0]["parameters"][HOSTILE] = [HOSTILE]
        one["reason"] = HOSTILE
    result["points"][3]["guarantee"]["assumptions"] = [HOSTILE]
    result["points"][3]["risks"]["membership"].update(attack=HOSTILE, note=HOSTILE, violation=True)
    result["points"][3]["risks"]["presence"]["reason"] = HOSTILE
    result["versions"][HOSTILE] = HOSTILE
    result["ledger"]["note"] = HOSTILE
    return result
