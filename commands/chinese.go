package commands

import "silkwire/bot"

// simplifiedChinese is the tag of the language that the descriptions ship in besides
// English.
const simplifiedChinese = "zh-CN"

// chinese are the summaries of commands, by their paths, and of options, by the path, a
// slash and the name. What is shared has one entry, "/" and the name.
var chinese = map[string]string{
	"ask":                        "用自己的话提问，了解中国人工智能",
	"ask/question":               "您的问题，中英文均可",
	"lab":                        "关于某个实验室、公司或模型的已知信息",
	"policy":                     "关于出口管制等政策的已知信息",
	"about":                      "关于任何事物的已知信息：芯片、主题、地点、人物",
	"/name":                      "名称，中英文均可",
	"/asof":                      "过去的某一天，如 2025-05-01：当时的情况",
	"ticker":                     "某只股票与中国人工智能的关系及其价格",
	"ticker/symbols":             "一个或多个股票代码或公司名称；留空则为您关注的",
	"compare":                    "并排比较两个实验室、公司或模型",
	"compare/first":              "一个名称",
	"compare/second":             "另一个名称",
	"exposure":                   "哪些股票因中国人工智能受益或受损，以及原因",
	"exposure/direction":         "benefits（受益）、hurt（受损）或 mixed（兼有）",
	"exposure/if":                "一种变化，例如“China bans H20”",
	"market":                     "行情一览：所有已知价格及其时间",
	"timeline":                   "按时间排列的事件，可限定某个名称",
	"timeline/topic":             "名称，中英文均可",
	"timeline/since":             "起始日期，如 2024 或 2024-10-31",
	"timeline/until":             "截止日期",
	"/page":                      "长列表的第几页",
	"/chart":                     "附图表",
	"changes":                    "自您上次查看或某日以来，新增、更正或撤回了什么",
	"changes/topics":             "名称或股票代码，用逗号分隔",
	"changes/since":              "起始日期，如 2024 或 2024-10-31",
	"changes/revision":           "从哪个修订之后开始",
	"curate":                     "维护事实：添加、修改、撤回、关联、撤销、历史、缺口与审阅",
	"curate add":                 "添加一条事实，先查看相近的事实",
	"curate edit":                "修改一条事实的字段",
	"curate retire":              "撤回一条事实并说明理由",
	"curate relate":              "说明一条事实与另一条的关系",
	"curate relate/how":          "supports（支持）、qualifies（限定）、disputes（质疑）或 supersedes（取代）",
	"curate relate/other":        "另一条事实的编号",
	"curate alias":               "为一个名称添加另一种写法",
	"curate alias/entity":        "已知的名称",
	"curate alias/add":           "另一种写法",
	"curate alias/sort":          "name、nickname、person、product、chinese 或 pinyin",
	"curate undo":                "撤销某个修订所做的更改",
	"curate undo/revision":       "修订编号，见历史",
	"curate review":              "人们提议为事实或指有误的内容，以及相近的事实",
	"curate approve":             "批准另一位维护者准备的更改",
	"/new":                       "若上面有新名称：它是什么",
	"/tickers":                   "它涉及的股票代码，用逗号分隔",
	"digest":                     "本会话的新消息摘要：每天早上，或随时",
	"feed":                       "关注订阅源，供维护者查看：add、list、remove、review、log",
	"feed add":                   "关注一个订阅源（RSS、Atom、JSON Feed）、某网页的订阅源或 OPML 列表",
	"feed add/address":           "订阅源、其网页或 OPML 列表的地址",
	"feed list":                  "所关注的订阅源及其状况",
	"feed remove":                "不再关注某个订阅源",
	"feed remove/feed":           "其编号、名称或地址，见 /feed list",
	"feed review":                "订阅源中等待维护者处理的条目",
	"feed log":                   "每个条目的去向：proposed（已提议）、seen before（见过）、no known name（无已知名称）、too old（太旧）",
	"feed log/feed":              "其编号、名称或地址，见 /feed list",
	"digest subscribe":           "在此订阅摘要",
	"digest subscribe/often":     "daily（每天）、weekly（每周）或 live（随时，每 15 分钟最多一条）",
	"digest subscribe/at":        "时刻，如 08:30；live 不需要",
	"digest subscribe/days":      "weekdays（工作日），或如 mon,thu；留空则每天，weekly 为星期一",
	"digest subscribe/topics":    "名称或股票代码，用逗号分隔；留空则全部",
	"digest subscribe/empty":     "没有新消息时：silence（不发）或 say（说明没有）",
	"digest change":              "更改一个摘要：时间、时区、话题",
	"digest change/id":           "/digest list 所列的编号；有多个时需要",
	"digest change/often":        "daily（每天）、weekly（每周）或 live（随时，每 15 分钟最多一条）",
	"digest change/at":           "时刻，如 08:30；live 不需要",
	"digest change/days":         "weekdays（工作日），或如 mon,thu；留空则每天，weekly 为星期一",
	"digest change/topics":       "名称或股票代码，用逗号分隔；留空则全部",
	"digest change/empty":        "没有新消息时：silence（不发）或 say（说明没有）",
	"/ping":                      "服务器管理员专用：要提醒的身份组（提及或编号），或 none",
	"digest subscribe/channel":   "服务器管理员专用：另一个频道（提及、#名称或编号）",
	"digest list":                "在此订阅的摘要",
	"digest preview":             "摘要现在会说什么",
	"digest pause":               "暂停一个摘要",
	"digest resume":              "恢复已暂停的摘要",
	"digest stop":                "取消一个摘要",
	"digest log":                 "每份摘要的结果：应发、已发、放弃及原因",
	"digest preview/id":          "/digest list 所列的编号；有多个时需要",
	"digest pause/id":            "/digest list 所列的编号；有多个时需要",
	"digest resume/id":           "/digest list 所列的编号；有多个时需要",
	"digest stop/id":             "/digest list 所列的编号；有多个时需要",
	"watch":                      "某个股票代码或话题有任何变化时，私下通知您",
	"watch/topics":               "名称或股票代码，用逗号分隔",
	"watch list":                 "您关注的内容",
	"watch stop":                 "从关注列表中移除",
	"watch stop/topics":          "您关注的名称或代码，或 all 表示全部",
	"settings curators":          "设定本服务器中谁可以维护事实，以及在哪里通知他们",
	"settings curators/add":      "成员或身份组（提及或编号），今后可以修改事实",
	"settings curators/remove":   "今后不再可以的成员或身份组",
	"settings curators/told":     "here、none 或频道编号：有待处理内容时在哪里通知维护者",
	"settings approval":          "设定每项更改是否须由第二位维护者批准",
	"settings approval/approval": "second（需要）或 none（不需要）",
	"curate refuse":              "拒绝一项提议或报告，理由会告诉其作者",
	"/draft":                     "其中一项提议",
	"Propose as a fact":          "请维护者看看这条消息是否值得成为事实",
	"proposals":                  "您提议的事实或指有误的回答后来怎样了",
	"curate gaps":                "没有答案的问题，最常问的在前，以及如何处理",
	"curate gaps/question":       "其中一个问题",
	"curate gaps/forget":         "从列表中移除",
	"curate history":             "最近的修订，或某条事实的修订",
	"/id":                        "事实的编号，见其证据行末尾",
	"/why":                       "理由，会记入更改日志",
	"/statement":                 "用自己的话写的一个陈述，最多 280 个字符",
	"/kind":                      "event（事件）、figure（数字）、claim（主张）或 assessment（评估）",
	"/about":                     "关于什么，主要名称在前，用逗号分隔",
	"/source":                    "网页地址，或发布者",
	"/grade":                     "来源的可靠程度：primary、expert、press 或 secondary",
	"/whose":                     "是谁的主张或评估",
	"/mentions":                  "还提到了什么，用逗号分隔",
	"/tells":                     "说明对象的哪一方面，如 price、release、licence",
	"/from":                      "何时发生或开始成立",
	"/until":                     "何时不再成立",
	"/publisher":                 "来源的发布者",
	"/title":                     "来源的标题",
	"/dated":                     "来源的日期",
	"/asks":                      "它所回答的问题，用分号分隔",
	"facts":                      "按关键词查找事实，或按主题列出全部",
	"facts/words":                "要查找的关键词",
	"fact":                       "一条事实及其证据和相关事实",
	"fact/id":                    "事实的编号，见其证据行末尾",
	"sources":                    "事实的来源及其可靠程度",
	"silkwire":                   "silkwire 是什么、事实有多新、隐私说明",
	"silkwire privacy":           "保存了关于人的哪些信息、保存多久、如何被遗忘",
	"settings":                   "谁能看到回复、谁可以提问、时区，以及您自己的设置",
	"settings visibility":        "设定本会话中谁能看到回复",
	"settings who":               "设定本会话中谁可以提问",
	"settings who/who":           "everyone、curators、nobody、default，或提及成员和身份组",
	"settings channels":          "设定本服务器中哪些频道可以使用 silkwire",
	"settings channels/channels": "频道（提及或编号），或 all 表示全部",
	"settings zone":              "设定本会话的时区",
	"settings mine":              "设定谁能看到您的提问，以及您的时区，处处有效",
	"/visibility":                "谁能看到回复：private（仅自己）、public（所有人）或 default",
	"/zone":                      "时区，如 Asia/Shanghai，或 default",
	"/everywhere":                "对整个服务器生效，而不仅是这里",
	"help":                       "可以问什么，附示例",
	"help/command":               "命令名称",
	"Check with silkwire":        "查证这条消息所说的内容",
}

// withChinese gives the commands their Chinese summaries.
func withChinese(all []bot.Command) []bot.Command {
	for i := range all {
		localize(&all[i], all[i].Name)
	}
	return all
}

func localize(c *bot.Command, path string) {
	c.Local = inChinese(path)
	for i := range c.Options {
		o := &c.Options[i]
		if o.Local = inChinese(path + "/" + o.Name); o.Local == nil {
			o.Local = inChinese("/" + o.Name)
		}
	}
	for i := range c.Subcommands {
		localize(&c.Subcommands[i], path+" "+c.Subcommands[i].Name)
	}
}

func inChinese(key string) map[string]string {
	if s, ok := chinese[key]; ok {
		return map[string]string{simplifiedChinese: s}
	}
	return nil
}
