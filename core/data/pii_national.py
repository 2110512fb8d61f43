"""Official personal numbers, known by their form and, where they have them, by their check digits.

The arithmetic is python-stdnum's; what is ours is the strict form that a cell must have before it is asked, so that
amounts, years and counts never are, and how often a random text of that form would pass.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass

CANDIDATE = re.compile(r"[A-Z0-9][A-Z0-9 .\-+/]{6,19}[A-Z0-9]")
"""Texts that could be any of these numbers, in capitals: what does not match is not looked at further."""


@dataclass(frozen=True, kw_only=True)
class Official:
    """A kind of official number.

    Parameters
    ----------
    called : str
        What to call many of them.
    form : str
        Regular expression over the whole text, in capitals.
    module : str
        The module of python-stdnum that checks it; empty for `check`.
    check : callable, optional
    chance : float
        At most this share of random texts of the form passes, 0 to 1. Tested.
    topics : tuple of str
        Words in a column's name that point at exactly this number.
    """

    called: str
    form: str
    module: str = ""
    check: Callable[[str], bool] | None = None
    chance: float
    topics: tuple[str, ...] = ()

    def valid(self, text: str) -> bool:
        """Say whether a text of this form passes."""
        if self.check is not None:
            return self.check(text)
        try:
            return bool(importlib.import_module(f"stdnum.{self.module}").is_valid(text))
        except (LookupError, ValueError):  # stdnum 2.2 stumbles over some Chinese county codes
            return False


def pension_number(text: str) -> bool:
    """Check a German pension insurance number (Rentenversicherungsnummer).

    Area 2, birth date 6, letter of the birth name, serial 2, check digit. The letter becomes its two-digit place in the
    alphabet; weights 2 1 2 5 7 1 2 1 2 1 2 1, sums of digits, modulo 10. Source: VKVV, section 2 and annex (German
    pension insurance). Days of birth may be raised by 50 when serial numbers run out.

    >>> pension_number("15070649C103"), pension_number("15070649C104")
    (True, False)
    """
    code = re.sub(r"\s", "", text)
    digits = [int(d) for d in f"{code[:8]}{ord(code[8]) - 64:02d}{code[9:11]}"]
    day, month = int(code[2:4]), int(code[4:6])
    total = sum(sum(divmod(d * w, 10)) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return total % 10 == int(code[11]) and 1 <= day % 50 <= 31 and 1 <= month <= 12


def _always(text: str) -> bool:
    """Accept: the form is all there is to check."""
    return True


_NINO = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"

OFFICIAL: tuple[Official, ...] = (
    Official(
        called="US social security numbers",
        form=r"\d{3}-\d{2}-\d{4}",
        module="us.ssn",
        chance=0.91,
        topics=("ssn", "social security"),
    ),
    Official(called="US taxpayer numbers (ITIN)", form=r"9\d{2}-\d{2}-\d{4}", module="us.itin", chance=0.4),
    Official(called="UK national insurance numbers", form=_NINO, check=_always, chance=1.0, topics=("nino",)),
    Official(called="NHS numbers", form=r"\d{3}([ -]?)\d{3}\1\d{4}", module="gb.nhs", chance=0.1, topics=("nhs",)),
    Official(
        called="German tax ids (Steuer-ID)",
        form=r"[1-9]\d(?: ?\d{3}){3}",
        module="de.idnr",
        chance=0.1,
        topics=("steuer id", "steuerid", "idnr"),
    ),
    Official(
        called="German pension insurance numbers",
        form=r"\d{2} ?\d{6} ?[A-Z] ?\d{2} ?\d",
        check=pension_number,
        chance=0.06,
        topics=("sozialversicherungsnummer", "rentenversicherungsnummer", "svnr", "rvnr"),
    ),
    Official(
        called="French social security numbers (NIR)",
        form=r"[12378] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        module="fr.nir",
        chance=0.02,
        topics=("nir", "insee", "securite sociale"),
    ),
    Official(
        called="Spanish identity numbers (DNI)",
        form=r"\d{8}[- ]?[A-Z]",
        module="es.dni",
        chance=0.05,
        topics=("dni", "nif"),
    ),
    Official(
        called="Spanish foreigners' numbers (NIE)",
        form=r"[XYZ][- ]?\d{7}[- ]?[A-Z]",
        module="es.nie",
        chance=0.05,
        topics=("nie",),
    ),
    Official(
        called="Italian tax codes (codice fiscale)",
        form=r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
        module="it.codicefiscale",
        chance=0.05,
        topics=("codice fiscale",),
    ),
    Official(called="Dutch citizen numbers (BSN)", form=r"\d{9}", module="nl.bsn", chance=0.1, topics=("bsn",)),
    Official(called="Polish PESEL numbers", form=r"\d{11}", module="pl.pesel", chance=0.05, topics=("pesel",)),
    Official(
        called="Swedish personal numbers",
        form=r"(?:\d{2})?\d{6}[-+]?\d{4}",
        module="se.personnummer",
        chance=0.05,
        topics=("personnummer",),
    ),
    Official(
        called="Aadhaar numbers",
        form=r"[2-9]\d{3}([ -]?)\d{4}\1\d{4}",
        module="in_.aadhaar",
        chance=0.11,
        topics=("aadhaar", "aadhar"),
    ),
    Official(called="Indian tax numbers (PAN)", form=r"[A-Z]{5}\d{4}[A-Z]", module="in_.pan", chance=0.47),
    Official(
        called="Brazilian CPF numbers",
        form=r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}",
        module="br.cpf",
        chance=0.02,
        topics=("cpf",),
    ),
    Official(
        called="Swiss social security numbers (AHV)",
        form=r"756\.?\d{4}\.?\d{4}\.?\d{2}",
        module="ch.ssn",
        chance=0.11,
        topics=("ahv",),
    ),
    Official(
        called="Belgian national numbers", form=r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}", module="be.nn", chance=0.03
    ),
    Official(called="Finnish identity codes", form=r"\d{6}[-+A-FU-Y]\d{3}[A-Z0-9]", module="fi.hetu", chance=0.02),
    Official(called="Norwegian birth numbers", form=r"\d{6} ?\d{5}", module="no.fodselsnummer", chance=0.01),
    Official(called="Czech and Slovak birth numbers", form=r"\d{6}/\d{4}", module="cz.rc", chance=0.05),
    Official(called="Irish PPS numbers", form=r"\d{7}[A-W][AHTW]?", module="ie.pps", chance=0.06),
    Official(called="Romanian personal codes (CNP)", form=r"[1-8]\d{12}", module="ro.cnp", chance=0.05),
    Official(called="Turkish identity numbers", form=r"[1-9]\d{10}", module="tr.tckimlik", chance=0.02),
    Official(called="South African identity numbers", form=r"\d{6} ?\d{4} ?\d{3}", module="za.idnr", chance=0.05),
    Official(
        called="Mexican CURP codes",
        form=r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d",
        module="mx.curp",
        chance=0.05,
        topics=("curp",),
    ),
    Official(
        called="Canadian social insurance numbers", form=r"\d{3}([ -]?)\d{3}\1\d{3}", module="ca.sin", chance=0.11
    ),
    Official(called="Chinese identity numbers", form=r"\d{17}[0-9X]", module="cn.ric", chance=0.02),
    Official(called="Korean resident numbers", form=r"\d{6}-[1-8]\d{6}", module="kr.rrn", chance=0.06),
)
"""The numbers that are searched; where two fit equally well, the first."""
