"""By what residents look for procedures (topics of life), and which window serves them."""

from collections.abc import Mapping
from enum import StrEnum

from portal.core.words import N_


class Topic(StrEnum):
    """In the order of the catalogue."""

    MOVING = "moving"
    INSURANCE = "insurance"
    CHILDREN = "children"
    SCHOOL = "school"
    CARE = "care"
    MONEY = "money"
    DISASTER = "disaster"
    CARD = "card"
    LIVING = "living"
    BUSINESS = "business"


class WindowKind(StrEnum):
    """What is written above the window, in every ward office."""

    RESIDENT_AFFAIRS = "resident-affairs"
    INSURANCE = "insurance"
    CHILDREN = "children"
    HEALTH = "health"
    WELFARE = "welfare"
    TAX = "tax"
    EDUCATION = "education"
    SUPPORT = "support"
    CARD = "card"
    LIVING = "living"


TOPIC_WORDS: Mapping[Topic, str] = {
    Topic.MOVING: N_("Moving and households"),
    Topic.INSURANCE: N_("Health insurance and pension"),
    Topic.CHILDREN: N_("Pregnancy, birth and children"),
    Topic.SCHOOL: N_("School and studies"),
    Topic.CARE: N_("Care, disability and illness"),
    Topic.MONEY: N_("Taxes, work and worries about money"),
    Topic.DISASTER: N_("Disasters"),
    Topic.CARD: N_("My Number Card"),
    Topic.LIVING: N_("Daily life"),
    Topic.BUSINESS: N_("Running a business"),
}
WINDOW_WORDS: Mapping[WindowKind, str] = {
    WindowKind.RESIDENT_AFFAIRS: N_("Resident registration"),
    WindowKind.INSURANCE: N_("National Health Insurance and pension"),
    WindowKind.CHILDREN: N_("Children and families"),
    WindowKind.HEALTH: N_("Health"),
    WindowKind.WELFARE: N_("Elderly and disabled people"),
    WindowKind.TAX: N_("City taxes"),
    WindowKind.EDUCATION: N_("Schools"),
    WindowKind.SUPPORT: N_("Advice for daily life"),
    WindowKind.CARD: N_("My Number Card"),
    WindowKind.LIVING: N_("Local life and environment"),
}
