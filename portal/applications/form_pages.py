"""The form of a draft, page by page, whoever fills it in: with an account or without."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Response, jsonify, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, conflicts, drafts, masking, rules, service, shown, view
from portal.applications.assisted import service as assisted
from portal.applications.assisted import view as together
from portal.applications.attachments import service as attachments
from portal.applications.drafts import Sent
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.words import Fault
from portal.applications.rules import PageCrossed, State
from portal.applications.ways import Way
from portal.core import clock
from portal.core.errors import Refusal
from portal.web.i18n import is_language_change, show_time

Answer = str | Redirect | tuple[str, int]
# Names of inputs begin with a letter; these carry what belongs to the page itself.
NOT_ANSWERS = ("csrf_token", "lookup", "row", "section")


def typed_now() -> dict[str, list[str]]:
    """What the form sent, without what the page itself brought."""
    sent = request.form.lists()
    return {name: texts for name, texts in sent if name not in NOT_ANSWERS and not name.startswith("_")}


def sent_page() -> Sent:
    """A page of a draft as the browser sent it."""
    # A script or a page of ours that does not say what was visible had everything visible.
    has_page = "_mine" in request.form
    return Sent(
        typed_now(),
        frozenset(request.form.getlist("_shown")) if has_page else None,
        conflicts.read_marks(request.form.get("_mine", ""), request.form.get("_base", "")),
        overwrite="_overwrite" in request.form,
    )


def own(session: Session, way: Way) -> Application:
    """The case, if it is theirs, as they may see it."""
    case = cases.open_case(session, way.id, owner=cases.owner_of(session, way.actor))
    return masking.for_reader(session, way.actor, case) if way.is_company else case


def whole(session: Session, way: Way, typed: Typed) -> Typed:
    """What was typed, as it is kept: numbers shown with stars are the kept ones."""
    if not way.is_company:
        return typed
    case = cases.open_case(session, way.id, owner=cases.owner_of(session, way.actor))
    return masking.whole(session, way.actor, case, typed)


def _to_keep(session: Session, way: Way, sent: Sent) -> Sent:
    return replace(sent, typed=whole(session, way, sent.typed))


def resume(session: Session, way: Way, after: str = "") -> Redirect:
    """To the list of pages of a long form, else to the first page that is not done, or to the check of the answers;
    *after* a page, on as if it was saved now."""
    case = own(session, way)
    if case.state != State.DRAFT:
        return redirect(way.to("show"), 303)
    if after:
        return redirect(next_address(case, way, after), 303)
    return redirect(way.to("tasks") if case.seen and _is_long(case) else next_address(case, way, ""), 303)


def _is_long(case: Application) -> bool:
    return len(drafts.pages(case)) >= rules.LONG_FORM


def tasks(session: Session, way: Way) -> Answer:
    """All pages with their states, in any order."""
    case = own(session, way)
    if case.state != State.DRAFT:
        return redirect(way.to("show"), 303)
    pages = drafts.pages(case)
    return render_template(
        "applications/tasks.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        tasks=view.tasks_of(case, way.task),
        done=sum(page.state == "done" for page in pages),
        total=len(pages),
        office=assisted.now_with(session, case),
        next_page=next((way.to("step", section=page.section.name) for page in pages if page.state != "done"), None),
    )


def step(session: Session, way: Way, section: str) -> Answer:
    """One topic, one page."""
    case = own(session, way)
    if case.state != State.DRAFT:
        return redirect(way.to("show"), 303)
    if drafts.find_section(case, section).takes_files:
        return redirect(way.documents(section, back=request.args.get("back")), 303)
    return step_page(session, case, way, section, case.typed, {})


def save_step(session: Session, way: Way, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    sent = sent_page()
    try:
        if is_language_change():
            service.autosave(session, way.actor, way.id, section, _to_keep(session, way, sent))
            return redirect(way.to("step", section=section, back=request.args.get("back")), 303)
        if (more := helped(session, way, section, sent.typed)) is not None:
            service.autosave(session, way.actor, way.id, section, _to_keep(session, way, replace(sent, typed=more)))
            return step_page(session, own(session, way), way, section, more, {})
        saved = service.save_sent(session, way.actor, way.id, section, _to_keep(session, way, sent))
    except PageCrossed:
        return _crossed_page(own(session, way), way, section, sent), 409
    case = own(session, way)
    if saved.read.faults:
        return step_page(session, case, way, section, sent.typed, saved.read.faults), 422
    if saved.opened:
        # Without a script nobody saw these questions yet: the page comes again, at the first of them.
        address = way.to("step", section=section, back=request.args.get("back"))
        return redirect(f"{address}#{reading.first_input(saved.opened[0])}", 303)
    return redirect(next_address(case, way, section), 303)


def helped(session: Session, way: Way, section: str, typed: Typed) -> dict[str, list[str]] | None:
    """What was typed after a button that only helps to type, None if none was pressed."""
    lookup, row = request.form.get("lookup", ""), request.form.get("row", "")
    if not (lookup or row):
        return None
    page, _told = drafts.open_section(own(session, way), section)
    return reading.helped(page.fields, typed, lookup=lookup, row=row)


def autosave(session: Session, way: Way) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    sent = _to_keep(session, way, sent_page())
    service.autosave(session, way.actor, way.id, request.form.get("section", ""), sent)
    return jsonify(saved_at=show_time(own(session, way).saved_at))


def check(session: Session, way: Way, seed: str = "") -> Answer:
    """All answers on one page, each with a way to change it."""
    case = own(session, way)
    if case.state != State.DRAFT:
        return redirect(way.to("show"), 303)
    return check_page(session, case, way, seed)


def next_address(case: Application, way: Way, after: str) -> str:
    """The page after *after* in order; where the reader came from a list, back to that list; at the end the check page."""
    pages = drafts.pages(case)
    open_pages = [page.section.name for page in pages if page.state != "done"]
    back = request.args.get("back")
    if after and back == "tasks":
        return way.to("tasks") if open_pages else way.to("check")
    if after and back == "check":
        return way.step(open_pages[0]) if open_pages else way.to("check")
    names = [page.section.name for page in pages]
    rest = names[names.index(after) + 1 :] if after in names else open_pages
    if rest or open_pages:
        return way.to("step", section=(rest or open_pages)[0])
    return way.to("check")


def step_page(
    session: Session, case: Application, way: Way, name: str, typed: Typed, faults: Mapping[str, Fault]
) -> str:
    section, told = drafts.open_section(case, name)
    names = [page.section.name for page in drafts.pages(case)]
    place = names.index(name) if name in names else 0
    return render_template(
        "applications/step.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        section=section,
        fields=shown.show_page(section, told, case, typed, faults),
        facts=shown.facts_of(section, told),
        marks=conflicts.new_marks(case, name),
        today=clock.today(),
        errors=shown.summary_of(faults, section.fields),
        steps=view.steps_of(case, name),
        is_long=_is_long(case),
        office=assisted.now_with(session, case),
        before=way.to("step", section=names[place - 1]) if place else None,
    )


def _crossed_page(case: Application, way: Way, name: str, sent: Sent) -> str:
    """Both versions of a page that two devices wrote, and a choice."""
    section, told = drafts.open_section(case, name)
    read = drafts.read_page(section, told, sent, case.known).read
    return render_template(
        "applications/crossed.html",
        case=case,
        way=way,
        section=section,
        marks=conflicts.new_marks(case, name),
        typed=sent.typed,
        shown=sorted(sent.shown or ()),
        rows=view.both_versions(section, case, read, sent.typed),
        address=way.to("step", section=name, back=request.args.get("back")),
    )


def check_page(session: Session, case: Application, way: Way, seed: str = "", refusal: Refusal | None = None) -> str:
    pages = drafts.pages(case)
    return render_template(
        "applications/check.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        groups=view.groups_of(case),
        missing=[one for one in attachments.asked_of(session, case) if one.is_missing],
        unfinished=[page.section for page in pages if page.state != "done"],
        steps=view.steps_of(case, ""),
        last=pages[-1].section.name,
        seed=seed,
        office=assisted.now_with(session, case),
        sending=together.sending(case) if way.is_assisted else None,
        refusal=refusal,
    )
