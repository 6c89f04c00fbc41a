"""The door of this part: what a company reads and says, and what a body sees of it."""

from portal.company_mailbox.post import answering, attaching, finding, labels, reading, rules, threads, tidying

find = finding.find
asked_of = finding.asked_of
Asked = finding.Asked
tidy = tidying.tidy
tidy_all = tidying.tidy_all
all_found = tidying.all_found
Act = tidying.Act
firm_of = labels.firm_of
NO_FIRM = labels.NO_FIRM
labels_of = labels.of_firm
labels_of_letters = labels.of_letters
add_label = labels.add
remove_label = labels.remove
put_label = labels.put
open_letter = reading.open_letter
letter = reading.find
acts_of = reading.acts_of
settle = answering.settle
remind = answering.remind
talk = threads.talk
write_message = threads.write
waiting_threads = threads.waiting
threads_of_body = threads.of_body
open_thread = threads.open_thread
answer_message = threads.answer
close_thread = threads.close
Talk = threads.Talk
Waits = rules.Waits
FILES_AT_ONCE = rules.FILES_AT_ONCE
Sent = attaching.Sent
NOTHING = attaching.NOTHING
attach = attaching.attach
drop_file = attaching.drop
files_of = attaching.of_cases
open_for_company = attaching.open_for_company
open_for_body = attaching.open_for_body
open_draft = attaching.open_draft
fetched = attaching.fetched
