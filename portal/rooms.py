"""The one list that knows every room with pages or calls, in the order their doors are opened."""

from portal.accounts import bridge_api as accounts_bridge
from portal.accounts import card_routes as accounts_card
from portal.accounts import desk_routes as accounts_desk
from portal.accounts import password_routes as accounts_password
from portal.accounts import routes as accounts
from portal.applications import catalogue_routes as applications_catalogue
from portal.applications import guest_routes as applications_guests
from portal.applications import routes as applications
from portal.applications.assisted import correction_routes as applications_assisted_corrections
from portal.applications.assisted import person_routes as applications_assist
from portal.applications.assisted import routes as applications_assisted
from portal.applications.attachments import routes as applications_files
from portal.applications.casework import api as applications_api
from portal.applications.casework import bulk_routes as applications_bulk
from portal.applications.casework import letter_routes as applications_letters
from portal.applications.casework import opinion_routes as applications_opinions
from portal.applications.casework import routes as applications_review
from portal.applications.firms import routes as applications_firms
from portal.applications.guide import routes as guide
from portal.applications.guide import staff_routes as guide_preview
from portal.applications.guide import together_routes as guide_together
from portal.applications.signatures import routes as applications_signature
from portal.basics import routes as basics
from portal.cards import api as cards_api
from portal.cards import content_routes as card_contents
from portal.cards import desk_routes as cards_desk
from portal.cards import log_routes as card_log
from portal.cards import rank_api as card_ranks
from portal.cards import routes as cards
from portal.cards.terminals import api as terminals_api
from portal.cards.terminals import routes as terminals
from portal.certificates import electronic_routes as certificate_data
from portal.certificates import key_routes as certificate_keys
from portal.certificates import routes as certificates
from portal.certificates import settle_routes as certificates_settle
from portal.certificates.counter import routes as certificate_counter
from portal.certificates.online import routes as certificates_online
from portal.certificates.posting import routes as certificate_post
from portal.companies import delegation_routes as company_delegations
from portal.companies import register_routes as corporations
from portal.companies import routes as companies
from portal.companies import sign_in_routes as company_sign_in
from portal.companies import sole_routes as sole_business
from portal.companies.branches import routes as branches
from portal.companies.by_post import routes as by_post
from portal.companies.by_post import staff_routes as by_post_desk
from portal.company_mailbox.mails import routes as company_mails
from portal.company_mailbox.post import grant_routes as company_grants
from portal.company_mailbox.post import list_routes as company_lists
from portal.company_mailbox.post import routes as company_post
from portal.devices import routes as devices
from portal.facts import routes as facts
from portal.guidance import routes as guidance
from portal.guidance import staff_routes as guidance_staff
from portal.guidance import why_routes as guidance_why
from portal.guidance.vaccination import routes as vaccination
from portal.home import routes as home
from portal.kiosks import api as kiosks
from portal.kiosks import machine_api as kiosk_machines
from portal.kiosks import number_api as kiosk_numbers
from portal.kiosks import paper_api as kiosk_paper
from portal.kiosks import person_api as kiosk_people
from portal.kiosks.fleet import closing_routes as kiosk_closing
from portal.kiosks.fleet import routes as kiosk_fleet
from portal.mailbox import api as mailbox_api
from portal.mailbox import routes as mailbox
from portal.mailbox.alarms import routes as alarms
from portal.mailbox.answering import desk_routes as answers_desk
from portal.mailbox.answering import routes as answering
from portal.mailbox.channels import contact_routes as channel_contacts
from portal.mailbox.channels import routes as channels
from portal.mailbox.composing import figure_routes as composing_figures
from portal.mailbox.composing import file_routes as composing_files
from portal.mailbox.composing import library_routes as composing_library
from portal.mailbox.composing import routes as composing
from portal.mailbox.keeping import routes as keeping
from portal.mailbox.mandates import desk_routes as mandates_desk
from portal.mailbox.mandates import routes as mandates
from portal.mailbox.notify import document_routes as notify_documents
from portal.mailbox.notify import routes as notify
from portal.mailbox.notify import staff_routes as notify_keys
from portal.mailbox.paper import routes as paper
from portal.mailbox.shelf import routes as shelf
from portal.mydata import routes as mydata
from portal.oversight import routes as oversight
from portal.points import cost_routes as points_costs
from portal.points import past_routes as points_past
from portal.points import routes as points
from portal.points.exchange import routes as exchange
from portal.points.exchange import staff_routes as exchange_staff
from portal.points.family import routes as family
from portal.points.gifts import routes as gifts
from portal.points.health import attendance_routes as attendance_files
from portal.points.health import routes as health
from portal.points.health import staff_routes as health_staff
from portal.points.joining import routes as point_joins
from portal.points.paper import routes as paper_codes
from portal.points.paper import staff_routes as paper_sheets
from portal.points.partners import api as partner_api
from portal.points.partners import change_routes as partner_changes
from portal.points.partners import confirm_routes as payments
from portal.points.partners import contract_routes as shop_contract
from portal.points.partners import coupon_api
from portal.points.partners import place_routes as shop_places
from portal.points.partners import shop_routes as shops
from portal.points.partners import staff_routes as partners_staff
from portal.points.programmes import figure_routes as points_figures
from portal.points.programmes import routes as programmes
from portal.points.recognition import routes as recognition
from portal.points.spending import desk_routes as coupon_desk
from portal.points.spending import routes as spending
from portal.points.volunteering import city_routes as volunteering_city
from portal.points.volunteering import host_routes as hosting
from portal.points.volunteering import routes as volunteering
from portal.points.volunteering import staff_routes as volunteering_staff
from portal.procurement import grade_routes as procurement_grades
from portal.procurement import open_routes as procurement_open
from portal.procurement import routes as procurement
from portal.procurement import staff_routes as procurement_desk
from portal.procurement.clarifying import desk_routes as clarifying_desk
from portal.procurement.clarifying import routes as clarifying
from portal.procurement.company_news import desk_routes as company_news
from portal.procurement.filings import routes as filings
from portal.procurement.grades import api as grades_api
from portal.procurement.grades import desk_routes as objections
from portal.procurement.grades import file_routes as grade_files
from portal.procurement.history import desk_routes as procurement_history
from portal.procurement.history import routes as procurement_statistics
from portal.procurement.letters import api as company_notices
from portal.procurement.letters import inbox_routes as company_letters_inbox
from portal.procurement.letters import routes as company_letters
from portal.procurement.once import company_routes as once_company
from portal.procurement.once import grant_routes as once_grants
from portal.procurement.once import routes as once
from portal.procurement.papers import desk_routes as papers_desk
from portal.procurement.papers import routes as papers
from portal.procurement.registers import api as registrations_api
from portal.procurement.registers import desk_routes as registrations_desk
from portal.procurement.registers import public_routes as registrations_public
from portal.procurement.registers import routes as registrations
from portal.procurement.results import desk_routes as results_desk
from portal.procurement.sealed import desk_routes as sealed_desk
from portal.procurement.sealed import routes as sealed
from portal.procurement.searches import routes as tender_searches
from portal.reservations import attendance_routes as reservations_attendance
from portal.reservations import day_routes as reservations_days
from portal.reservations import phone_routes as reservations_phone
from portal.reservations import routes as reservations
from portal.reservations import visit_routes as reservations_visits
from portal.reservations import waiting_routes as reservations_waiting
from portal.residents import routes as residents
from portal.segments import routes as segments
from portal.staff import member_routes as staff_member
from portal.staff import password_routes as staff_password
from portal.staff import routes as staff
from portal.web import pages
from portal.web.room import Room
from portal.window import crowd_routes as window_crowd
from portal.window import desk_routes as window_desk
from portal.window import reception_routes as window_reception
from portal.window import routes as window
from portal.window import statistics_routes as window_figures
from portal.window.offline import routes as window_offline

