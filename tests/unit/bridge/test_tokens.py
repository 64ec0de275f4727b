"""Estimates of tokens, beside what OpenAI's o200k_base makes of the same texts."""

# ruff: noqa: RUF001
from __future__ import annotations

from ramclouds.bridge.tokens import count_request, estimate_tokens
from tests.harness import each_row

# Counted once with tiktoken's o200k_base.
SAMPLES = {
    "English": (
        78,
        "The water that falls on the hills in spring takes weeks to reach the valley. "
        "Farmers have known this for centuries, and they plan their planting around it."
        " In recent years, however, the snow has melted earlier, and the old calendars "
        "no longer work. A group of researchers has begun to measure the flow in forty "
        "streams, so that they can warn the villages before the fields dry out.",
    ),
    "German": (
        87,
        "Das Wasser, das im Frühling auf die Hügel fällt, braucht Wochen, bis es das "
        "Tal erreicht. Die Bauern wissen das seit Jahrhunderten und richten ihre "
        "Aussaat danach. In den letzten Jahren ist der Schnee jedoch früher "
        "geschmolzen, und die alten Kalender stimmen nicht mehr. Eine Gruppe von "
        "Forschern hat begonnen, den Abfluss in vierzig Bächen zu messen, um die Dörfer"
        " rechtzeitig zu warnen.",
    ),
    "French": (
        84,
        "L'eau qui tombe sur les collines au printemps met des semaines à atteindre la "
        "vallée. Les agriculteurs le savent depuis des siècles et organisent leurs "
        "semailles en conséquence. Ces dernières années, cependant, la neige a fondu "
        "plus tôt et les anciens calendriers ne conviennent plus. Un groupe de "
        "chercheurs a commencé à mesurer le débit de quarante ruisseaux afin de "
        "prévenir les villages à temps.",
    ),
    "Spanish": (
        88,
        "El agua que cae sobre las colinas en primavera tarda semanas en llegar al "
        "valle. Los agricultores lo saben desde hace siglos y planifican la siembra en "
        "función de ello. En los últimos años, sin embargo, la nieve se ha derretido "
        "antes y los antiguos calendarios ya no sirven. Un grupo de investigadores ha "
        "empezado a medir el caudal de cuarenta arroyos para avisar a los pueblos a "
        "tiempo.",
    ),
    "Vietnamese": (
        117,
        "Nước rơi xuống những ngọn đồi vào mùa xuân phải mất nhiều tuần mới chảy đến "
        "thung lũng. Người nông dân đã biết điều này từ hàng trăm năm nay và lên kế "
        "hoạch gieo trồng theo đó. Tuy nhiên, trong những năm gần đây tuyết tan sớm hơn"
        " và lịch cũ không còn đúng nữa. Một nhóm nhà nghiên cứu đã bắt đầu đo dòng "
        "chảy của bốn mươi con suối để kịp thời cảnh báo cho các ngôi làng trước khi "
        "đồng ruộng khô hạn.",
    ),
    "Russian": (
        93,
        "Вода, которая выпадает весной на холмы, доходит до долины только через "
        "несколько недель. Крестьяне знают об этом уже много веков и планируют по ней "
        "посев. Однако в последние годы снег тает раньше, и старые календари больше не "
        "годятся. Группа исследователей начала измерять сток в сорока ручьях, чтобы "
        "вовремя предупреждать деревни, пока поля не высохли.",
    ),
    "Chinese": (
        101,
        "春天落在山上的雨水要过好几个星期才能流到山谷。几百年来农民一直知道这一点，并据此安排播种。"
        "然而近年来积雪融化得更早，旧的历法已经不再适用。一组研究人员开始测量四十条溪流的流量，以便"
        "在田地干涸之前及时提醒各个村庄。他们把数据放在网上，任何人都可以查看，也可以提出问题。",
    ),
    "Japanese": (
        124,
        "春に丘に降った水が谷に届くまでには何週間もかかります。農家の人々は何世紀も前からこのことを"
        "知っていて、それに合わせて種まきの計画を立ててきました。しかし近年は雪が早く解けるようにな"
        "り、昔の暦は役に立たなくなりました。研究者のグループが四十の小川の流量を測り始め、畑が乾く"
        "前に村々に知らせることができるようにしています。",
    ),
    "Korean": (
        108,
        "봄에 언덕에 내린 물이 골짜기에 이르기까지는 몇 주가 걸린다. 농부들은 수백 년 "
        "전부터 이 사실을 알고 있었고 그에 맞추어 파종을 계획해 왔다. 그러나 최근에는 "
        "눈이 더 일찍 녹아서 옛 달력이 더 이상 맞지 않는다. 연구자들은 밭이 마르기 "
        "전에 마을에 미리 알릴 수 있도록 마흔 개의 시내에서 유량을 재기 시작했다.",
    ),
    "Thai": (
        140,
        "น้ำที่ตกลงบนเนินเขาในฤดูใบไม้ผลิใช้เวลาหลายสัปดาห์กว่าจะไหลไปถึงหุบเขา "
        "ชาวนารู้เรื่องนี้มาหลายร้อยปีแล้วและวางแผนการเพาะปลูกตามนั้น อย่างไรก็ตาม "
        "ในช่วงไม่กี่ปีที่ผ่านมาหิมะละลายเร็วขึ้น และปฏิทินเก่าก็ใช้ไม่ได้อีกต่อไป "
        "กลุ่มนักวิจัยได้เริ่มวัดการไหลของลำธารสี่สิบสาย "
        "เพื่อจะได้เตือนหมู่บ้านก่อนที่ทุ่งนาจะแห้งแล้ง",
    ),
    "Arabic": (
        96,
        "يستغرق الماء الذي يهطل على التلال في الربيع أسابيع حتى يصل إلى الوادي. يعرف "
        "المزارعون ذلك منذ قرون ويخططون لزراعتهم على أساسه. لكن الثلج في السنوات "
        "الأخيرة صار يذوب في وقت أبكر، ولم تعد التقاويم القديمة صالحة. بدأت مجموعة من "
        "الباحثين قياس التدفق في أربعين جدولا لكي تنذر القرى قبل أن تجف الحقول.",
    ),
    "Hindi": (
        104,
        "वसंत में पहाड़ियों पर गिरने वाला पानी घाटी तक पहुँचने में कई सप्ताह लेता है। "
        "किसान सदियों से यह जानते हैं और इसी के अनुसार बुवाई की योजना बनाते हैं। लेकिन "
        "हाल के वर्षों में बर्फ पहले पिघलने लगी है और पुराने पंचांग अब काम नहीं आते। "
        "शोधकर्ताओं के एक समूह ने चालीस धाराओं का बहाव मापना शुरू किया है ताकि खेत "
        "सूखने से पहले गाँवों को चेतावनी दी जा सके।",
    ),
    "Python": (
        116,
        """def moving_average(values: list[float], size: int = 5) -> list[float]:
    '''The mean of each window of `size` values.'''
    if size < 1 or size > len(values):
        raise ValueError(f"size must be 1 to {len(values)}, not {size}")
    total = sum(values[:size])
    means = [total / size]
    for i in range(size, len(values)):
        total += values[i] - values[i - size]
        means.append(total / size)
    return means
""",
    ),
}


def test_estimate_is_near_in_every_language_and_in_code() -> None:
    found = {name: (estimate_tokens(text), count) for name, (count, text) in SAMPLES.items()}
    assert {name: e / c for name, (e, c) in found.items() if not 0.65 <= e / c <= 1.35} == {}
    estimated, counted = map(sum, zip(*found.values(), strict=True))
    assert 0.85 <= estimated / counted <= 1.15


@each_row("text", ["a" * 1000, " " * 100_000, "1" * 1000, "\ud800", "🙂" * 100])
def test_odd_texts_have_an_estimate(text: str) -> None:
    assert 0 < estimate_tokens(text + ".") <= len(text) * 2
    assert estimate_tokens("") == 0


def test_request_counts_what_is_sent_and_no_bytes_of_media() -> None:
    def words(text: str) -> int:
        return len(text.split())

    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{} {}"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "one two"}, image]},
        {"role": "assistant", "content": None, "reasoning_content": "x y z", "tool_calls": [call]},
    ]
    tools = [{"type": "function", "function": {"name": "f"}}]
    sent = {"model": "m", "messages": messages}
    assert count_request(sent, tools, words) == (4 + 2 + 2125) + (4 + 3 + 1 + 2) + 5
