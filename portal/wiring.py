"""One page: which room's event is heard by which room, and what the worker can do."""

from datetime import timedelta
from functools import partial

from portal.accounts import challenges
from portal.accounts.events import CardRegistered, CardWithdrawn, CodeHandedOut, PasswordChanged
from portal.applications import service as applications
from portal.applications.events import (
    ApplicationCompleted,
    ApplicationReady,
    ApplicationRejected,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CompanyApplicationApproved,
    CompanyApplicationSent,
    CorrectionAsked,
    DraftExpiring,
    LetterIssued,
)
from portal.applications.guide import service as guide
from portal.basics import renewing
from portal.basics import service as basics
from portal.basics.events import FactChanged, FactsConfirmed
from portal.cards import service as cards
from portal.cards.events import (
    CardRead,
    CityCardIssued,
    CityCardPinSet,
    CityCardResumed,
    CityCardStopped,
    ServiceChosen,
)
from portal.cards.terminals import service as terminals
from portal.certificates import service as certificates
from portal.certificates.events import (
    CertificateDataTaken,
    CertificateDelivered,
    CertificateHandedOut,
    CertificateNotMade,
    CertificatePaid,
    CertificatePosted,
    CertificateReturned,
    FeeReturned,
    RefundOwed,
    RefundSettled,
)
from portal.certificates.online import asking as certificate_payments
from portal.certificates.online import giving_back as certificate_refunds
from portal.certificates.online import service as online_certificates
from portal.certificates.online import stamping as certificate_stamps
from portal.companies import ending as company_ends
from portal.companies.by_post import desk as company_letters
from portal.companies.events import CompaniesTold, CorporationEnded, CorporationMoved, MailboxTakenOver, MergerUndone
from portal.company_mailbox.mails import service as company_mails
from portal.company_mailbox.post import answering as company_post
from portal.company_mailbox.retention import service as company_retention
from portal.company_mailbox.sendings import receipts as company_receipts
from portal.company_mailbox.sendings import sending as company_sendings
from portal.config import Settings
from portal.core import outbox
from portal.core import work as proof_of_work
from portal.core.crypto import signing_key
from portal.core.events import Listeners, handlers
from portal.core.outbox import Handler, Work
from portal.devices import service as devices
from portal.facts import service as facts
from portal.facts.events import ConsentWithdrawn
from portal.files import service as files
from portal.files.events import MalwareFound
from portal.guidance import service as guidance
from portal.kiosks import fees as kiosk_fees
from portal.kiosks import service as kiosks
from portal.kiosks.fleet import service as fleet
from portal.mailbox import account_news, card_news, certificate_news, partner_news, point_news, visit_news, waiting_news
from portal.mailbox import service as mailbox
from portal.mailbox.alarms import service as alarms
from portal.mailbox.answering import service as answering
from portal.mailbox.batches import service as batches
from portal.mailbox.channels import service as channels
from portal.mailbox.composing import trying
from portal.mailbox.following import service as following
from portal.mailbox.mandates import service as mandates
from portal.mailbox.notify import service as notify
from portal.mailbox.paper import service as paper
from portal.mailbox.retention import service as retention
from portal.mailbox.shelf import service as shelf
from portal.points import e_services, forgetting
from portal.points import nightly as points_nightly
from portal.points import service as points
from portal.points import visits as point_visits
from portal.points.events import (
    AccountsJoined,
    AccountsTakenApart,
    ActivityCancelled,
    ExchangeAsked,
    ExchangeCameBack,
    HoursTakenBack,
    ObjectionAnswered,
    PaidAtPartner,
    PartnerNews,
    PaymentToConfirm,
    PointsCameBack,
    PointsExpiring,
    StepsAnswered,
)
from portal.points.exchange import reconciling, watching
from portal.points.exchange import service as exchange
from portal.points.gifts import giving
from portal.points.health import attendance as attendance_files
from portal.points.health import service as health
from portal.points.ledger import heads, sealing, sweeping
from portal.points.partners import confirming, ending, settling, touching
from portal.points.programmes import debts as point_debts
from portal.points.programmes import service as programmes
from portal.points.volunteering import touching as attendance
from portal.procurement import service as procurement
from portal.procurement.registers.events import LicenceRegistered
from portal.reservations import closing, freed, holding, limits, reminders, together, waiting
from portal.reservations import service as reservations
from portal.reservations.events import (
    BookingCancelled,
    BookingChanged,
    BookingMade,
    OfficeClosed,
    OfficeOpensAfterAll,
    PlaceOffered,
    ProcedureAdded,
    VisitKept,
    VisitNear,
    WaitingEnded,
)
from portal.segments import service as segments
from portal.web import answered, one_time_code, pace, signed_in, throttle, typed_forms
from portal.window import service as window
from portal.window.events import NumberNear
from portal.window.offline import service as offline

