"""The names of the city card: application, roles, data objects, files. card_reader/README.md says what they mean."""

from __future__ import annotations

from enum import IntEnum

AID = bytes.fromhex("F01210024F4D41544F4D4501")  # F0 (unregistered), city code 121002, "OMATOME", layout 01
CARD_ID_LENGTH = 10
GENERATION_STEP = 0x20  # the next keys of a role have its KVN + 20, those after them KVN + 40
GENERATIONS = 3


class Role(IntEnum):
    """Who holds a key set; the value is the key version number (KVN) of its first generation."""

    ISSUER = 0x10
    LIBRARY = 0x11
    SPORTS = 0x12
    FACILITY = 0x13
    POINTS = 0x14
    AMBULANCE = 0x15
    SHELTER = 0x16
    PORTAL = 0x17
    WRITER = 0x21


KVNS = {role + generation * GENERATION_STEP: role for generation in range(GENERATIONS) for role in Role}


class Service(IntEnum):
    """The data objects of the services by tag."""

    LIBRARY = 0xFF61
    SPORTS = 0xFF62
    FACILITY = 0xFF63
    POINTS = 0xFF64
    EMERGENCY = 0xFF65
    SHELTER = 0xFF66
    PORTAL = 0xFF67


OWN_SERVICE = {
    Role.LIBRARY: Service.LIBRARY,
    Role.SPORTS: Service.SPORTS,
    Role.FACILITY: Service.FACILITY,
    Role.POINTS: Service.POINTS,
    Role.AMBULANCE: Service.EMERGENCY,
    Role.SHELTER: Service.SHELTER,
    Role.PORTAL: Service.PORTAL,
}

# Files of the application.
BASICS = 0x0001
HOLDER_PIN = 0x0011
LOG = 0x00F1
PIN_TRIES = 3
PIN_LENGTH = 4

# Fields of a service object.
ID, STATUS, ISSUED, EXPIRES, VERSION, ISSUER, TRANSACTION, PAYLOAD = (
    0xDF01, 0xDF02, 0xDF03, 0xDF04, 0xDF05, 0xDF06, 0xDF08, 0xDF09,
)  # fmt: skip
# What a terminal says of itself for the log.
VISIT_TIME, VISIT_TERMINAL = 0xDF0A, 0xDF0B
# Fields of the free file.
BASICS_SET, LAYOUT, APPLET_VERSION, CITY = 0xFF60, 0xDF11, 0xDF12, 0xDF13
# Interindustry: tag list, offset, discretionary data (ISO/IEC 7816-4).
TAG_LIST, OFFSET, PART = 0x5C, 0x54, 0x53

CITY_CODE = bytes.fromhex("121002")
LAYOUT_VERSION = bytes((0x01,))

# Instructions beyond those of `apdu`.
INITIALIZE_UPDATE = 0x50
EXTERNAL_AUTHENTICATE = 0x82
READ_RECORD = 0xB2
GET_DATA = 0xCB
PUT_KEY = 0xD8
PUT_DATA = 0xDB
COMMIT = 0xDE
DELETE = 0xE4
SET_STATUS = 0xF0

CURRENT_APPLICATION = (0x3F, 0xFF)  # P1 P2 of GET DATA and PUT DATA
ACTIVE, SUSPENDED, TERMINATED = 0x07, 0x87, 0xFF  # P2 of SET STATUS


class Op(IntEnum):
    """What a log record tells of."""

    READ = 0x01
    WRITTEN = 0x02
    SUSPENDED = 0x03
    RESUMED = 0x04
    KEYS_PUT = 0x05
    KEYS_DELETED = 0x06
    PIN_SET = 0x07


LOG_RECORDS = 20
SEVERAL = 0x3FFF  # in the place of a tag: more than one object, read by one command or written in one channel
LOG_RECORD_LENGTH = 20
