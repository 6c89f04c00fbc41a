"""Names of the demo city: kanji and kana always belong together, and every family name says it is made up.

A family name is a word for "sample" (見本, 例示, 空想 …) and a usual last sign (田, 川, 﨑 …): 見本田 ミホンダ. Given
names are common ones of three generations. Foreign names are Latin, as the register has them.
"""

Pair = tuple[str, str]


def _pairs(table: str) -> tuple[Pair, ...]:
    """ "花子:ハナコ 一郎:イチロウ" → (("花子", "ハナコ"), …)."""
    return tuple((name, kana) for name, _, kana in (entry.partition(":") for entry in table.split()))


_SAMPLE_WORDS = _pairs(
    "見本:ミホン 例示:レイジ 空想:クウソウ 仮想:カソウ 試作:シサク 模型:モケイ 夢想:ムソウ 雛形:ヒナガタ 架橋:カキョウ "
    "仮名:カメイ 想定:ソウテイ 試験:シケン 架線:カセン 模擬:モギ"
)
_LAST_SIGNS = _pairs(
    "田:ダ 川:ガワ 山:ヤマ 沢:ザワ 野:ノ 原:ハラ 島:ジマ 木:キ 村:ムラ 井:イ 本:モト 﨑:サキ 橋:バシ 澤:ザワ "
    "邊:ベ 瀬:セ 塚:ヅカ 葉:バ"
)
FAMILY = tuple((word + sign, kana + end) for word, kana in _SAMPLE_WORDS for sign, end in _LAST_SIGNS) + _pairs(
    # As real registers have them: 髙, and signs with an ideographic variation selector.
    "髙見本:タカミホン 髙例:タカレイ 葛\U000e0100想:カツソウ 見本辻\U000e0100:ミホンツジ 模邉\U000e0100:モベ"
)

# Given names by generation of birth: before 1955, before 1990, since 1990.
WOMEN = (
    _pairs(
        "和子:カズコ 幸子:サチコ 節子:セツコ 洋子:ヨウコ 弘子:ヒロコ "
        "千代:チヨ キヨ:キヨ 文子:フミコ 久子:ヒサコ 美代子:ミヨコ "
        "静江:シズエ 光子:ミツコ 敏子:トシコ 京子:キョウコ 信子:ノブコ "
        "勝子:カツコ 昭子:アキコ ハル:ハル 富美子:フミコ 孝子:タカコ"
    ),
    _pairs(
        "恵子:ケイコ 由美子:ユミコ 真由美:マユミ 明美:アケミ "
        "久美子:クミコ 裕子:ユウコ 陽子:ヨウコ 智子:トモコ 直美:ナオミ "
        "香織:カオリ 美穂:ミホ 純子:ジュンコ 麻衣:マイ 友美:トモミ "
        "綾:アヤ 奈々:ナナ 千尋:チヒロ 理恵:リエ 恵美:エミ 早苗:サナエ"
    ),
    _pairs(
        "陽菜:ヒナ 結衣:ユイ さくら:サクラ 美咲:ミサキ 葵:アオイ 凛:リン 莉子:リコ 紬:ツムギ 芽依:メイ ひまり:ヒマリ "
        "彩花:アヤカ 七海:ナナミ 楓:カエデ 心春:コハル 杏:アン 咲良:サクラ 柚希:ユズキ 真央:マオ 琴音:コトネ 澪:ミオ"
    ),
)
MEN = (
    _pairs(
        "正雄:マサオ 茂:シゲル 清:キヨシ 進:ススム 勇:イサム "
        "昭一:ショウイチ 三郎:サブロウ 博:ヒロシ 実:ミノル 義雄:ヨシオ "
        "勝:マサル 武:タケシ 弘:ヒロシ 昇:ノボル 稔:ミノル 忠:タダシ 辰夫:タツオ 光男:ミツオ 孝:タカシ 正:タダシ"
    ),
    _pairs(
        "誠:マコト 浩二:コウジ 隆:タカシ 健一:ケンイチ 直樹:ナオキ "
        "哲也:テツヤ 和也:カズヤ 剛:ツヨシ 学:マナブ 亮:リョウ "
        "大輔:ダイスケ 洋平:ヨウヘイ 智:サトシ 淳:ジュン 英樹:ヒデキ "
        "修:オサム 裕介:ユウスケ 拓也:タクヤ 真一:シンイチ 俊介:シュンスケ"
    ),
    _pairs(
        "蓮:レン 湊:ミナト 陽翔:ハルト 樹:イツキ 颯太:ソウタ 悠真:ユウマ 蒼:アオイ 大和:ヤマト 朝陽:アサヒ 翼:ツバサ "
        "翔太:ショウタ 拓海:タクミ 海斗:カイト 涼:リョウ 陸:リク 健太:ケンタ 優斗:ユウト 航:ワタル 律:リツ 奏:カナデ"
    ),
)

# (nationality, language, family names, women, men): Latin spelling and the kana the register adds.
FOREIGN = (
    (
        "中国",
        "zh",
        _pairs("YANGBEN:ヤンベン SHILI:シーリー MOXING:モーシン"),
        _pairs("LI:リー MEI:メイ XIAOYAN:シャオイェン JING:ジン"),
        _pairs("WEI:ウェイ JUN:ジュン HAO:ハオ LEI:レイ"),
    ),
    (
        "韓国",
        "ko",
        _pairs("GYEONBON:キョンボン YESI:イェシ MOHYEONG:モヒョン"),
        _pairs("JIWOO:ジウ MINJI:ミンジ SEOYEON:ソヨン"),
        _pairs("MINJUN:ミンジュン JIHO:ジホ DOYUN:ドユン"),
    ),
    (
        "フィリピン",
        "en",
        _pairs("SAMPLE:サンプル EXAMPLE:エグザンプル SPECIMEN:スペシメン"),
        _pairs("GRACE:グレース ROSE:ローズ ANGELA:アンジェラ"),
        _pairs("MARK:マーク JOHN:ジョン PAUL:ポール"),
    ),
    (
        "ペルー",
        "es",
        _pairs("EJEMPLO:エヘンプロ MUESTRA:ムエストラ MODELO:モデーロ"),
        _pairs("LUCIA:ルシア CARMEN:カルメン ELENA:エレーナ"),
        _pairs("CARLOS:カルロス JORGE:ホルヘ LUIS:ルイス"),
    ),
    (
        "ブラジル",
        "pt",
        _pairs("EXEMPLO:エゼンプロ AMOSTRA:アモストラ FICTICIO:フィクチシオ"),
        _pairs("ANA:アナ BEATRIZ:ベアトリス JULIA:ジュリア"),
        _pairs("PEDRO:ペドロ RAFAEL:ラファエル BRUNO:ブルーノ"),
    ),
)