LISTENERS: Listeners = {
    ActivityCancelled: (point_news.on_activity_cancelled,),
    CompaniesTold: (company_mails.on_companies_told,),
    CorporationEnded: (procurement.on_corporation_ended,),
    CorporationMoved: (procurement.on_corporation_moved,),
    MailboxTakenOver: (procurement.on_mailbox_taken_over,),
    MergerUndone: (procurement.on_merger_undone,),
    CardRead: (attendance.on_card_read,),
    CardRegistered: (account_news.on_card_registered,),
    CardWithdrawn: (account_news.on_card_withdrawn,),
    CityCardIssued: (card_news.on_city_card_issued,),
    CityCardPinSet: (card_news.on_city_card_pin_set,),
    CityCardResumed: (card_news.on_city_card_resumed,),
    CityCardStopped: (card_news.on_city_card_stopped,),
    ServiceChosen: (points.on_service_chosen,),
    CodeHandedOut: (account_news.on_code_handed_out,),
    PasswordChanged: (account_news.on_password_changed,),
    ApplicationCompleted: (
        points.on_application_completed,
        waiting.on_application_ended,
        guidance.on_application_sent,
    ),
    ApplicationReady: (mailbox.on_application_ready,),
    ApplicationRejected: (reservations.on_application_ended, waiting.on_application_ended),
    ApplicationWithdrawn: (reservations.on_application_ended, waiting.on_application_ended),
    BookingCancelled: (visit_news.on_booking_cancelled,),
    BookingChanged: (visit_news.on_booking_changed, reminders.on_booking_changed),
    BookingMade: (visit_news.on_booking_made, reminders.on_booking_made, waiting.on_booking_made),
    ApplicationSubmitted: (together.on_application_submitted, guidance.on_application_sent),
    CompanyApplicationApproved: (procurement.on_application_approved,),
    CompanyApplicationSent: (procurement.on_application_sent,),
    OfficeClosed: (visit_news.on_office_closed,),
    OfficeOpensAfterAll: (visit_news.on_office_opens_after_all,),
    ProcedureAdded: (visit_news.on_procedure_added,),
    ConsentWithdrawn: (health.on_consent_withdrawn,),
    CorrectionAsked: (mailbox.on_correction_asked,),
    MalwareFound: (applications.on_malware_found,),
    DraftExpiring: (mailbox.on_draft_expiring,),
    FactChanged: (procurement.on_fact_changed,),
    FactsConfirmed: (procurement.on_facts_confirmed,),
    LicenceRegistered: (procurement.on_licence_registered,),
    NumberNear: (visit_news.on_number_near,),
    PlaceOffered: (waiting_news.on_place_offered,),
    LetterIssued: (mailbox.on_letter_issued,),
    CertificateDataTaken: (certificate_news.on_data_taken,),
    CertificateDelivered: (certificate_news.on_delivered,),
    CertificateHandedOut: (certificate_news.on_handed_out,),
    CertificateNotMade: (certificate_news.on_not_made,),
    CertificatePaid: (certificate_news.on_paid,),
    CertificatePosted: (certificate_news.on_posted,),
    CertificateReturned: (certificate_news.on_returned,),
    FeeReturned: (kiosk_fees.on_fee_returned,),
    RefundOwed: (mailbox.on_refund_owed, kiosks.on_refund_owed),
    RefundSettled: (mailbox.on_refund_settled,),
    HoursTakenBack: (point_news.on_hours_taken_back,),
    ObjectionAnswered: (point_news.on_objection_answered,),
    PaymentToConfirm: (point_news.on_payment_to_confirm,),
    ExchangeAsked: (point_news.on_exchange_asked,),
    ExchangeCameBack: (point_news.on_exchange_came_back,),
    PaidAtPartner: (point_news.on_paid_at_partner,),
    PartnerNews: (partner_news.on_partner_news,),
    PointsCameBack: (point_debts.on_points_came_back,),
    PointsExpiring: (point_news.on_points_expiring,),
    StepsAnswered: (point_news.on_steps_answered,),
    AccountsJoined: (point_news.on_accounts_joined,),
    AccountsTakenApart: (point_news.on_accounts_taken_apart,),
    VisitKept: (point_visits.on_visit_kept,),
    VisitNear: (visit_news.on_visit_near,),
    WaitingEnded: (waiting_news.on_waiting_ended,),
}

