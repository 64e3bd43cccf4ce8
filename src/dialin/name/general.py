"""General objectives: what people contact a service about, in words that they may not say themselves.

Somebody who asks for "the nearest cash machine" wants an ATM, and a list of cities is about travel. The words of a
table have no support in the sentences, so they name a cluster only where they lie clearly nearer than its own phrases.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = (
    "account account-balance account-details statement transaction transaction-history spending savings "
    "interest-rate loan mortgage overdraft credit-card debit-card credit-limit credit-score atm pin "
    "card-delivery card-payment cash-withdrawal bank-transfer direct-debit standing-order exchange-rate "
    "foreign-currency fee charge refund payment payment-method payment-date payment-status invoice bill due-date "
    "tax receipt discount coupon gift-card loyalty-points membership subscription plan price quote offer "
    "warranty product product-information availability stock size order order-status shopping-list shopping-cart "
    "delivery delivery-date delivery-address tracking parcel return exchange damaged-item missing-item "
    "wrong-item store opening-hours location address phone-number email-address contact contact-details "
    "customer-service human-agent manager complaint compensation feedback review appointment booking reservation "
    "cancellation schedule meeting calendar event reminder alarm timer date time time-zone holiday weather "
    "weather-forecast traffic directions distance route travel flight flight-status ticket train bus taxi car-rental "
    "hotel luggage boarding-pass visa passport travel-insurance travel-advice restaurant food takeaway recipe "
    "ingredients cooking calories nutrition diet health symptoms doctor prescription medicine vaccination "
    "test-result insurance insurance-policy insurance-claim coverage premium dependent beneficiary accident "
    "proof-of-insurance policy-number car repair maintenance fuel tyre battery parking driving-licence fine "
    "roadside-assistance phone phone-plan sim-card mobile-data roaming signal internet internet-speed wifi "
    "router installation technician outage television channel password username login verification-code identity "
    "identity-document security-question fraud stolen-card lost-item blocked-account privacy personal-details "
    "profile name settings language voice volume brightness notification app app-error website update device "
    "connection software printer file backup computer smart-home light light-color heating temperature socket "
    "vacuum-cleaner coffee-machine cleaning door music song playlist artist lyrics radio podcast audiobook film "
    "game video photo news sport joke story definition translation spelling fact general-knowledge calculation "
    "conversion currency stock-price email text-message phone-call voicemail message social-media post friend "
    "birthday list todo-list note job salary employer leave-request leave-balance application "
    "application-status document form contract signature certificate school course exam library house rent "
    "utility electricity water gas meter-reading moving rubbish-collection permit election benefits pension "
    "donation investment shares crypto-wallet opinion preference recommendation"
)
_CHINESE = (
    "账户 余额 账单 明细 交易记录 消费记录 存款 利率 贷款 房贷 还款 还款日 信用卡 银行卡 额度 征信 取款 取现 "
    "转账 汇款 汇率 外币 手续费 费用 扣费 多扣费 退款 退款进度 到账时间 维修 发货 支付 支付方式 支付失败 发票 收据 "
    "优惠 优惠券 礼品卡 积分 会员 订阅 套餐 价格 报价 保修 商品 商品信息 库存 尺码 订单 订单状态 购物清单 购物车 "
    "物流 快递 配送时间 收货地址 退货 换货 破损 漏发 错发 门店 营业时间 位置 地址 电话号码 邮箱地址 联系人 联系方式 "
    "客服 人工客服 经理 投诉进度 评价 预约 会议 日程 日历 活动 提醒 闹钟 计时器 日期 时间 时区 节假日 天气 天气预报 "
    "路况 路线 距离 旅游 航班 航班状态 机票 火车票 车票 火车 公交 地铁 出租车 租车 酒店 行李 登机牌 签证 护照 "
    "餐厅 美食 外卖 菜谱 食材 烹饪方法 热量 营养 健康 症状 医生 处方 药品 疫苗 检查结果 保险 保单 理赔 保障范围 "
    "保费 受益人 事故 保险证明 保单号 汽车 维修 保养 油耗 轮胎 电池 停车 驾照 罚款 道路救援 手机 话费 流量 "
    "手机卡 漫游 信号 宽带 网速 无线网络 路由器 安装 上门服务 故障 电视 频道 密码 用户名 验证码 身份 证件 "
    "安全问题 诈骗 盗刷 丢失物品 账户冻结 隐私 个人信息 资料 姓名 设置 语言 声音 音量 亮度 通知 应用 软件 网站 "
    "版本 设备 连接 打印机 文件 备份 电脑 智能家居 灯 灯光 灯光颜色 空调 温度 插座 扫地机器人 咖啡 咖啡机 卫生 "
    "门锁 音乐 歌曲 歌单 歌手 歌词 电台 播客 有声书 电影 游戏 视频 照片 新闻 体育比赛 笑话 故事 词义 翻译 拼写 "
    "常识 百科知识 数学题 单位换算 货币 股票 股价 邮件 短信 微信 微博 电话 语音留言 消息 社交媒体 动态 朋友 生日 清单 "
    "待办事项 备忘录 工作 工资 公司 请假 假期余额 申请进度 材料 表格 合同 签名 证书 学校 课程 考试 图书馆 房子 "
    "房租 水电费 电费 水费 燃气费 抄表 搬家 垃圾清运 许可证 社保 公积金 养老金 捐款 投资 基金 理财 看法 喜好"
)
GENERAL_OBJECTIVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"en": tuple(_ENGLISH.split()), "zh": tuple(_CHINESE.split())}
)
"""General objectives by language."""
_DEEDS = (
    "cancellation 取消 修改 更换 更新 升级 开通 注销 登录 下载 充值 激活 挂失 提现 补发 兑换 绑定 "
    "解绑 续订 退订 报名 领取 恢复 冻结 解冻 停用"
)
DEEDS = frozenset(_DEEDS.split())
"""Objectives that are what is done alone: of clusters where people say it of many things, or of none."""
