"""The vocabulary of actions: first words of Action-Objective labels, and whose acts they usually are.

The namer picks from it, where the backend can constrain decoding; the split into roles reads it (paper §3.1, §3.4). A
user can put another in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from dialin.errors import InputError
from dialin.prompts.templates import LANGUAGES
from dialin.text.script import language_of

CUSTOMER, AGENT = "customer", "agent"
_CUSTOMER_WORDS = (
    "inquire request complain cancel report dispute return change redeem check find search want buy order book "
    "reserve need reset track exchange refund get reject decline accept select update "
    "咨询 查询 申请 投诉 取消 要求 反映 "
    "质疑 退货 退款 修改 兑换 抱怨 预约 催促 求助 购买 想要 报修 更换 追踪 催单"
)
_AGENT_WORDS = (
    "answer confirm provide explain ask offer apologise apologize greet verify schedule notify suggest recommend "
    "inform thank transfer guide propose summarise summarize present clarify "
    "回答 确认 提供 解释 询问 致歉 道歉 问候 核实 安排 "
    "通知 建议 告知 感谢 转接 引导 说明 推荐 介绍 安抚 补偿 答复"
)
_EITHER_WORDS = (
    "acknowledge activate add arrange block call clear close compare connect contact convert copy correct count "
    "create deactivate delete deny describe disable download edit enable end express extend fix follow give "
    "install invite join leave lend like listen locate lock lower make manage measure mention merge move name "
    "open pair pause pay plan play post prepare press print promise raise rate read receive record register "
    "remind remove rename renew repair repeat replace reply restart resume save say schedule sell send set share "
    "show skip snooze solve spell start state stop submit subscribe switch take tell test translate turn unlock "
    "unsubscribe upgrade upload use view visit wait withdraw write "
    "播放 设置 创建 添加 删除 打开 关闭 发送 提醒 停止 搜索 开启 调整 调高 调低 导航 翻译 "
    "联系 拨打 回复 收听 订购 订票 升级 支付 充值 办理 开通 注销 登录 下载 安装 维修 评价 反馈 "
    "表达 等待 催办 描述 同意 拒绝 告别 闲聊 计算 比较 列出 移除 更新 分享 记录 重置 寄送 "
    "领取 变更 绑定 解绑 报名 续订 退订 转账 还款 借款 核对 补发 签收 换货 开具 "
    "查看 讲 玩 煮 点 叫 订 发布 打扫 保存 识别 估算 换算 冻结 解冻 激活 挂失 提现 解释 介绍 停用 恢复 关注 寻找 预约 "
)
ACTION_WORDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_EITHER_WORDS.split(), "")
    | dict.fromkeys(_CUSTOMER_WORDS.split(), CUSTOMER)
    | dict.fromkeys(_AGENT_WORDS.split(), AGENT)
)
"""Action word -> "customer", "agent", or "" where both do it."""


def action_of(label: str) -> str:
    """Return the action word of an Action-Objective label.

    Examples
    --------
    >>> action_of("inquire-refund-status"), action_of("查询-物流进度")
    ('inquire', '查询')
    """
    return label.split("-", 1)[0]


def words_in(language: str, actions: Sequence[str] = ()) -> list[str]:
    """Return the action words of a language, sorted: those in `actions`, or the whole table if `actions` has none.

    Examples
    --------
    >>> words_in("en", ["refund", "退款", "ask"])
    ['ask', 'refund']
    >>> words_in("zh", ["refund", "ask"]) == words_in("zh")
    True
    """
    own = {word for word in actions if language_of([word]) == language}
    return sorted(own or {word for word in ACTION_WORDS if language_of([word]) == language})


def check_actions(actions: Sequence[str]) -> None:
    """Raise InputError where an action is not one word of lower-case Latin letters or of Chinese characters."""
    for word in actions:
        plain = word.isascii() and word.isalpha() and word.islower()
        if not plain and not (word.isalpha() and language_of([word]) == LANGUAGES[1]):
            raise InputError(
                f"an action must be one word in lower case, or of Chinese characters, got {word!r}",
                hint="write 'cancel,ask,退款', say",
            )