ROOMS: tuple[Room, ...] = (
    pages.room,
    residents.room,
    facts.room,
    staff.room,
    staff_member.room,
    staff_password.room,
    accounts.room,
    accounts_password.room,
    accounts_card.room,
    accounts_bridge.room,
    accounts_desk.room,
    devices.room,
    cards.room,
    cards_desk.room,
    card_log.room,
    cards_api.room,
    card_ranks.room,
    card_contents.room,
    terminals.room,
    terminals_api.room,
    applications.room,
    applications_guests.room,
    applications_review.room,
    applications_bulk.room,
    applications_opinions.room,
    applications_letters.room,
    applications_firms.room,
    applications_api.room,
    applications_catalogue.room,
    applications_assist.room,
    applications_assisted.room,
    applications_assisted_corrections.room,
    applications_files.room,
    applications_files.staff_room,
    applications_signature.room,
    applications_signature.staff_room,
    guide.room,
    guide_together.room,
    guide_preview.room,
    reservations.room,
    reservations_waiting.room,
    reservations_attendance.room,
    reservations_visits.room,
    reservations_phone.room,
    reservations_days.room,
    window.room,
    window_desk.room,
    window_reception.room,
    window_figures.room,
    window_crowd.room,
    window_offline.room,
    certificates.room,
    certificate_keys.room,
    certificate_data.room,
    certificates_settle.room,
    certificates_online.room,
    certificate_post.room,
    certificate_counter.room,
    points.room,
    coupon_desk.clash_room,
    spending.room,
    programmes.room,
    points_figures.room,
    points_costs.room,
    points_past.room,
    gifts.room,
    point_joins.room,
    volunteering.room,
    hosting.room,
    volunteering_staff.room,
    volunteering_city.room,
    recognition.room,
    recognition.desk,
    health.room,
    health_staff.room,
    attendance_files.room,
    coupon_desk.room,
    shops.room,
    partners_staff.room,
    partner_changes.room,
    shop_contract.room,
    shop_places.room,
    payments.room,
    partner_api.room,
    coupon_api.room,
    exchange.room,
    exchange_staff.room,
    family.room,
    paper_codes.room,
    paper_codes.desk,
    paper_sheets.room,
    segments.room,
    mailbox.room,
    answering.room,
    answers_desk.room,
    keeping.room,
    shelf.room,
    mandates.room,
    mandates_desk.room,
    mailbox_api.room,
    alarms.room,
    composing.room,
    composing_library.room,
    composing_figures.room,
    composing_files.room,
    channels.room,
    channel_contacts.room,
    paper.room,
    notify.room,
    notify.services,
    notify.gateways,
    notify_keys.room,
    notify_documents.room,
    guidance.room,
    vaccination.room,
    guidance_staff.room,
    guidance_why.room,
    kiosks.room,
    kiosk_machines.room,
    kiosk_people.room,
    kiosk_paper.room,
    kiosk_fleet.room,
    kiosk_closing.room,
    kiosk_numbers.room,
    companies.room,
    company_sign_in.room,
    company_delegations.room,
    corporations.room,
    company_lists.room,
    branches.room,
    by_post.room,
    by_post_desk.room,
    sole_business.room,
    company_post.room,
    company_grants.room,
    company_mails.room,
    basics.room,
    procurement.room,
    procurement_desk.room,
    results_desk.room,
    procurement_grades.room,
    grade_files.room,
    grades_api.room,
    objections.room,
    clarifying.room,
    clarifying_desk.room,
    procurement_open.room,
    papers.room,
    papers_desk.room,
    filings.room,
    company_news.room,
    registrations_public.room,
    once_grants.room,
    sealed.room,
    sealed_desk.room,
    procurement_statistics.room,
    procurement_history.room,
    tender_searches.room,
    once.room,
    once_company.room,
    registrations.room,
    registrations_desk.room,
    registrations_api.room,
    company_letters.room,
    company_letters_inbox.room,
    company_notices.room,
    mydata.room,
    oversight.room,
    home.room,
)
