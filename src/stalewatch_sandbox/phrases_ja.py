"""Japanese names and sentences."""

from __future__ import annotations

from typing import Final

from stalewatch_sandbox.phrases import Phrases

JAPANESE: Final = Phrases(
    families=(
        ("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("田中", "tanaka"), ("伊藤", "ito"),
        ("渡辺", "watanabe"), ("山本", "yamamoto"), ("中村", "nakamura"), ("小林", "kobayashi"), ("加藤", "kato"),
        ("吉田", "yoshida"), ("山田", "yamada"), ("松本", "matsumoto"), ("井上", "inoue"), ("木村", "kimura"),
        ("清水", "shimizu"), ("森", "mori"), ("池田", "ikeda"), ("橋本", "hashimoto"), ("石川", "ishikawa"),
        ("前田", "maeda"), ("藤田", "fujita"), ("岡田", "okada"), ("長谷川", "hasegawa"), ("村上", "murakami"),
        ("近藤", "kondo"), ("遠藤", "endo"), ("坂本", "sakamoto"), ("西村", "nishimura"), ("三浦", "miura"),
    ),
    givens=(
        ("美咲", "misaki"), ("健太", "kenta"), ("陽子", "yoko"), ("大輔", "daisuke"), ("直樹", "naoki"),
        ("由美", "yumi"), ("拓也", "takuya"), ("恵", "megumi"), ("翔太", "shota"), ("真由美", "mayumi"),
        ("和也", "kazuya"), ("智子", "tomoko"), ("誠", "makoto"), ("彩", "aya"), ("隆", "takashi"),
        ("麻衣", "mai"), ("亮", "ryo"), ("久美子", "kumiko"), ("浩二", "koji"), ("里奈", "rina"),
        ("俊介", "shunsuke"), ("千尋", "chihiro"), ("裕子", "yuko"), ("修", "osamu"),
    ),
    person=lambda family, given: f"{family} {given}",
    firsts=(
        ("ひかり", "hikari"), ("あおぞら", "aozora"), ("みなも", "minamo"), ("はるかぜ", "harukaze"),
        ("こもれび", "komorebi"), ("わかば", "wakaba"), ("しらなみ", "shiranami"), ("つきみ", "tsukimi"),
        ("あさぎり", "asagiri"), ("ゆきしろ", "yukishiro"), ("たちばな", "tachibana"), ("かえで", "kaede"),
        ("ほしぞら", "hoshizora"), ("うみねこ", "umineko"), ("そよかぜ", "soyokaze"), ("やまぶき", "yamabuki"),
        ("みずほろ", "mizuhoro"), ("ときわぎ", "tokiwagi"), ("あかつき", "akatsuki"), ("はなみずき", "hanamizuki"),
        ("くもい", "kumoi"), ("なぎさ", "nagisa"), ("いずみの", "izumino"), ("ふじなみ", "fujinami"),
    ),
    trades=(
        ("食品", "foods"), ("物流", "logistics"), ("製薬", "pharma"), ("精機", "precision"), ("電機", "electric"),
        ("建設", "construction"), ("化学", "chemical"), ("鉄道", "rail"), ("商事", "trading"), ("印刷", "printing"),
        ("不動産", "estate"), ("保険サービス", "insurance"), ("自動車部品", "autoparts"), ("繊維", "textile"),
        ("飲料", "beverage"), ("メディカル", "medical"), ("エネルギー", "energy"), ("通信", "telecom"),
    ),
    regions=(
        ("北海道", "hokkaido"), ("東北", "tohoku"), ("北関東", "kitakanto"), ("信越", "shinetsu"),
        ("北陸", "hokuriku"),
        ("東海", "tokai"), ("関西", "kansai"), ("中国", "chugoku"), ("四国", "shikoku"), ("九州", "kyushu"),
    ),
    company=lambda first, trade: f"{first}{trade}",
    deal=lambda company, project: f"{company} ― {project}",
    day=lambda day: f"{day.month}月{day.day}日",
    projects=(
        "基幹システム更改", "販売管理クラウド導入", "経費精算の電子化", "問い合わせ窓口の統合", "工場IoT基盤",
        "データ分析基盤の構築", "電子契約の全社展開", "在庫管理の刷新", "人事労務システム導入", "営業支援ツール導入",
        "ワークフロー電子化", "セキュリティ監視サービス", "グループ会計の統一", "需要予測の実証",
        "コールセンター刷新",
    ),
    renewals=("年間保守の更新", "ライセンス契約の更新", "サポート契約の更新", "クラウド利用契約の更新"),
    titles=(
        "情報システム部 課長", "経営企画部 部長", "業務改革室 室長", "購買部 主任", "経理部 課長", "営業企画部 係長",
        "取締役 管理本部長", "製造部 次長", "総務部 主任", "DX推進室 リーダー", "監査室 課長", "情報システム部 担当",
    ),
    partners=("南風システムズ", "ことりテック", "青葉ソリューションズ", "みちしるべ情報"),
    sources=("展示会", "Webからの問い合わせ", "既存のお客様のご紹介", "セミナー", "パートナー紹介"),
    next_steps={
        "qualification": ("{day}までに初回打ち合わせの候補日をいただく", "{day}に電話で現状を伺う"),
        "first_meeting": ("{day}の初回打ち合わせに向けて会社紹介を準備", "{day}の訪問前に参加者を確認"),
        "discovery": (
            "{day}までに現行業務の流れを整理して共有", "{day}の打ち合わせで課題の優先順位を合意",
            "{day}までに効果の試算を作成",
        ),
        "proposal": (
            "{day}までに見積書の改訂版を提出", "{day}に提案内容を決裁者へ説明", "{day}までに導入計画案を送付",
        ),
        "evaluation": ("{day}の検証結果報告会を準備", "{day}までに評価項目の回答を提出", "{day}に他部署を交えて質疑"),
        "approval": (
            "{day}までに稟議用の資料を補足", "{day}に決裁の見通しを伺う", "{day}までに費用対効果の一枚資料を送付",
        ),
        "negotiation": (
            "{day}までに契約書の修正案を返送", "{day}に支払条件を協議", "{day}の契約締結に向けて最終確認",
        ),
    },
    waiting=("{day}に改めてご連絡", "{day}に別の担当の方へお電話", "{day}に事例資料をお送りして様子を伺う"),
    notes={
        "first_meeting": ("{day} 初回訪問。現状の進め方と困りごとを伺った。次回は関係部署も同席いただける。",),
        "discovery": (
            "{day} 業務の流れを確認。手作業の集計に時間がかかっているとのこと。",
            "{day} 課題の優先順位を整理。来期の予算に間に合わせたい意向。",
        ),
        "proposal": (
            "{day} 提案内容を説明。費用の内訳について質問あり、持ち帰り。",
            "{day} 見積の前提を確認。範囲を二段階に分ける案で合意。",
        ),
        "evaluation": (
            "{day} 検証環境で操作を確認。現場の評価は良好。",
            "{day} 他社との比較表を確認。連携機能が決め手になりそう。",
        ),
        "approval": (
            "{day} 稟議の進み具合を確認。部門長の確認待ち。", "{day} 決裁者からの質問に回答。追加資料を送付予定。",
        ),
        "negotiation": ("{day} 契約条件を協議。検収の時期を調整中。", "{day} 発注書の発行手順を確認。"),
        "qualification": ("{day} 電話で概要を伺った。",),
    },
    agendas={
        "qualification": ("初回のご挨拶と現状のお伺い",),
        "first_meeting": ("会社紹介と現状のお伺い", "困りごとの共有"),
        "discovery": ("課題の整理と優先順位", "現行業務の確認", "効果試算のすり合わせ"),
        "proposal": ("提案内容のご説明", "見積と導入計画の確認"),
        "evaluation": ("検証結果の確認", "評価項目の質疑"),
        "approval": ("稟議資料の確認", "決裁に向けた進め方"),
        "negotiation": ("契約条件の協議", "導入開始までの段取り"),
    },
    facts={
        "need": ("月次の締めを早めたい", "拠点ごとの管理をまとめたい", "属人化した作業を減らしたい"),
        "budget": ("今期予算で確保済み", "来期予算に申請予定", "部門予算の範囲で検討"),
        "timeframe": ("今期中に稼働したい", "来年4月の切り替え", "半年以内に開始"),
        "pain": ("集計に毎月5営業日かかる", "在庫の差異を現場が把握できない", "問い合わせの対応状況が見えない"),
        "impact": (
            "年間およそ1,200時間の手作業", "欠品による機会損失が年2,000万円ほど",
            "回答までに平均3日かかり解約につながる",
        ),
        "decision_process": (
            "部門長、情報システム部、役員会の順に承認", "購買部の審査のあと本部長が決裁", "課長、部長の決裁で完結",
        ),
        "competitors": ("国内パッケージ1社", "自社開発との比較", "海外クラウド2社", "比較対象なし(既存踏襲)"),
        "metrics": ("締め日数を5日から2日へ", "手作業を6割削減", "回答時間を半分に"),
        "decision_criteria": ("既存システムとの連携と費用", "現場の使いやすさと支援体制", "実績と安全性"),
    },
    losses={
        "silent": "お客様からのご返信がなく終了", "budget": "予算が確保できず見送り",
        "priority": "社内の優先順位が変わり見送り",
        "timing": "時期を改めて検討", "competitor": "他社を選定", "no_decision": "現行のまま継続",
    },
)  # fmt: skip
