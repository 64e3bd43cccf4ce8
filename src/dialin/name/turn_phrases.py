"""Names of turns that state no need, and a few phrases that people say in each.

"Ok" and "acknowledge answer" have no word in common, and an embedder that has learnt needs puts them far apart. So the
name of a turn lies where its phrases lie, not where its own words do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dialin.name.actions import AGENT
from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL

BETWEEN = "/"
"""What stands between phrases."""
_Table = Mapping[tuple[str, str], Mapping[str, str]]

_ENGLISH: _Table = {
    ("", SOCIAL): {
        "say-hello": "hello/hi there/good morning/hey/hello, is anybody there?/good evening, I have a question",
        "say-thanks": "thanks/thank you very much/thank you for your help/great, thanks/I appreciate it/ok, thank you",
        "say-goodbye": "bye/goodbye/have a nice day/see you/thanks, bye/take care",
        "say-sorry": "sorry/sorry about that/oops, sorry/I'm sorry, my mistake/I apologise",
        "decline-more-help": "no, that's all/nothing else, thanks/that's everything/no, that will be all/that was it",
        "decline-offer": "no, thank you/no thanks/thanks, but no",
        "make-small-talk": "how are you?/nice weather today/where are you based?/are you a robot?/what's your name?",
        "express-annoyance": "this is ridiculous/I'm really fed up/that's unacceptable/I've been waiting for ages/"
        "what a terrible service",
        "praise-agent": "you've been very helpful/great service/you're a star/that was the best support I ever had",
    },
    ("", ACKNOWLEDGEMENT): {
        "acknowledge-answer": "ok/okay/alright/got it/I see/fine/understood/ok, will do",
        "say-yes": "yes/yes please/yeah/correct/that's right/sure/yes, it is",
        "say-no": "no/nope/not really/not yet/no, I don't/no, it isn't",
        "wait-moment": "one moment/hold on/let me check/just a second, please/give me a minute/let me have a look",
        "ask-repeat": "pardon?/can you repeat that?/sorry, what did you say?/I didn't catch that/say again, please",
        "accept-offer": "yes, please do that/that works for me/sounds good, go ahead/ok, let's do that/please go ahead",
        "decline-offer": "no, thank you/no thanks/no, I don't want that/"
        "I'd rather not/no, leave it/I'm not interested/that doesn't suit me",
        "decline-more-help": "no, that's all/nothing else, thanks/that's everything/no, that will be all/that was it",
        "express-doubt": "really?/are you sure?/hm, I'm not sure/I don't think so/that can't be right",
        "express-relief": "oh good/phew/great, it works/what a relief/perfect, that's wonderful/it's working now",
    },
    ("", DATA): {
        "provide-number": "48213/it's 7/the number is 552810/three eight two/number 12",
        "provide-order-number": "the order number is 40718/my order is 83-2204/order no. 55120/it's order 7781",
        "provide-name": "my name is Anna Berg/it's under Miller/John Tanner/the name is Okafor/it's Lucy Hart",
        "provide-date": "on the 3rd of May/12 October/next Tuesday/it was last Friday/04-07-1986/the 15th",
        "provide-time": "at half past nine/around 3 pm/10:30/in the evening/before noon",
        "provide-amount": "it was 39.90/200 dollars/about fifty euros/the amount is 75 pounds",
        "provide-address": "14 Mill Lane, Leeds/I live at 8 Oak Street/the address is 220 Park Road/in Glasgow",
        "provide-email-address": "it's anna.berg@mail.example/my email is tom@post.example/j dot hart at mail dot com",
        "provide-phone-number": "my number is 07700 900123/you can reach me on 555 0134/call me at 555-0172",
        "provide-code": "the code is 4471/my reference is QX7R2/it says K20914/code 8830",
        "spell-name": "B, E, R, G/it's spelled O-K-A-F-O-R/S as in Sam, M, I, T, H/with a double T",
        "confirm-details": "yes, that's my address/those details are right/that's the card I used/yes, that's me",
        "send-picture": "here is a photo/I've attached a screenshot/I'm sending you the picture/see the attached photo",
    },
    (AGENT, SOCIAL): {
        "greet-customer": "hello, how can I help you today?/thank you for contacting us, what can I do for you?/"
        "good morning, you're speaking with Marc/welcome to customer support",
        "thank-customer": "thank you for your patience/thanks for waiting/thank you for confirming/"
        "thanks for letting us know/thank you",
        "apologise-for-trouble": "I'm sorry to hear that/sorry for the inconvenience/I apologise for the delay/"
        "we're sorry about this",
        "reassure-customer": "don't worry, we'll sort this out/I understand how you feel/we take this seriously/"
        "you're in good hands",
        "offer-more-help": "is there anything else I can help you with?/can I do anything else for you?/"
        "anything else today?/do you have any other questions?",
        "ask-rating": "please rate our chat/would you leave us a review?/it would be great if you gave me five stars",
        "say-goodbye": "have a great day, goodbye/thank you for calling, bye/take care, goodbye/enjoy your evening",
        "make-small-talk": "how are you today?/I'm fine, thank you/isn't the weather lovely?/that's a beautiful name",
    },
    (AGENT, ACKNOWLEDGEMENT): {
        "acknowledge-request": "sure, I can help with that/of course/certainly/no problem, let me do that/okay/got it",
        "say-yes": "yes/yes, that's right/correct/exactly",
        "ask-patience": "one moment, please/please hold/bear with me/just a second while I check/thanks for holding",
        "check-details": "let me look at your account/I'm checking that for you/I'll pull up your booking/let me see",
        "confirm-details": "I can see your account/I have your details here/that matches our records/found it, thanks",
    },
    (AGENT, DATA): {
        "ask-order-number": "could I have your order number?/what's your booking reference?/which order is it?",
        "ask-name": "may I have your name?/what's your full name, please?/who am I speaking with?",
        "ask-address": "what's your address?/could you confirm your postcode?/where should we send it?",
        "ask-phone-number": "what's the best number to reach you?/may I have your phone number?",
        "ask-email-address": "what's your email address?/which email did you use?/could you confirm your email?",
        "ask-personal-details": "could you confirm your date of birth?/please give me your name and postcode/"
        "I need to verify your identity first",
        "ask-code": "what's the code on the screen?/could you read me the verification code?/which code did you get?",
        "ask-picture": "could you send us a photo?/please upload a screenshot/do you have a picture of it?",
        "ask-date": "which date was that?/when did you buy it?/what day would you like?/for which dates?",
        "ask-time": "at what time?/what time suits you?/when would you like to come?",
        "ask-place": "in which city?/where are you leaving from?/which branch is it?/where would you like to go?",
        "ask-number": "how many do you need?/for how many people?/how many tickets would you like?",
        "provide-phone-number": "their number is 020 7946 0018/you can call them on 555-0143",
        "provide-address": "the address is 14 Mill Lane/they are at 220 Park Road, Leeds",
        "confirm-details": "I can see your account/I have your details here/that matches our records/found it, thanks",
    },
}
_CHINESE: _Table = {
    ("", SOCIAL): {
        "问候-你好": "你好/您好/在吗/有人吗/早上好/喂,你好",
        "感谢-帮助": "谢谢/谢谢你/好的,谢谢/非常感谢/多谢了/辛苦了,谢谢/麻烦你了/好的,麻烦了",
        "告别-再见": "再见/拜拜/那先这样,再见/祝你生活愉快/回头见",
        "致歉-对方": "不好意思/对不起/抱歉,我弄错了/打扰了",
        "谢绝-更多帮助": "没有了/没了/没有其他问题了/没别的事了,谢谢/暂时没有了/就这些",
        "拒绝-提议": "不用了,谢谢/不需要,谢谢/不要了,谢谢",
        "闲聊-日常": "你是机器人吗/你叫什么名字/今天天气真好/你们下班了吗",
        "表达-不满": "你们太差劲了/真是气死我了/等了半天都没人理/什么破服务/太不像话了",
        "夸奖-客服": "你的服务真好/你太专业了/给你五星好评/你真有耐心",
    },
    ("", ACKNOWLEDGEMENT): {
        "回复-收到": "好的/好/嗯/知道了/明白了/行/哦/收到/好吧",
        "回复-是的": "是的/对/对的/没错/嗯,是/是啊/可以",
        "回复-不是": "不是/没有/不对/还没/不行",
        "同意-提议": "那就这样办吧/好的,麻烦你帮我弄/可以,就这么定/行,那你帮我办",
        "拒绝-提议": "不用了/不用了,谢谢/算了吧/我不要/不需要,谢谢/我再考虑考虑",
        "谢绝-更多帮助": "没有了/没了/没有其他问题了/没别的事了,谢谢/暂时没有了/就这些",
        "等待-片刻": "稍等/等一下/我看看/我找一下/稍等,我查查",
        "请求-重复": "什么?/你说什么/没听清/再说一遍/没明白你的意思",
        "表达-疑惑": "真的吗/你确定吗/怎么会这样/不会吧/这是什么意思",
        "表达-放心": "那就好/太好了/可以了,好了/这下放心了/成功了",
    },
    ("", DATA): {
        "提供-号码": "48213/号码是552810/是7号/尾号2208",
        "提供-订单号": "订单号是40718/订单号:832204/单号55120",
        "提供-姓名": "我叫张敏/姓王/登记的是李强/名字是陈小红",
        "提供-日期": "五月三号/10月12日/下周二/上个星期五/15号",
        "提供-时间": "上午九点半/下午三点左右/晚上吧/10点半",
        "提供-金额": "39块9/两百元/大概五十块/一共是75元",
        "提供-地址": "人民路14号/我住在朝阳小区3栋/地址是解放大道220号/在成都",
        "提供-手机号": "我的手机号是13800000000/电话是13900000000/打这个电话找我",
        "提供-邮箱": "邮箱是zhangmin@mail.example/发到这个邮箱",
        "提供-验证码": "验证码是4471/收到的是8830/码是209145",
        "确认-信息": "对,就是这个地址/信息没错/是这张卡/对,是我本人",
        "发送-图片": "我发图片给你/这是截图/照片发过去了/你看下图",
    },
    (AGENT, SOCIAL): {
        "问候-客户": "您好/您好,很高兴为您服务/欢迎致电客服热线/您好,请问有什么可以帮您?/在的",
        "感谢-客户": "感谢您的耐心等待/谢谢您的理解/感谢您的来电/感谢您的支持",
        "致歉-客户": "非常抱歉/给您带来不便,深表歉意/不好意思让您久等了/实在对不起",
        "询问-问题": "有什么问题我可以帮您处理或解决呢?/请问您要咨询什么问题?/请问遇到什么问题了?",
        "询问-其他需求": "请问还有其他可以帮您的吗?/还有别的问题吗?/您看还需要其他帮助吗?",
        "邀请-评价": "麻烦您给个评价/请对我的服务打分/方便的话给个五星好评哦",
        "告别-客户": "感谢您的来电,再见/祝您生活愉快,再见/有问题随时联系我们/那就不打扰您了",
        "安抚-情绪": "您别着急/您放心,我们会处理好的/我理解您的心情/我们会重视您的问题",
        "回复-不客气": "不客气/这是我应该做的/您太客气了/能帮到您就好",
    },
    (AGENT, ACKNOWLEDGEMENT): {
        "回复-收到": "好的/嗯嗯/好的,明白了/收到/嗯,我知道了",
        "回复-是的": "是的/是的呢/对的/没错",
        "请求-稍等": "请您稍等/稍等一下,马上为您查询/请耐心等待一下/正在为您处理,请稍等",
        "核实-信息": "我这边帮您核实一下/我看看您的账户/正在为您查询/帮您看一下",
        "确认-信息": "已经查到您的信息了/信息核对无误/您的资料我看到了",
    },
    (AGENT, DATA): {
        "询问-订单号": "请提供一下订单号/您的订单号是多少?/请问是哪个订单?",
        "询问-姓名": "请问您贵姓?/麻烦报一下姓名/请问怎么称呼您?",
        "询问-地址": "请问您的地址是?/麻烦提供一下收货地址/您住在哪个小区?",
        "询问-手机号": "请问您的手机号码是多少?/麻烦留一个联系电话/请报一下电话号码",
        "询问-验证码": "请把验证码告诉我/您收到验证码了吗?/验证码是多少?",
        "询问-图片": "麻烦您拍张照片/请发一下截图/方便上传图片吗?",
        "询问-日期": "请问是哪一天?/您是什么时候购买的?/您想约哪天?",
        "询问-时间": "请问几点方便?/您想约什么时间?/什么时候方便上门?",
        "询问-数量": "请问要几个?/您需要多少份?/一共几位?",
        "提供-电话": "他们的电话是020-8888000/您可以拨打400热线/这是他们的号码",
        "提供-地址": "地址是人民路14号/他们在解放大道220号",
        "核实-身份": "需要核实一下您的身份/请提供身份证后四位/请问是机主本人吗?",
        "确认-信息": "已经查到您的信息了/信息核对无误/您的资料我看到了/是这个订单吗?",
    },
}
_TABLES: Mapping[str, _Table] = MappingProxyType({"en": _ENGLISH, "zh": _CHINESE})


_BROAD = frozenset(
    {
        *("make-small-talk", "express-annoyance", "express-doubt", "express-relief", "praise-agent"),
        *("accept-offer", "decline-offer", "check-details", "confirm-details", "reassure-customer"),
        *("闲聊-日常", "表达-不满", "表达-疑惑", "表达-放心", "夸奖-客服"),
        *("同意-提议", "拒绝-提议", "核实-信息", "确认-信息", "安抚-情绪"),
    }
)


def turn_names(language: str, role: str, kind: str) -> tuple[str, ...]:
    """Return the names of turns that state no need, which have few words of their own.

    Parameters
    ----------
    language : {"en", "zh"}
        Language of the names.
    role : str
        Who speaks: an agent, or anybody else.
    kind : str
        A kind of `dialin.name.kinds`; "" if it is unknown: the names of all kinds.

    Examples
    --------
    >>> "say-thanks" in turn_names("en", "customer", "social"), turn_names("en", "agent", "answer")
    (True, ())
    """
    own = AGENT if role == AGENT else ""
    found = [names for (who, what), names in _TABLES[language].items() if who == own and kind in {"", what}]
    return tuple(dict.fromkeys(name for names in found for name in names))


def turn_phrases(name: str) -> tuple[str, ...]:
    """Return the phrases that people say in turns of a name, whoever they are; none if it is not a turn's.

    Examples
    --------
    >>> turn_phrases("say-sorry")[:2], turn_phrases("cancel-order")
    (('sorry', 'sorry about that'), ())
    """
    return _PHRASES.get(name, ())


def is_one_turn(name: str) -> bool:
    """Return whether all who say a turn of this name want the same; small talk, doubts and offers are about something.

    What gives or asks for data is not one turn, either: the number may be an order's or a meter's.

    Examples
    --------
    >>> [is_one_turn(name) for name in ("say-thanks", "make-small-talk", "provide-number", "cancel-order")]
    [True, False, False, False]
    """
    return name in _ONE_TURN


def gives_data(name: str) -> bool:
    """Return whether a name is of turns in which somebody gives data: what tells two of them apart is a value.

    Examples
    --------
    >>> gives_data("provide-number"), gives_data("ask-name")
    (True, False)
    """
    return name in _VALUES


def _phrases_of_all() -> Mapping[str, tuple[str, ...]]:
    found = dict[str, list[str]]()
    for table in _TABLES.values():
        for names in table.values():
            for name, phrases in names.items():
                found.setdefault(name, []).extend(phrases.split(BETWEEN))
    return MappingProxyType({name: tuple(dict.fromkeys(phrases)) for name, phrases in found.items()})


_PHRASES = _phrases_of_all()
_ALL = [(who, kind, name) for table in _TABLES.values() for (who, kind), own in table.items() for name in own]
_ONE_TURN = frozenset(name for _, kind, name in _ALL if kind != DATA) - _BROAD
_VALUES = frozenset(name for who, kind, name in _ALL if kind == DATA and who != AGENT)
