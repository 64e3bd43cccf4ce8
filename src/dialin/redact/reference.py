"""Finds numbers that a firm gives: of orders, parcels, bookings, accounts and policies; and number plates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialin.redact.finding import ACCOUNT, CARD, ORDER, PLATE, Finding

_VALUE = r"(?P<value>#?(?:[0-9A-Za-z]|(?<=[0-9A-Za-z])[/_-](?=[0-9A-Za-z])){3,40})(?![0-9A-Za-z])"
_SAID = (
    r"(?:[ :=,(-]|\b(?:is|was|are|it|now|as|follows|(?:should|would|will|must|has to) be|i have(?: here)?)\b"
    r"|'s\b|[是为])*"
)
_NUMBER = r"(?:[ -]?(?:number|numbers|num|no\.|no|nr\.|nr|id|code|reference|ref\.|ref|#)(?![A-Za-z]))"
_ORDER = (
    "(?:purchase |sales |return )?order|purchase|tracking|booking|reservation|invoice|receipt|ticket|case|confirmation"
    "|parcel|shipment|consignment|return|rma|claim|reference|transaction"
)
_ACCOUNT = (
    "(?:customer |bank |user )?account|acct\\.?|customer|client|member(?:ship)?|policy|insurance|contract|meter|user"
    "|loyalty(?: card)?|frequent flyer|subscriber|patient|student|employee|staff"
)
_ZH_ORDER = (
    "(?:订单|快递|运单|物流|工单|退货|退款|发票|流水|交易|受理|预订|预约|取件|提货|包裹)(?:编号|单号|号码|号|码)|单号"
)
_ZH_ACCOUNT = (
    "(?:账|帐)(?:号|户)|户号|(?:会员|用户|客户|保单|合同|学生|员工|社保|公积金|储值卡|会员卡)(?:编号|号码|号)|学号|工号"
)


_CARD = re.compile(
    rf"(?:\b(?:credit |debit |bank |visa |payment )?card(?: ?(?:numbers?|no\.?|#))?|卡号|银行卡|信用卡){_SAID}"
    r"(?P<value>[0-9]{4}([ -]?)[0-9]{4}\2[0-9]{4}\2[0-9]{4}(?:\2[0-9]{1,3})?)(?![0-9A-Za-z])",
    re.IGNORECASE,
)
"""What is called a card, though a digit of it may be wrong: heard, typed or invented."""


@dataclass(frozen=True)
class Clue:
    """Words before a value, the type that they tell of, and how many digits the value has to have."""

    pattern: re.Pattern[str]
    type: str
    n_digits: int


def _clue(words: str, kind: str, n_digits: int) -> Clue:
    return Clue(re.compile(rf"{words}{_SAID}{_VALUE}", re.IGNORECASE), kind, n_digits)


_CLUES = (
    _clue(rf"\b(?:{_ORDER}){_NUMBER}", ORDER, 1),
    _clue(rf"\b(?:{_ACCOUNT}){_NUMBER}", ACCOUNT, 3),
    _clue(rf"\b(?:{_ORDER})\b", ORDER, 5),
    _clue(rf"\b(?:{_ACCOUNT})\b", ACCOUNT, 5),
    _clue(rf"(?:{_ZH_ORDER})", ORDER, 4),
    _clue("订单", ORDER, 6),
    _clue(rf"(?:{_ZH_ACCOUNT})", ACCOUNT, 4),
)
_NO_NUMBER = re.compile(
    r"[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]+[.,][0-9]{2}"
    r"|(?:19|20)[0-9]{2}|[0-9]{1,2}(?:st|nd|rd|th|h|pm|am)|[0-9]+(?:kg|g|cm|mm|gb|mb|x[0-9]+)",
    re.IGNORECASE,
)
"""Dates, prices, years and measures, which follow the same words."""
_ZH_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-Z][·• -]?(?=[A-Z]*[0-9])[A-HJ-NP-Z0-9]{5,6}"
    "(?![0-9A-Za-z])"
)
_UK_PLATE = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2} [A-Z]{3}(?![0-9A-Za-z])")
_PLATE = re.compile(
    rf"(?:\b(?i:plate|registration|reg|vehicle)(?: (?:number|no\.?))?|车牌号?码?){_SAID}"
    r"(?P<value>(?=[A-Z -]*[0-9])(?=[0-9 -]*[A-Z])[A-Z0-9]{1,3}(?:[ -]?[A-Z0-9]{1,4}){1,3})(?![0-9A-Za-z])"
)


def references(text: str) -> Iterator[Finding]:
    """Yield the numbers in a plain text that a word before them names as that of an order, an account or a card.

    Examples
    --------
    >>> list(references("order number 448-2291734, placed for 12.50; I order 50 more"))
    [Finding(start=13, end=24, type='ORDER')]
    """
    yield from (Finding(*found.span("value"), CARD) for found in _CARD.finditer(text))
    for clue in _CLUES:
        for found in clue.pattern.finditer(text):
            value = found["value"].strip()
            n_digits = sum(character in "0123456789" for character in value)
            least = 4 if value.startswith("#") else clue.n_digits
            if n_digits >= least and len(value) >= 4 and not _NO_NUMBER.fullmatch(value):
                yield Finding(found.start("value"), found.start("value") + len(found["value"]), clue.type)


def plates(text: str) -> Iterator[Finding]:
    """Yield the number plates in a plain text: Chinese and British ones, and others that a word before them names.

    Examples
    --------
    >>> list(plates("京A12345, and plate B-MW 1234"))
    [Finding(start=0, end=7, type='PLATE'), Finding(start=19, end=28, type='PLATE')]
    """
    for pattern in (_ZH_PLATE, _UK_PLATE):
        yield from (Finding(*found.span(), PLATE) for found in pattern.finditer(text))
    for found in _PLATE.finditer(text):
        if 4 <= sum(map(str.isalnum, found["value"])) <= 10:
            yield Finding(*found.span("value"), PLATE)
