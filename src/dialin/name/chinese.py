"""Chinese words for names: which cut a sentence into runs, and what people say for an action."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialin.name.actions import words_in
from dialin.name.english import word_set
from dialin.name.general import DEEDS

_CUTS = (
    "闺女 姑娘 老婆 老公 儿子 女儿 爸爸 妈妈 先生 女士 小姐 礼拜 周末 呵呵 哈哈 "
    "为什么 怎么样 怎么办 怎么 怎样 什么时候 什么样 什么 多少 多久 多长 几点 几个 哪里 哪儿 哪个 哪些 那个 这个 "
    "那些 这些 这里 那里 是不是 能不能 可不可以 可以 有没有 要不要 会不会 好不好 行不行 一下 一个 一些 一点 帮我 "
    "给我 替我 请你 请问 麻烦 谢谢 你好 您好 我想 我要 我们 你们 他们 她们 它们 咱们 自己 现在 已经 还是 还有 "
    "还没 没有 因为 所以 如果 但是 不过 而且 或者 以及 然后 应该 需要 想要 知道 告诉 能够 能否 是否 可能 关于 "
    "对于 今天 明天 昨天 后天 今晚 明早 早上 晚上 下午 上午 中午 星期 这周 下周 周末 点钟 分钟 小时 时候 的话 "
    "之前 之后 以前 以后 里面 上面 下面 这样 那样 这么 那么 非常 特别 比较 真的 觉得 认为 希望 喜欢 愿意 打算 "
    "问题 情况 事情 发生 当地 东西 办法 方法 一直 总是 为何 如何 哪天 哪年 多大 谁是 有点 最近 附近 所有 任何 全部 "
    "长时间 结果 正在 即将 马上 立刻 继续 开始 嗯 哦 啊 呀 呢 吗 吧 嘛 哈 喂 哎 诶 的 了 着 我 你 您 他 她 它 咱 "
    "是 和 与 也 就 才 又 很 把 被 这 那 谁 么 怎 啥 给 请 在"
)
_SAID = (
    "关闭:关掉 关了 关上 关/打开:开一下 开下 开个/设置:设个 设定 设一个 定个 定一个 设/查看:看看 看一下 看下 "
    "看/查询:查一下 查下 查查 查/搜索:找一下 找到 找找 找/删除:删掉 删了 删/添加:加到 加上 增加 加个 "
    "加/发送:发给 发个 发/购买:买个 买 /预订:预定 订个 定张/播放:放一首 放首 听一下 放 听/更换:换个 换成 "
    "换/修改:改成 改到 改变 改/调高:调大 大声 /调低:调小 小声 降低/取消:不要了 不想要/开启:启动 激活 "
    "开始用/退货:退掉 退回 退/询问:问一下 问下 问/推荐:推荐个/提醒:提醒下/支付:付款 付/催促:催一下 快点 "
    "催/申请:办个 办张/办理:办/投诉:举报/创建:新建 建个 建/调整:调节 调成 调到 调/维修:修理 修/导航:怎么走 "
    "带路/解绑:解除绑定/转账:转钱 打款/回复:回信 回个/翻译:怎么说/讲:讲个 讲一个 讲讲/玩:玩个 玩一/煮:煮一杯 "
    "煮杯 泡一杯/点:点一份 点个 点餐 来一份 来份/叫:叫一辆 叫辆 叫个 打车/发布:发微博 发条 发一条/打扫:清洁 吸尘 "
    "扫地/保存:收藏 存下/换算:等于多少/挂失:丢了 弄丢/恢复:找回/计算:算一下 算算/拨打:打电话 呼叫 打给"
)
_CUES = (
    "查询:多少 什么 几点 几号 哪里 哪儿 哪些 哪个 有没有 怎么样 吗 在哪/咨询:怎么 如何 能不能 可以吗 是不是 "
    "为什么/反馈:坏了 失败 不能 不了 没收到 出错 不好用 不行/投诉:太差 骗 垃圾 气死 多扣 乱扣 "
    "讨厌/设置:叫醒/取消:不用了 停止/查看:有什么 给我看"
)


def _meanings(table: str) -> dict[str, str]:
    lines = (line.partition(":") for line in table.split("/"))
    return {said: action for action, _, words in lines for said in words.split()}


ACTIONS_SAID = _meanings(_SAID)
"""What people say for an action of the table."""
CUES = _meanings(_CUES)
"""Words that tell what a sentence is for, without an action of its own."""
_ASKED = {
    "时间": "多久 多长时间 几天 几小时 几分钟 什么时候 何时 几点 啥时候",
    "费用": "多少钱 收费 手续费 贵不贵",
    "限额": "最多 上限 最高限额",
    "距离": "多远",
    "高度": "多高",
}
MEASURES = "首 辆 趟 封 杯 张 条 份 部 本 场 间 句 篇 段 笔 则 架 支 只 件 款 种 家 位 名 个 些 点 套 项 次 台 集 档"
_MEASURE = "(?:" + "|".join(MEASURES.split()) + ")"
_COUNTED = re.compile(f"[一二两三四五六七八九十几每哪某数多半第0-9]+{_MEASURE}?|[这那]{_MEASURE}|个(?![人性股体])")
_NEITHER = frozenset(
    "都还太得跟从想要让有没未为对到去来说叫再最能个些点里上下前后中内外用做干"
    "以于由向往首辆趟封杯张份成好并等可该更其当不"
)
NOT_FIRST = _NEITHER | frozenset("会号月日年周天次条它某只无刚乱")
"""Characters with which no objective begins."""
NOT_LAST = _NEITHER | frozenset("给设打定放看发找买订开关调加删改换")
"""Characters with which none ends."""
_NOUNS = tuple(
    word_set(
        "小说 传说 做法 用法 用户 用量 用途 对象 对账单 未来 外卖 外币 外套 上衣 下水道 中药 中奖 内存 前台 后台 "
        "能力 能量 成绩 成本 成员 份额 好友 好评 来电 来源 向导 由来 里程 上网 干洗 最高分 可乐 月饼 月票 "
        "年票 年费 年假 日程 日志 日历 会员 会议 会费 周边 号码 天气 条款 条件 无线 外观 公开 首付 "
    )
)
"""Nouns that begin or end with such a character all the same."""
_NO_OBJECTIVES = word_set(
    "显示 说明 表示 提示 发现 出现 发生 觉得 认为 以为 感觉 知道 明白 理解 谅解 记得 忘记 担心 放心 希望 期待 想要 "
    "需要 打算 准备 开始 继续 结束 进行 保持 保证 处于 属于 成为 造成 导致 包括 包含 含有 具有 拥有 存在 符合 允许 "
    "承认 告诉 告知 联系 回复 帮助 帮忙 麻烦 打扰 耽误 辛苦 感谢 欢迎 抱歉 见谅 怠慢 注意 留意 等待 提供 选择 进入 "
    "输入 点击 使用 默认 完毕 搞错 弄错 填错 看错 代替 以及 比如"
)
"""Verbs that no request is about: what they say is in the clause behind them ("显示签收"), or whoever talks does it."""
_RESULTS = frozenset("到完掉见住着过来去起成好错开")
"""Characters that say at the end of a verb what comes of it: 收到."""
_NO_RESULTS = word_set("迟到 报到 签到 入住 居住 支出 往来 意见 预见 罚款")
_NOT_INSIDE = frozenset("来去了着")
"""Characters of a verb: "人来修" is a clause, not a thing."""
ONE_VERB = frozenset("发打听看读写讲坐玩背猜煮查找买卖订点放开关走吃喝拍调设定换改删加办退寄领交收取播穿戴洗")
"""Verbs of one character: before a phrase they are no part of it."""
NEUTRAL = word_set("查询 咨询")
"""Actions that go with all objectives, said or not."""
MIN_SAID = 0.1
"""Share of the sentences with an objective that must say any other action."""
_HAN = re.compile("[\u4e00-\u9fff]+")


def asked_in(text: str) -> set[str]:
    """Return what a sentence asks of whatever it is about.

    Examples
    --------
    >>> asked_in("转账多久到账"), asked_in("查一下余额")
    ({'时间'}, set())
    """
    return {asked for asked, words in _ASKED.items() if any(word in text for word in words.split())}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


_VERBS = _pattern(
    [*(word for word in words_in("zh") if len(word) > 1), *(said for said in ACTIONS_SAID if len(said) > 1)]
)
_WORDS = _pattern(_CUTS.split())


def is_thing_word(word: str) -> bool:
    """Return whether a word can stand in an objective: it is no action, and has no word that every sentence may have.

    Examples
    --------
    >>> [is_thing_word(word) for word in ("账单", "查询", "怎么弄", "给我发", "信用卡")]
    [True, False, False, False, True]
    """
    return _HAN.fullmatch(word) is not None and not (_VERBS.fullmatch(word) or _WORDS.search(word)) and is_whole(word)


def is_whole(phrase: str) -> bool:
    """Return whether a phrase begins and ends as nouns do, and holds no verb.

    Examples
    --------
    >>> [is_whole(phrase) for phrase in ("武侠小说", "想看小说", "外卖订单", "人来修", "明天未来天气")]
    [True, False, True, False, True]
    """
    inside = phrase[1:-1]
    if not _NOT_INSIDE.isdisjoint(inside) and not any(noun in phrase for noun in _NOUNS if set(noun) & _NOT_INSIDE):
        return False
    begins = phrase[0] not in NOT_FIRST or phrase.startswith(_NOUNS)
    return begins and (phrase[-1] not in NOT_LAST or phrase.endswith(_NOUNS))


def is_clipped(name: str) -> bool:
    """Return whether the objective of a name breaks off after a verb, as small models end it.

    Examples
    --------
    >>> [is_clipped(name) for name in ("投诉-骑手走", "修改-地址改", "投诉-骑手态度", "查询-外卖", "find-bike")]
    [True, True, False, False, False]
    """
    return name.endswith(tuple(ONE_VERB | NOT_LAST)) and not name.endswith(_NOUNS)


def can_be_wanted(verb: str) -> bool:
    """Return whether a verb of two characters can be what people contact a service about, without an object.

    Not those with a clause behind them, nor those that end in what comes of an action.

    Examples
    --------
    >>> [can_be_wanted(verb) for verb in ("搬家", "签到", "显示", "收到", "寄出来")]
    [True, True, False, False, False]
    """
    is_result = verb[-1] in _RESULTS and verb not in _NO_RESULTS
    return not is_result and verb not in _NO_OBJECTIVES


REACH, REACH_OF_ONE = 6, 2
"""Characters before and after an objective among which the words for its action stand; those of one character, which
are parts of many other words, are nearer."""
_SAYINGS = [(word, word) for word in words_in("zh") if len(word) > 1] + list(ACTIONS_SAID.items())


_NO_ACTS = re.compile(
    "(?:刚|刚刚|昨天|前天|上次|之前|已经?)(?:购?买|下单|拍)|(?:购?买|下单|拍)[的了]|"
    f"(?:{'|'.join(word for word in words_in('zh') if len(word) > 1)})[号码员器费]"
)
"""What a sentence takes for granted ("刚买的"), and nouns that begin with an action ("识别号")."""
_DONE_ABOUT = word_set("申请 反馈 投诉 催促 要求 确认 询问 提供 说明 解释 通知 安排")


def can_be_about(action: str, objective: str) -> bool:
    """Return whether an action can be about a deed, if the objective is one; people do not change a cancellation.

    Examples
    --------
    >>> can_be_about("咨询", "取消"), can_be_about("设置", "取消"), can_be_about("设置", "闹钟")
    (True, False, True)
    """
    return objective not in DEEDS or action in NEUTRAL or action in _DONE_ABOUT


def implied_by(text: str) -> set[str]:
    """Return the actions that a sentence implies of whatever it is about: "失败" a report."""
    return {action for word, action in CUES.items() if word in text}


def does_to(text: str, objective: str) -> set[str]:
    """Return the actions that a sentence says next to an objective, or implies without one of its own.

    Examples
    --------
    >>> sorted(does_to("打电话说好周一来，洗衣机还没送", "洗衣机")), sorted(does_to("把客厅的灯关掉", "客厅的灯"))
    ([], ['关闭'])
    """
    places = [at.span() for at in re.finditer(re.escape(objective), text)]
    near, beside = (
        "，".join(text[max(start - n, 0) : end + n] for start, end in places) for n in (REACH, REACH_OF_ONE)
    )
    near, beside = _NO_ACTS.sub("，", near), _NO_ACTS.sub("，", beside.replace(objective, "，"))
    return implied_by(text) | {action for said, action in _SAYINGS if said in (near if len(said) > 1 else beside)}


def acts_of(text: str) -> set[str]:
    """Return the actions that a sentence says or implies.

    Examples
    --------
    >>> sorted(acts_of("把闹钟关掉")), sorted(acts_of("取消预约"))
    (['关闭'], ['取消', '预约'])
    """
    text = _NO_ACTS.sub("，", text)
    said = {action for table in (ACTIONS_SAID, CUES) for word, action in table.items() if word in text}
    return said | {word for word in words_in("zh") if len(word) > 1 and word in text}
