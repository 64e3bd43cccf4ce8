"""What people say for general objectives: who wants their money back wants a refund.

A name then says what is meant in the one word that people expect, and two intents do not differ by a synonym alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_TRADE = "(?:engineer|technician|mechanic|fitter|plumber|electrician|installer|repairman)"
_ENGLISH = {
    "refund": r"refund\w*|(?:money|cash) back|back (?:my|the|our|all|some) (?:\w+ )?(?:money|cash)|reimburs\w+",
    "return": r"return(?:s|ed|ing)?(?! (?:flight|trip|ticket|journey|date|call|train))|"
    r"(?:send|sent|sending|take|took|taking|bring|brought)(?: \w+){0,3} back",
    "exchange": r"exchange(?! (?:rate|fee|office|market))|exchang(?:ed|ing)|swap(?:s|ped|ping)?",
    "repair": r"repair\w*|mend(?:s|ed|ing)?",
    "installation": r"install\w*",
    "delivery": r"deliver\w*",
    "human-agent": r"(?:human|real|live|actual) (?:being|person|agent|advisor|operator|representative)|"
    r"(?:speak|talk|chat) (?:to|with) (?:a|an|some) ?(?:human|person|one|body|agent|advisor|operator|representative)|"
    r"(?:operator|representative)",
    "opening-hours": r"opening (?:hours|times?)|(?:what|which) (?:time|hours)(?: \w+){1,4} (?:open|close)|"
    r"when (?:do|does|are|is)(?: \w+){1,3} (?:open|close|closed)",
    "login": r"log(?:ged|ging)? ?(?:in|into|on)|sign(?:ed|ing)? ?in(?:to)?",
    "fraud": r"fraud\w*|scam\w*|phish\w*",
    "compensation": r"compensat\w+",
    "cancellation": r"cancel\w*",
    "technician-visit": rf"(?:{_TRADE}|someone|somebody)(?: \w+){{0,2}} (?:come|comes|coming|out|round)|"
    rf"{_TRADE}(?: \w+){{0,2}} (?:visits?|appointment|came|turned up|showed up)|"
    rf"(?:send|visit|appointment)(?: \w+){{0,3}} {_TRADE}",
}
_CHINESE = {
    "退款": "退款|退钱|退费|退.{0,4}钱|钱.{0,3}退",
    "退货": "退货|退掉|退回去|[想要能]退(?![款钱费票订])",
    "换货": "换货|换新|换一?[个台件只双条部]新",
    "维修": "维修|修理|报修|送修|返修|[能来人找]修|修一下|修好|修不好|师傅.{0,6}[看修]",
    "上门服务": "上门|派.{0,3}(?:人|师傅)|[找叫].{0,2}(?:人来|师傅)",
    "收货": "收货(?![人地码电时])|签收(?!人)|[没未]有?收到|还没收|收到货",
    "到账时间": "到账|到帐|打款",
    "安装": "安装|[来给]装|装机",
    "配送": "配送|派送|送货|送到|送达|送来|投递|派件|[能会]送",
    "发货": "发货|发出|寄出",
    "人工客服": "人工|真人|活人",
}
_TABLES: Mapping[str, Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "en": {objective: re.compile(rf"\b(?:{said})\b") for objective, said in _ENGLISH.items()},
        "zh": {objective: re.compile(said) for objective, said in _CHINESE.items()},
    }
)


def meant_in(text: str, language: str) -> set[str]:
    """Return the general objectives that a sentence says in one of the usual ways.

    Parameters
    ----------
    text : str
        A sentence; English in lower case, with single blanks between its words.
    language : {"en", "zh"}
        Its language.

    Examples
    --------
    >>> sorted(meant_in("i want my money back and will send the kettle back", "en"))
    ['refund', 'return']
    >>> meant_in("把钱退给我", "zh"), meant_in("今天能送到吗", "zh")
    ({'退款'}, {'配送'})
    """
    return {objective for objective, said in _TABLES[language].items() if said.search(text)}


def is_synonym(objective: str, language: str) -> bool:
    """Return whether an objective is no more than another word for a general one.

    Examples
    --------
    >>> [is_synonym(word, "zh") for word in ("送达", "配送", "配送时间")], is_synonym("money-back", "en")
    ([True, False, False], True)
    """
    said = objective.replace("-", " ")
    return any(objective != name and how.fullmatch(said) for name, how in _TABLES[language].items())
