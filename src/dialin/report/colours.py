"""Chooses a colour for each intent: similar hues for similar intents, and alternating lightness between neighbours.

The colours are evenly spaced in OKLCH, where equal lightness looks equally light, so that all stand out equally.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin

LIGHT, DARK = (0.52, 0.62), (0.70, 0.82)
"""Two alternating lightnesses for a white page, and two for a dark page; the contrast to the page is at least 3 : 1."""
CHROMA = 0.135
FIRST_HUE = 25.0


@dataclass(frozen=True)
class Colour:
    """Colour as ``#rrggbb``, for a light page and for a dark page."""

    light: str
    dark: str


UNASSIGNED_COLOUR = Colour("#8a919c", "#7d8590")


def colours(order: Sequence[int]) -> list[Colour]:
    """Return the colours of the intents 0 … n − 1.

    Parameters
    ----------
    order : sequence of int
        The intents 0 … n − 1 in tree order.
    """
    found = [UNASSIGNED_COLOUR] * len(order)
    for place, intent in enumerate(order):
        hue, tone = FIRST_HUE + 360 * place / len(order), place % 2
        found[intent] = Colour(oklch(LIGHT[tone], CHROMA, hue), oklch(DARK[tone], CHROMA, hue))
    return found


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return an OKLCH colour as ``#rrggbb``; a colour outside sRGB loses chroma until it fits.

    Examples
    --------
    >>> oklch(1.0, 0.0, 0.0), oklch(0.0, 0.0, 0.0), oklch(0.628, 0.2577, 29.23)
    ('#ffffff', '#000000', '#ff0000')
    """
    while True:
        linear = _linear_rgb(lightness, chroma * cos(radians(hue)), chroma * sin(radians(hue)))
        if chroma <= 0 or all(-1e-3 <= part <= 1 + 1e-3 for part in linear):
            return "#" + "".join(f"{round(255 * _gamma(min(max(part, 0.0), 1.0))):02x}" for part in linear)
        chroma -= 0.005


def _linear_rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    """Return the linear red, green and blue of an OKLab colour (Ottosson 2020)."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