WORK: dict[str, Handler] = {
    "mailbox.deliver": mailbox.deliver,
    "mailbox.start": mailbox.start_due,
    answering.REMIND: answering.deliver_reminder,
    following.LOOK: following.look,
    paper.GATHER: paper.gather,
    "mailbox.letters.forget-old": paper.forget_old,
    retention.FORGET: retention.forget_old,
    shelf.FORGET: shelf.forget_old,
    "mailbox.mandates.forget-codes": mandates.forget_codes,
    "mailbox.channels.forget-old": channels.forget_old,
    "mailbox.notify.forget-old": notify.forget_old,
    alarms.DELIVER: alarms.deliver,
    batches.DELIVER: batches.deliver,
    batches.COLLECT: batches.collect,
    "mailbox.batches.forget-old": batches.forget_old,
    "web.forget-paces": pace.forget_full,
    "applications.forget-drafts": applications.forget_expired,
    "applications.forget-contents": applications.forget_contents,
    "applications.warn-of-expiry": applications.warn_of_expiry,
    "applications.decide-one": applications.decide_one,
    "guide.forget-lists": guide.forget_expired,
    "certificates.cancel-forgotten": certificates.cancel_forgotten,
    "certificates.end-unpaid": online_certificates.end_unpaid,
    "certificates.forget-files": online_certificates.forget_files,
    "web.forget-sessions": signed_in.forget_ended,
    "web.forget-answers": answered.forget_old,
    "web.forget-tries": throttle.forget_old,
    "web.forget-codes": one_time_code.forget_old,
    "web.forget-typed": typed_forms.forget_old,
    "web.forget-spent-tasks": proof_of_work.forget_old,
    "accounts.forget-challenges": challenges.forget_old,
    "devices.forget-tokens": devices.forget_old,
    "cards.end-of-people-gone": cards.end_of_people_gone,
    "cards.forget-visits": cards.forget_visits,
    "reservations.open-slots": reservations.open_slots,
    "reservations.give-up": reservations.give_up,
    freed.SETTLE: freed.settle,
    "reservations.settle-places": freed.settle_all,
    "reservations.end-waiting": waiting.end_past,
    "reservations.forget-waiting": waiting.forget_ended,
    reminders.REMIND: reminders.remind,
    "reservations.release-lapsed": holding.release_lapsed,
    "reservations.forget-hold-counts": limits.forget_counts,
    "reservations.end-closed": closing.end_closed,
    facts.FORGET: facts.forget_old,
    "guidance.nightly": guidance.begin_nightly,
    "guidance.forget-old": guidance.forget_old,
    guidance.RUN: guidance.run,
    guidance.TELL: guidance.tell,
    guidance.LOOK: guidance.look_at,
    segments.FORGET_LISTS: segments.forget_lists,
    giving.GIVE: giving.give,
    e_services.CARRY_OVER: e_services.carry_over,
    programmes.PAY_UNPAID: e_services.pay_unpaid,
    points_nightly.WARN: points_nightly.warn,
    points_nightly.RANKS: points_nightly.follow_ranks,
    settling.SETTLE: settling.settle,
    touching.FORGET: touching.forget_old,
    confirming.FORGET: confirming.forget_old,
    ending.NIGHT: ending.look_at_contracts,
    sweeping.EXPIRE: sweeping.expire,
    sweeping.RELEASE: sweeping.release_lapsed,
    watching.WATCH: watching.watch,
    company_sendings.DELIVER: company_sendings.deliver,
    company_receipts.COLLECT: company_receipts.collect,
    "companies.sendings.forget-old": company_receipts.forget_old,
    "companies.post.remind": company_post.remind,
    company_ends.LOOK: company_ends.look,
    company_retention.FORGET: company_retention.forget_old,
    "companies.mails.forget-old": company_mails.forget_old,
    forgetting.FORGET: forgetting.forget_old,
    health.FORGET: health.forget_old,
    attendance_files.FORGET: attendance_files.forget_old,
    "volunteering.forget-touches": attendance.forget_old,
    "window.close-days": window.close_days,
    "procurement.remind-of-expiry": procurement.remind_of_expiry,
    "procurement.digest": procurement.digest,
    "procurement.remind-of-ends": procurement.remind_of_ends,
    "basics.remind": basics.remind,
    "companies.letters.end-lapsed": company_letters.end_lapsed,
    "window.forget-offline": offline.forget_old,
    "kiosks.watch": fleet.watch,
    "kiosks.forget-alarms": fleet.forget_old,
}


def work(settings: Settings | None = None) -> dict[str, Work]:
    """Everything the worker knows how to do, by kind of promise."""
    settings = settings or Settings()
    return {
        **WORK,
        **handlers(LISTENERS),
        **channels.errands(settings),
        **notify.errands(settings, company_mails.came_back),
        **trying.errands(settings),
        **batches.errands(settings),
        **company_receipts.errands(settings),
        **company_mails.errands(settings),
        "applications.export": partial(applications.make_export, push=settings.export_dir is not None),
        "applications.push-export": partial(applications.push_export, directory=settings.export_dir),
        procurement.BODY_NEWS: procurement.body_news_errand(settings),
        certificate_payments.ASK: certificate_payments.errand(settings),
        certificate_refunds.REFUND: certificate_refunds.errand(settings),
        certificate_stamps.STAMP: certificate_stamps.errand(settings),
        terminals.DROP: terminals.drop_errand(settings.card_writer_url, lambda: settings.card_writer_token),
        exchange.CARRY: exchange.errand(settings),
        reconciling.COMPARE: reconciling.errand(settings),
        sealing.SEAL: partial(
            sealing.seal, key=signing_key(settings.master, sealing.SIGNING), heads=heads.of(settings)
        ),
        outbox.FORGET: partial(outbox.forget_done, kept=timedelta(days=settings.outbox_days)),
        basics.RENEW: partial(renewing.renew, ring=settings.file_ring),
        files.CHECK_AGAIN: partial(files.check_waiting, ring=settings.file_ring, scan=files.scanner(settings.clamd)),
        notify.CHECK_AGAIN: partial(notify.check_waiting, ring=settings.file_ring, scan=files.scanner(settings.clamd)),
    }
