"""Make a large run folder without clustering: 1,000,000 sentences in 5,000 intents, through the real writers.

Rules compose the sentences in English and Chinese, the sizes of the intents follow a power law, and the vectors lie
near one centroid an intent. What `dialin show`, `report`, `review` and `predict` cost on such a run, measure
`studies.own.report_size` and `studies.own.review_speed` with ``--run RUN``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin import files
from dialin.arrays import Ints, Matrix, Rows
from dialin.cluster.centroids import sums
from dialin.cluster.granularity import SuggestedNumber
from dialin.cluster.labels import rows_by
from dialin.cluster.strata import Stratum
from dialin.discover.assign import build
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.discover.state import Intent, Result
from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.judge.verdict import Coherence, Verdict
from dialin.name.kinds import KINDS, Kinds
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.dates import DATE
from dialin.runs.manifest import COMPLETE, RunPlan
from dialin.runs.run import Run
from dialin.runs.start import start
from dialin.search.iterate import Round
from dialin.search.trial import Trial
from studies.own import machine

DIMENSIONS, N_FAMILIES = 384, 70
SPREAD, FAMILY_SPREAD = 0.9, 0.8
"""Length of the noise around a centroid of length 1, and of a centroid around that of its family."""
PIECE_SIZE, MAX_PIECES = 400, 8
NO_INTENT_SHARE, DIALOGUE_SHARE, SAID_AGAIN_SHARE = 0.02, 0.4, 0.15
TURNS = 8
"""Turns of a dialogue."""
DAYS = 540
REASONS = ("rare", "mixed", "noise")
CHUNK = 50_000

ACTIONS = {
    "en": "cancel change check track block renew return exchange report reset upgrade pause transfer confirm explain "
    "activate order dispute update book find extend close open compare",
    "zh": "取消 修改 查询 追踪 冻结 续订 退货 更换 反馈 重置 升级 暂停 转账 确认 解释 激活 订购 投诉 更新 预约 寻找 "
    "开通 关闭 打开 比较",
}
THINGS = {
    "en": "order parcel invoice card account password contract tariff router phone ticket seat hotel flight meal loan "
    "mortgage policy claim refund voucher coupon subscription delivery address",
    "zh": "订单 包裹 发票 银行卡 账户 密码 合同 套餐 路由器 手机 车票 座位 酒店 航班 餐食 贷款 房贷 保单 理赔 退款 "
    "代金券 优惠券 会员 配送 地址",
}
SORTS = {"en": "gift business family student", "zh": "礼品 企业 家庭 学生"}
OPENERS = {
    "en": ("", "hello, ", "please help, ", "quick one: ", "since monday, ", "again: ", "as discussed, ", "sorry, "),
    "zh": ("", "你好，", "请帮忙，", "请问，", "从周一起，", "再说一次，", "之前说过，", "抱歉，"),
}
WISHES = {
    "en": ("I want to {} my {}", "how can I {} the {}", "could you {} this {} for me", "we need to {} one {} today"),
    "zh": ("我想{}我的{}", "怎么{}{}", "能帮我{}这个{}吗", "我们今天要{}一个{}"),
}
ENDINGS = {
    "en": ("", " as soon as possible", " before the weekend", " without a fee", " from abroad", " for my mother"),
    "zh": ("", "，越快越好", "，周末之前", "，不要手续费", "，我在国外", "，给我妈妈"),
}


@dataclass(frozen=True)
class Size:
    """What to make: numbers of distinct sentences and of intents, and the seed."""

    sentences: int
    intents: int
    seed: int = 0


def main() -> None:
    """Make a run folder and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--intents", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.perf_counter()
    made = make(options.out, Size(options.sentences, options.intents, options.seed))
    source = made.manifest.source
    print(f"{made.folder}: {source.n_sentences:,} sentences, {source.n_occurrences:,} utterances,", end=" ")
    print(f"{time.perf_counter() - started:.0f} s, {machine.peak_memory_mb():,.0f} MB")


