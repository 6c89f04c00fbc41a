"""The door of the room: choosing people by conditions."""

from portal.segments import asking, conditions, counting, dividing, lists, one_person, rules, saved, sql, words

Condition = conditions.Condition
EVERYBODY = conditions.EVERYBODY
ConditionWrong = rules.ConditionWrong
ListGone = rules.ListGone
FactNotYours = rules.FactNotYours
UNUSABLE = (rules.ListGone, rules.FactNotYours)
Count = rules.Count
Breakdown = counting.Breakdown
Divided = dividing.Divided
Saved = saved.Saved
Answer = one_person.Answer
Asking = asking.Asking

check = conditions.check
simple = conditions.simple
parts_of = conditions.parts_of
as_json = conditions.as_json
of_json = conditions.of_json

ids = sql.ids
MAY_BE_CHOSEN = sql.MAY_BE_CHOSEN
reachable = counting.reachable
count = counting.count
breakdown = counting.breakdown
divided = dividing.divided
shared = dividing.shared
exists = counting.exists
would_get = one_person.would_get

words_of = words.of
lines_of = words.lines

saved_of = saved.of_section
find = saved.find
versions_of = saved.versions
keep = saved.keep
change = saved.change

make_list = lists.make
lists_of = lists.of_section
check_allowed = asking.check
forget_lists = lists.forget_old
FORGET_LISTS = lists.FORGET
