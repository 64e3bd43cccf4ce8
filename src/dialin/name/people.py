"""People in objectives: whoever waits for a technician wants a repair, and nobody installs one.

A name is about a person only where people do to people what it says: "contact-seller", "投诉-骑手".
"""

from __future__ import annotations

from dialin.name.english import word_set

_ENGLISH = word_set(
    "technician engineer driver courier postman mailman carrier fitter plumber electrician mechanic installer builder "
    "man men woman lady guy bloke chap person people guest visitor neighbour neighbor friend colleague boss staff "
    "employee worker assistant customer client seller buyer shopper user caller agent advisor adviser operator "
    "representative rep team"
)
_CHINESE = tuple(
    word_set(
        "师傅 客户 顾客 用户 商家 卖家 买家 店家 店主 老板 站长 快递员 配送员 送货员 派送员 骑手 小哥 人员 员工 工人 "
        "专员 司机 朋友 同事 家人 亲戚 邻居 老人 孩子 小孩 宝宝 家属 同学 老师 亲亲 小妹 妹子 客官"
    )
)
_DONE = word_set(
    "inquire report contact find call praise rate request book change thank dispute message invite share "
    "查询 咨询 投诉 反馈 联系 转接 评价 拨打 感谢 寻找 添加 邀请 分享 安抚"
)


def is_person(objective: str) -> bool:
    """Return whether an objective is a person.

    Examples
    --------
    >>> [is_person(each) for each in ("delivery-driver", "driver-app", "安装师傅", "师傅电话")]
    [True, False, True, False]
    """
    return objective.rsplit("-", 1)[-1] in _ENGLISH if objective.isascii() else objective.endswith(_CHINESE)


def can_do_to(action: str, objective: str) -> bool:
    """Return whether people do this to a person, if the objective is one.

    Examples
    --------
    >>> can_do_to("install", "technician"), can_do_to("contact", "technician"), can_do_to("install", "router")
    (False, True, True)
    """
    return action in _DONE or not is_person(objective)