def make(folder: Path, size: Size) -> Run:
    """Write a run folder of this size and return the run."""
    rng = np.random.default_rng(size.seed)
    table, of_row = utterances(size, rng)
    corpus = corpus_of(table)
    labels = np.empty(len(corpus.texts), dtype=np.int64)
    labels[corpus.occurrences["sentence_id"].to_numpy()] = of_row
    X = vectors(labels, size.intents, rng)
    plan = RunPlan("large.parquet", Columns(), Settings(), Specs("none", "none"))
    log = SessionLog(folder)
    run = start(folder, plan, corpus, Connections(None, lambda _: X, "made-up", "a benchmark"))
    files.write_array(folder / files.EMBEDDINGS, X)
    ended = replace(run, manifest=replace(run.manifest, status=COMPLETE))
    return write_result(ended, result(corpus, X, labels, rng), log)


# --- sentences ------------------------------------------------------------------------------------


def utterances(size: Size, rng: np.random.Generator) -> tuple[pa.Table, Ints]:
    """Return the table of utterances with all distinct sentences in it, and the intent of each utterance."""
    sizes = power_law(size.sentences, size.intents)
    intent = np.repeat(np.arange(size.intents), sizes)
    number = np.arange(len(intent)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    texts = np.array(list(composed(intent, number)), dtype=object)
    again = rng.choice(len(texts), round(SAID_AGAIN_SHARE * len(texts)))
    order = rng.permutation(np.concatenate([np.arange(len(texts)), again]))
    n, n_spoken = len(order), round(DIALOGUE_SHARE * len(order)) // TURNS * TURNS
    at = np.arange(n)
    is_spoken = at < n_spoken
    day = np.datetime64("2024-01-01", "ms") + (at * DAYS // n).astype("m8[D]")
    roles = np.where(is_agents(intent), "agent", "customer")
    columns = {
        "row": pa.array(at),
        "text": pa.array(texts[order].tolist(), pa.large_string()),
        "dialogue_id": pa.array(np.char.add("d", (at // TURNS).astype(str)), mask=~is_spoken),
        "turn": pa.array(at % TURNS, mask=~is_spoken),
        "role": pa.array(roles[order]),
        "date": pa.array(day, DATE),
    }
    return pa.table(columns), intent[order]


def power_law(n: int, n_parts: int) -> Ints:
    """Return the sizes of the parts, n in all, the largest first; the i-th is about 1 / i of it.

    Examples
    --------
    >>> power_law(100, 4).tolist()
    [49, 24, 15, 12]
    """
    share = 1 / np.arange(1, n_parts + 1)
    ends = np.rint(n * np.cumsum(share) / share.sum()).astype(np.int64)
    return np.asarray(np.diff(ends, prepend=0), dtype=np.int64)


def is_agents(intent: Ints) -> NDArray[np.bool_]:
    """Return whether an intent is the agent's: every fifth."""
    return np.asarray(intent % 5 == 4)


def composed(intent: Ints, number: Ints) -> Iterator[str]:
    """Yield the sentence of each intent with this number; no two are equal."""
    for own, i in zip(intent.tolist(), number.tolist(), strict=True):
        language = language_of_intent(own)
        action, thing = words(own)
        rest, opener = divmod(i, len(OPENERS[language]))
        rest, wish = divmod(rest, len(WISHES[language]))
        rest, ending = divmod(rest, len(ENDINGS[language]))
        said = WISHES[language][wish].format(action, thing)
        order = "" if not rest else f", number {rest}" if language == "en" else f"，编号{rest}"
        yield f"{OPENERS[language][opener]}{said}{ENDINGS[language][ending]}{order}"


def language_of_intent(intent: int) -> str:
    """Return the language of an intent: every third is Chinese."""
    return "zh" if intent % 3 == 2 else "en"


def words(intent: int) -> tuple[str, str]:
    """Return the action and the thing of an intent; no two intents share both."""
    language = language_of_intent(intent)
    rest, action = divmod(intent, len(actions := ACTIONS[language].split()))
    rest, thing = divmod(rest, len(things := THINGS[language].split()))
    rest, sort = divmod(rest, len(sorts := ("", *SORTS[language].split())))
    space = " " if language == "en" else ""
    kind = f"{sorts[sort]}{space}{things[thing]}".strip() + (f"{space}{rest}" if rest else "")
    return actions[action], kind


# --- the result -----------------------------------------------------------------------------------


def vectors(labels: Ints, n_intents: int, rng: np.random.Generator) -> Matrix:
    """Return unit vectors (n, 384) near the centroid of their intent, which lies near that of its family."""
    families = rng.normal(size=(N_FAMILIES, DIMENSIONS))
    own = families[rng.integers(N_FAMILIES, size=n_intents)] + FAMILY_SPREAD * rng.normal(size=(n_intents, DIMENSIONS))
    own = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    X = np.empty((len(labels), DIMENSIONS), dtype=np.float32)
    for i in range(0, len(X), CHUNK):
        part = labels[i : i + CHUNK]
        X[i : i + CHUNK] = own[part]
        noise = rng.standard_normal((len(part), DIMENSIONS), dtype=np.float32)
        X[i : i + CHUNK] += (SPREAD / DIMENSIONS**0.5) * noise
        X[i : i + CHUNK] /= np.linalg.norm(X[i : i + CHUNK], axis=1, keepdims=True)
    return X


def result(corpus: Corpus, X: Matrix, labels: Ints, rng: np.random.Generator) -> Result:
    """Return the result with these intents, the most frequent first, and some sentences without one."""
    left = rng.random(len(labels)) < NO_INTENT_SHARE
    found = np.where(left, -1, labels)
    rows = rows_by(found)
    rows.pop(-1, None)
    kind = np.array([KINDS[0] if i % 10 else KINDS[1 + i // 10 % 4] for i in range(max(rows) + 1)], dtype=object)
    said = {i: int(corpus.counts[own].sum()) for i, own in rows.items()}
    order = sorted(rows, key=lambda i: (kind[i] != KINDS[0], -said[i]))
    new = {old: place for place, old in enumerate(order)}
    clusters = [(own, new[i]) for i in order for own in pieces_of(rows[i])]
    place = np.full(max(rows) + 2, -1)
    place[order] = np.arange(len(order))
    roles = corpus.roles or [""] * len(labels)
    P = np.full((len(labels), len(KINDS)), 0.05)
    P[np.arange(len(labels)), [KINDS.index(one) for one in kind[labels].tolist()]] = 0.8
    central = nearest_to_mean(X, rows)
    intents = tuple(
        Intent(
            intent_id=new[i],
            name=name_of(i),
            size=len(rows[i]),
            n_occurrences=said[i],
            p_good=round(float(rng.beta(6, 2)), 4),
            role=roles[rows[i][0]],
            examples=tuple(corpus.texts[row] for row in central[i]),
            kind=kind[i],
            p_kind=0.8,
        )
        for i in order
    )
    return Result(
        intents=intents,
        labels=place[found],
        p_intent=np.where(left, 0.0, np.round(rng.beta(8, 2, len(labels)), 6)),
        reasons=np.where(left, np.array(REASONS)[rng.integers(len(REASONS), size=len(labels))], "").tolist(),
        rounds=rounds_of(clusters, rng),
        pieces=build(X, [c for c, _ in clusters], [i for _, i in clusters], [roles[c[0]] for c, _ in clusters]),
        complete=True,
        roles=roles,
        suggested=SuggestedNumber(len(order), len(order) * 9 // 10, len(order) * 11 // 10),
        kinds=Kinds(P),
    )


def name_of(intent: int) -> str:
    """Return the name of an intent."""
    return "-".join(words(intent)).replace(" ", "-")


def pieces_of(rows: Rows) -> list[Rows]:
    """Return the sentences of an intent in pieces, more for a larger one."""
    return np.array_split(rows, min(1 + len(rows) // PIECE_SIZE, MAX_PIECES))


def nearest_to_mean(X: Matrix, rows: dict[int, Rows], n: int = 5) -> dict[int, Rows]:
    """Return the n most central sentences of each intent."""
    ids = np.array(sorted(rows))
    labels = np.full(len(X), -1)
    for i, own in rows.items():
        labels[own] = i
    means = sums(labels, ids, X, np.arange(len(X)))
    return {i: rows[i][np.argsort(-(X[rows[i]] @ means[at]), kind="stable")[:n]] for at, i in enumerate(ids.tolist())}


def rounds_of(clusters: list[tuple[Rows, int]], rng: np.random.Generator) -> tuple[tuple[Stratum, Round], ...]:
    """Return one round, which judged more nodes than it kept."""
    own = tuple(rows for rows, _ in clusters)
    verdicts = tuple(Verdict(float(p), Coherence.GOOD, "geometry") for p in rng.uniform(0.5, 1, len(own)).round(4))
    trials = (Trial(2 * len(own), len(own), len(own) // 2),)
    return ((Stratum("", is_chinese=False), Round(sum(map(len, own)), own, verdicts, trials, 0)),)


if __name__ == "__main__":
    main()
